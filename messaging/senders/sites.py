"""The website of a business as a reviewer finds it: read by an agenda row, remembered for a day.

The address was typed by somebody outside, so it is visited as strangers' addresses are
(tenants/outgoing.py): public machines alone, pinned, bounded in size and time. Redirects are followed
a few steps, each checked anew. Nothing of it is a row: where the cache is emptied it is read again.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.core.cache import cache
from django.utils import timezone

from tenants import agenda
from tenants.models import Business, BusinessFacts
from tenants.outgoing import Line, NoAnswer, Refused, found, private_allowed
from tenants.scope import business_scope

KIND, SUBJECT = "messaging.look_at_site", "site"
KEPT = timedelta(days=1)
# One that did not answer is asked again, since somebody is mending it.
_AGAIN = timedelta(minutes=1)
_GIVES_UP = timedelta(minutes=10)
_SECONDS, _HOPS = 10.0, 4
_MOST_BYTES, _MOST_WORDS = 500_000, 40_000
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; registration check)", "Accept": "text/html",
    "Accept-Encoding": "identity", "Connection": "close",
}  # fmt: skip
# What says that nobody gets in, or that nothing is there; other refusals may be meant for programs.
_NOTHING = frozenset([401, 404, 410, 500, 502, 504])


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at an address. words: None where it said nothing; guarded: it keeps programs out."""

    url: str
    at: datetime
    words: str | None = None
    guarded: bool = False

    def is_stale(self, now: datetime) -> bool:
        """Whether it should be looked at again; now: aware."""
        return self.words is None and now - self.at > _AGAIN


def known(business: Business, url: str) -> Look | None:
    """Return what was last found at a business's website, None where nobody has looked yet."""
    with business_scope(str(business.schema_name)):  # the cache is parted by schemas
        kept: dict[str, Any] | None = cache.get(_key(url))
    return Look(**kept) if kept is not None else None


def keep(business: Business, look: Look) -> None:
    """Remember what was found."""
    with business_scope(str(business.schema_name)):
        cache.set(_key(look.url), asdict(look), int(KEPT.total_seconds()))


def want(business: Business, at: datetime) -> None:
    """Have the website looked at. `at` is aware."""
    agenda.put(
        KIND, SUBJECT, lane="hooks", business_id=business.pk, due_at=at, expires_at=at + _GIVES_UP
    )  # fmt: skip


def work(item: agenda.Item) -> agenda.Answer:
    """Agenda: look at a business's website."""
    business = Business.objects.filter(pk=item.business_id).first()
    facts = BusinessFacts.objects.filter(business=item.business_id).first()
    if business is None or facts is None or not facts.website:
        return None
    url = facts.website
    return agenda.Outside(act=lambda: visit(url), settle=lambda look: keep(business, look))


def visit(url: str) -> Look:
    """Read a website's first page. Never raises; asks the network, so never in a transaction."""
    ends, at, there = time.monotonic() + _SECONDS, timezone.now(), url
    for _hop in range(_HOPS):
        left = ends - time.monotonic()
        if left <= 0:
            break
        try:
            target = found(there, allow_private=private_allowed(), allow_plain=True)
            line = Line(target, seconds=left)
            try:
                answer = line.get(_HEADERS, _MOST_BYTES)
            finally:
                line.close()
        except (Refused, NoAnswer):
            break
        if answer.status in (301, 302, 303, 307, 308) and answer.location:
            there = urljoin(there, answer.location)
            continue
        if 200 <= answer.status < 300:
            return Look(url, at, words_of(answer.body))
        return Look(url, at, guarded=answer.status not in _NOTHING)
    return Look(url, at)


def words_of(page: bytes) -> str:
    """Return what a page says, with the addresses its links lead to."""
    reader = _Reader()
    reader.feed(page.decode("utf-8", "replace").replace("\x00", " "))
    return " ".join(" ".join(reader.said).split())[:_MOST_WORDS]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
        for name, value in attrs:
            if value and name in ("href", "alt", "title"):
                self.said.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _key(url: str) -> str:
    return f"site:{hashlib.sha256(url.encode()).hexdigest()[:32]}"
