"""The demo's call audit: a prospect of the agency, with made-up calls of sixty days."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from calls.audit import importing, logs
from calls.audit.sample import HEADING, sample
from tenants.agenda import Item
from tenants.models import Agency, CallLog

PROSPECT = "Birch & Sons Roofing"
_ZONE = "America/Chicago"
_ROWS, _DAYS = 3_000, 60
_HOURS = [[day, "08:00", "17:00"] for day in range(5)]


def add(agency: Agency, now: datetime) -> None:
    """Audit the prospect's log (`now` aware); one that is there is left as it is."""
    if CallLog.objects.filter(agency=agency, name=PROSPECT).exists():
        return
    today = now.astimezone(ZoneInfo(_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADING)
    end = f"{today:%Y-%m-%d}"
    writer.writerows(row for row in sample(_ROWS, today - timedelta(days=_DAYS)) if row[0] < end)
    log = logs.receive(
        io.BytesIO(out.getvalue().encode()), "call-log.csv", agency=agency, business=None,
        name=PROSPECT, timezone=_ZONE, hours=_HOURS, by="Jo Northwind", now=now,
    )  # fmt: skip
    logs.begin(log, now)
    item = Item(0, "housekeeping", logs.IMPORT, None, "", str(log.pk), now, None, 1)
    while importing.import_log(item) is not None:
        pass
