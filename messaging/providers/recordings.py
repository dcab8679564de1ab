"""Fetching a recording from a provider: only from its own hosts, only sound, only so much.

The address comes in a webhook. It is signed, yet what is at the address must never be chosen by
whoever wrote it: another host, a redirect away, a page, or gigabytes (telephony.md 2.1).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import urllib3

from messaging.providers.base import BadRecording, ProviderFailed, Sound
from messaging.providers.pool import patience, pool

MAX_BYTES = 20 * 1024 * 1024
MAX_SECONDS = 60.0
_REDIRECTS = 3
_CHUNK = 64 * 1024
_PORTS = {"https": 443, "http": 80}
# What a file store calls a file it was not told the kind of: its first bytes tell.
_UNTOLD = frozenset({"application/octet-stream", "binary/octet-stream"})
_BEGINNINGS = {
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"RIFF": "audio/wav",
    b"OggS": "audio/ogg",
}
_PLAIN = re.compile(r"[\x21-\x7e]{1,2000}")


@dataclass(frozen=True, slots=True)
class Source:
    """A place recordings may be: its origin ("https://api.example.com"), what its paths begin with.

    headers: what only this place is told (our sign-in); a redirect elsewhere does not carry it.
    """

    origin: str
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def fetch(url: str, sources: Sequence[Source]) -> Sound:
    """Return what is at `url`, following redirects within `sources`.

    Raises BadRecording for an address outside of them or for what is no sound or too large, and
    ProviderFailed (with http_status, where there was one) when it is not to be had right now.
    """
    until = time.monotonic() + MAX_SECONDS
    for _ in range(_REDIRECTS + 1):
        parts, source = _within(url, sources)
        answer = _ask(parts, source)
        try:
            if answer.status in (301, 302, 303, 307, 308):
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            return _sound(answer, until)
        finally:
            answer.close()
            answer.release_conn()
    raise BadRecording("The recording's address redirects again and again.")


def _within(url: str, sources: Sequence[Source]) -> tuple[SplitResult, Source]:
    # Only plain characters: parsers disagree about the others, and the one that checks is not the
    # one that connects.
    if not _PLAIN.fullmatch(url) or "\\" in url:
        raise BadRecording("The recording's address is not a plain URL.")
    try:
        parts = urlsplit(url)
        where = (parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme))
    except ValueError:
        raise BadRecording("The recording's address is not a plain URL.") from None
    if "@" in parts.netloc or ".." in unquote(unquote(parts.path)):
        raise BadRecording("The recording's address is not a plain URL.")
    for source in sources:
        own = urlsplit(source.origin)
        if where == (own.scheme, own.hostname, own.port or _PORTS.get(own.scheme)) and (
            parts.path.startswith(source.path)
        ):
            return parts, source
    raise BadRecording("The recording's address is not one of the provider's.")


def _ask(parts: SplitResult, source: Source) -> urllib3.BaseHTTPResponse:
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    # Not by its URL again: the host that was checked is the host that is asked.
    connection = pool("recordings").connection_from_host(
        str(parts.hostname), parts.port, parts.scheme
    )
    try:
        return connection.urlopen(
            "GET",
            path,
            # Nothing packed: a small file could unfold into gigabytes.
            headers={"Accept-Encoding": "identity", "Accept": "audio/*", **source.headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=patience(),
        )
    except urllib3.exceptions.HTTPError as error:
        raise ProviderFailed(f"The recording did not come ({type(error).__name__}).") from None


def _sound(answer: urllib3.BaseHTTPResponse, until: float) -> Sound:
    if answer.status != 200:
        raise ProviderFailed(
            f"The recording is not to be had (HTTP {answer.status}).", http_status=answer.status
        )
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _UNTOLD and not re.fullmatch(r"audio/[a-z0-9.+-]{1,40}", kind):
        raise BadRecording("What is at the recording's address is no sound.")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise BadRecording("The recording came packed.")
    chunks, size = [], 0
    try:
        for chunk in answer.stream(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > MAX_BYTES:
                raise BadRecording(f"The recording is larger than {MAX_BYTES // 1024**2} MB.")
            if time.monotonic() > until:
                raise ProviderFailed("The recording came too slowly.")
            chunks.append(chunk)
    except urllib3.exceptions.HTTPError as error:
        raise ProviderFailed(f"The recording broke off ({type(error).__name__}).") from None
    if not size:
        raise BadRecording("The recording is empty.")
    content = b"".join(chunks)
    if kind in _UNTOLD:
        found = (sort for begins, sort in _BEGINNINGS.items() if content.startswith(begins))
        kind = next(found, "")
        if not kind:
            raise BadRecording("What is at the recording's address is no sound.")
    return Sound(content, kind)
