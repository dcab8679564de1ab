"""The consent ledger as evidence: one number's rows in full, of everybody else's only the links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from messaging.evidence.decisions import Consent
from messaging.evidence.entries import LEDGER, About, Entry, exactly, stamped
from messaging.evidence.glossary import level_in_words
from messaging.ledger import DETAIL, FIELDS, as_row
from messaging.models import ConsentEvent

_BATCH = 2_000
_RECOGNISED = {
    "per_se": "a word that the rule itself names:",
    "provider": "the provider:",
    "human": "a person",
    "call": "the call itself",
    "text": "their own text",
    "answer": "their own answer",
}
_LINKS = "SELECT id, seq, prev_hash, row_hash FROM messaging_consentevent ORDER BY seq, id"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the number: as the file has it, and as a text can rely on it."""

    event: ConsentEvent
    line: dict[str, Any]
    consent: Consent


def rows_of(mark: str) -> dict[int, Row]:
    """Return all ledger rows of a number's mark by id, oldest first. They are few."""
    events = ConsentEvent.objects.filter(phone_mark=mark).select_related("detail").order_by("seq")
    return {event.pk: Row(event, _line(event), _consent(event)) for event in events}


def links(own: dict[int, Row]) -> Iterator[dict[str, Any]]:
    """Yield the whole ledger, oldest first: the number's own rows, and of all others the bare links.

    The links of others lead from the ledger's first row to its last, so that the chain can be
    followed through (messaging/evidence/verify_ledger.py).
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINKS)
        while batch := cursor.fetchmany(_BATCH):
            for pk, seq, prev_hash, row_hash in batch:
                if pk in own:
                    yield own[pk].line
                else:
                    yield {
                        "seq": seq,
                        "prev_hash": prev_hash,
                        "row_hash": row_hash,
                        "redacted": True,
                    }


def entries_of(about: About, own: dict[int, Row]) -> Iterator[Entry]:
    """Yield what the ledger says of the period, for the transcript."""
    start, end = about.period.start, about.period.end
    for row in sorted(own.values(), key=lambda row: (row.event.occurred_at, row.event.seq)):
        event = row.event
        if event.occurred_at < end and (start is None or event.occurred_at >= start):
            yield _entry(row)


def _entry(row: Row) -> Entry:
    event, lines = row.event, []
    if event.level is not None:
        lines.append(("Consent", f"level {level_in_words(event.level)}; scope: {event.scope}"))
    if event.matched_by:
        matched = f" “{event.matched}”" if event.matched else ""
        how = _RECOGNISED.get(event.matched_by, event.matched_by)
        lines.append(("Recognised by", f"{how}{matched}"))
    lines += [
        (name.replace("_", " ").capitalize(), str(stamped(value)))
        for name, value in sorted(event.evidence.items())
    ]
    if event.actor:
        lines.append(("By", event.actor))
    if event.provider_id:
        lines.append(("Said in", f"{event.provider} {event.provider_id}"))
    lines.append(("Recorded", f"{exactly(event.recorded_at)}, row hash {event.row_hash}"))
    # What was said by text stands in the text that came in.
    words = "" if event.channel == "sms" else event.raw_text
    title = f"Ledger row {event.seq}: {event.get_kind_display().lower()}"
    return Entry(event.occurred_at, LEDGER, title, f"By {event.channel}", words, tuple(lines))


def _line(event: ConsentEvent) -> dict[str, Any]:
    columns = {name: getattr(event, "contact_id" if name == "contact" else name) for name in FIELDS}
    line = as_row(columns) | {"prev_hash": event.prev_hash, "row_hash": event.row_hash}
    if hasattr(event, "detail"):
        line["detail"] = {name: getattr(event.detail, name) for name in DETAIL}
    return line


def _consent(event: ConsentEvent) -> Consent:
    return Consent(
        event.seq, event.kind, event.get_kind_display(), event.level, event.scope, event.channel,
        event.occurred_at, event.row_hash,
    )  # fmt: skip


def whole(*, with_detail: bool) -> Iterator[dict[str, Any]]:
    """Yield every row of the current business's ledger, oldest first; with what can be erased, or without."""
    rows = ConsentEvent.objects.order_by("seq").select_related("detail")
    for event in rows.iterator(chunk_size=_BATCH):
        line = _line(event)
        if not with_detail:
            line.pop("detail", None)
        yield line
