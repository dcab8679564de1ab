"""Twilio's request signature, computed over the bytes as they came. Pure.

Source: telephony.md 2.9. Bytes rather than text, so that no encoding a sender can dream up makes
the check raise or disagree; the published vectors are tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit

MAX_FIELDS = 500


def parse_form(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the pairs of a urlencoded form, blanks kept, order kept. Raises ValueError past 500 fields."""
    if not body:
        return []
    parts = body.split(b"&")
    if len(parts) > MAX_FIELDS:
        raise ValueError(f"the form has {len(parts)} fields, at most {MAX_FIELDS} are read")
    pairs = []
    for part in parts:
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_decode(name), _decode(value)))
    return pairs


def _decode(quoted: bytes) -> bytes:
    return unquote_to_bytes(quoted.replace(b"+", b" "))


def readable(pairs: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the pairs as text fit for PostgreSQL: bad UTF-8 and NUL become U+FFFD; the last of a name wins."""
    return {_text(name): _text(value) for name, value in pairs}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\x00", "\ufffd")


def sign(url: str, pairs: Sequence[tuple[bytes, bytes]], token: str) -> str:
    """Return the base64 HMAC-SHA1 over the URL and the sorted fields; repeated equal pairs count once."""
    signed = url.encode("utf-8", "surrogateescape")
    for name, value in sorted(set(pairs)):
        signed += name + value
    return base64.b64encode(hmac.new(token.encode(), signed, hashlib.sha1).digest()).decode()


def verify(
    url: str, pairs: Sequence[tuple[bytes, bytes]], signature: str, secrets: Sequence[str]
) -> bool:
    """Whether the signature fits the URL, with or without its default port, under one of the secrets."""
    given = signature.encode("ascii", "replace")
    return any(
        hmac.compare_digest(sign(candidate, pairs, token).encode(), given)
        for candidate in _with_and_without_port(url)
        for token in secrets
    )


def _with_and_without_port(url: str) -> Iterator[str]:
    yield url
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname or ""
    wanted = f"{host}:{default}" if parts.port is None else host
    yield urlunsplit(parts._replace(netloc=wanted))
