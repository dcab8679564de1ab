"""What compliance shows, as lines of a file: texts held and kept back, a number's ledger, who did what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from inbox.compliance import reading
from inbox.compliance.ledger_rows import rows_of_mark
from inbox.compliance.reading import Told
from inbox.exports.tables import MOST, Line, moment, whole
from messaging.models import AuditEntry, Contact

# A text comes with everything that was asked about it: fewer fit into memory than of others.
MOST_TEXTS = 10_000
_AT_ONCE = 500
TEXTS: Line = (
    "state", "number", "name", "at", "author", "body", "code", "reason", "held_until", "expires_at",
)  # fmt: skip
LEDGER: Line = (
    "seq", "at", "kind", "level", "channel", "matched_by", "actor", "received", "erased", "row_hash",
)  # fmt: skip
AUDIT: Line = ("id", "at", "actor", "door", "action", "subject", "detail")


def texts(zone: ZoneInfo, now: datetime) -> Iterator[Line]:
    """Return the texts that wait, and those kept back in thirty days, as the page has them."""
    held = reading.held(zone, now, most=MOST_TEXTS)
    kept = reading.blocked(now, most=MOST_TEXTS)
    wanted = {told.contact_id for told in (*held, *kept)}
    people = {
        pk: (phone, name)
        for pk, phone, name in Contact.objects.filter(pk__in=wanted).values_list("pk", "phone", "name")
    }  # fmt: skip
    told = [("held", each) for each in held] + [("blocked", each) for each in kept]
    return whole(TEXTS, (_told(state, each, people) for state, each in told))


def _told(state: str, told: Told, people: dict[int, tuple[str, str]]) -> Line:
    phone, name = people.get(told.contact_id, ("", ""))
    return (
        state, phone, name, moment(told.at), told.author, told.body, told.code, told.sentence,
        moment(told.held_until), moment(told.expires_at),
    )  # fmt: skip


def ledger(mark: str) -> Iterator[Line]:
    """Return what the ledger has of a number, by its mark, newest first."""
    found = rows_of_mark(mark, most=MOST + 1)
    return whole(
        LEDGER,
        (
            (
                str(row.seq), moment(row.at), row.kind, row.level, row.channel, row.matched_by,
                row.actor, row.received, "yes" if row.erased else "no", row.row_hash,
            )
            for row in found
        ),
    )  # fmt: skip


def audit_log() -> Iterator[Line]:
    """Return who did what, newest first."""
    found = AuditEntry.objects.order_by("-at", "-pk")[: MOST + 1]
    return whole(
        AUDIT,
        (
            (
                str(row.pk), moment(row.at), row.actor, row.door, row.action, row.subject,
                json.dumps(row.detail, ensure_ascii=False),
            )
            for row in found.iterator(_AT_ONCE)
        ),
    )  # fmt: skip
