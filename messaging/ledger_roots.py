"""Daily roots: where a business's consent ledger stood at a day's end, kept outside its schema.

A chain shows that nothing in it was changed; it does not show that it was not written anew from
some row on. A root that lies elsewhere does (compliance.md 7): in the public table, where nothing
is changed either, in the log, and with whoever downloads it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from django.db import connection
from django.utils import timezone

from messaging.ledger import moment
from tenants.agenda import Item, Later
from tenants.models import LedgerRoot

log = structlog.get_logger(__name__)

# The last row of the day; rows are in the order of `seq`, nearly that of their times.
_ANCHOR = """
    INSERT INTO public.tenants_ledgerroot (business_id, day, seq, row_hash, recorded_at)
    SELECT %s, %s, seq, row_hash, %s FROM messaging_consentevent
    WHERE recorded_at < %s ORDER BY seq DESC LIMIT 1
    ON CONFLICT (business_id, day) DO NOTHING
    RETURNING seq, row_hash
"""


def anchor(item: Item) -> Later | None:
    """Agenda: keep the root of a UTC day (`item.subject`, ISO) once it is over. Idempotent.

    The first root of a day stays; a day before the ledger's first row has none. Raises ValueError
    for a subject that is no day.
    """
    day = date.fromisoformat(item.subject)
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    now = timezone.now()
    if now < end:
        return Later(end)
    with connection.cursor() as cursor:
        cursor.execute(_ANCHOR, [item.business_id, day, now, end])
        kept = cursor.fetchone()
    if kept:
        # The log leaves the machine: one more place where the root is.
        log.info("ledger_root", schema=item.schema, day=item.subject, seq=kept[0], row_hash=kept[1])
    return None


def anchor_now(business_id: int, now: datetime) -> None:
    """Keep the root of a ledger that ends today, in the current schema and transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_ANCHOR, [business_id, now.astimezone(UTC).date(), now, now])


def as_dict(root: LedgerRoot) -> dict[str, Any]:
    """Return a root for download: what the offline verifier takes."""
    return {
        "day": root.day.isoformat(),
        "seq": root.seq,
        "row_hash": root.row_hash,
        "recorded_at": moment(root.recorded_at),
    }


def roots(business_id: int) -> list[dict[str, Any]]:
    """Return every root of a business, oldest first."""
    kept = LedgerRoot.objects.filter(business_id=business_id).order_by("day")
    return [as_dict(root) for root in kept]
