"""Fetching a file from a provider: only from its own stores, only so much, only so long.

The address comes in a webhook. It is signed, yet what is at the address must never be chosen by
whoever wrote it: another host, a redirect away, or gigabytes (telephony.md 2.1).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import urllib3

from messaging.providers.base import ProviderFailed
from messaging.providers.pool import patience, pool

MAX_SECONDS = 60.0
_REDIRECTS = 3
_CHUNK = 64 * 1024
_PORTS = {"https": 443, "http": 80}
_PLAIN = re.compile(r"[\x21-\x7e]{1,2000}")
# The code of what is raised for a file that is too large.
TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Source:
    """A place files may be: its origin ("https://api.example.com"), what its paths begin with.

    headers: what only this place is told (our sign-in); a redirect elsewhere does not carry it.
    """

    origin: str
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is fetched. name: in sentences ("recording"); bad: what is raised for what we never take.

    max_bytes: more is refused while it is read; accept: the header of that name.
    """

    name: str
    bad: type[ProviderFailed]
    max_bytes: int
    accept: str = "*/*"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as it came, and the type its store says it is: lower case, '' when it says none."""

    content: bytes = field(repr=False)
    declared_type: str


def fetch(url: str, sources: Sequence[Source], wanted: Wanted) -> Fetched:
    """Return what is at `url`, following redirects within `sources`.

    Raises wanted.bad for an address outside of them or for what is too large or empty, and
    ProviderFailed (with http_status, where there was one) when it is not to be had right now.
    """
    until = time.monotonic() + MAX_SECONDS
    for _ in range(_REDIRECTS + 1):
        parts, source = _within(url, sources, wanted)
        answer = _ask(parts, source, wanted)
        try:
            if answer.status in (301, 302, 303, 307, 308):
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            return _read(answer, until, wanted)
        finally:
            answer.close()
            answer.release_conn()
    raise wanted.bad(f"The {wanted.name}'s address redirects again and again.")


def _within(url: str, sources: Sequence[Source], wanted: Wanted) -> tuple[SplitResult, Source]:
    # Only plain characters: parsers disagree about the others, and the one that checks is not the
    # one that connects.
    not_plain = f"The {wanted.name}'s address is not a plain URL."
    if not _PLAIN.fullmatch(url) or "\\" in url:
        raise wanted.bad(not_plain)
    try:
        parts = urlsplit(url)
        where = (parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme))
    except ValueError:
        raise wanted.bad(not_plain) from None
    if "@" in parts.netloc or ".." in unquote(unquote(parts.path)):
        raise wanted.bad(not_plain)
    for source in sources:
        own = urlsplit(source.origin)
        if where == (own.scheme, own.hostname, own.port or _PORTS.get(own.scheme)) and (
            parts.path.startswith(source.path)
        ):
            return parts, source
    raise wanted.bad(f"The {wanted.name}'s address is not one of the provider's.")


def _ask(parts: SplitResult, source: Source, wanted: Wanted) -> urllib3.BaseHTTPResponse:
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
            headers={"Accept-Encoding": "identity", "Accept": wanted.accept, **source.headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=patience(),
        )
    except urllib3.exceptions.HTTPError as error:
        raise ProviderFailed(f"The {wanted.name} did not come ({type(error).__name__}).") from None


def _read(answer: urllib3.BaseHTTPResponse, until: float, wanted: Wanted) -> Fetched:
    if answer.status != 200:
        raise ProviderFailed(
            f"The {wanted.name} is not to be had (HTTP {answer.status}).",
            http_status=answer.status,
        )
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise wanted.bad(f"The {wanted.name} came packed.")
    chunks, size = [], 0
    try:
        for chunk in answer.stream(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > wanted.max_bytes:
                raise wanted.bad(
                    f"The {wanted.name} is larger than {wanted.max_bytes // 1024**2} MB.",
                    code=TOO_LARGE,
                )
            if time.monotonic() > until:
                raise ProviderFailed(f"The {wanted.name} came too slowly.")
            chunks.append(chunk)
    except urllib3.exceptions.HTTPError as error:
        raise ProviderFailed(f"The {wanted.name} broke off ({type(error).__name__}).") from None
    if not size:
        raise wanted.bad(f"The {wanted.name} is empty.")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(b"".join(chunks), kind)
