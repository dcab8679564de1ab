"""Ledger rows as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from inbox.proof import LEVELS
from inbox.wording import CHANNELS, KINDS, consent_line, matched_words
from messaging.models import ConsentEvent

_MOST = 200


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row: its number, when, what in words, by which way, the words received, and its hash."""

    seq: int
    at: datetime
    kind: str
    words: str
    sentence: str
    channel: str
    received: str
    matched_by: str
    level: str
    actor: str
    erased: bool
    row_hash: str


def rows_of_mark(mark: str, most: int = _MOST) -> list[LedgerRow]:
    """Return the rows of a number by its mark, the newest first, also of a person who was erased."""
    return _rows(ConsentEvent.objects.filter(phone_mark=mark).order_by("-seq"), most)


def rows_of_contact(contact_id: int) -> list[LedgerRow]:
    """Return the rows of a contact, the newest first."""
    found = ConsentEvent.objects.filter(contact=contact_id)
    return _rows(found.order_by("-occurred_at", "-seq"))


def _rows(found: QuerySet[ConsentEvent], most: int = _MOST) -> list[LedgerRow]:
    return [_row(event) for event in found.select_related("detail")[:most]]


def _row(event: ConsentEvent) -> LedgerRow:
    return LedgerRow(
        seq=event.seq,
        at=event.occurred_at,
        kind=event.kind,
        words=KINDS.get(event.kind, event.kind),
        sentence=consent_line(
            event.kind, level=event.level, channel=event.channel, matched_by=event.matched_by,
            matched=event.matched, actor=event.actor,
        ),
        channel=CHANNELS.get(event.channel, event.channel),
        received=event.raw_text,
        matched_by=matched_words(event.matched_by, event.matched),
        level=LEVELS.get(event.level, "") if event.level else "",
        actor=event.actor,
        erased=not hasattr(event, "detail"),
        row_hash=event.row_hash,
    )  # fmt: skip
