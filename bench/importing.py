"""`python -m bench.importing ROWS`: bring a made-up log in as a page does, read it, print JSON."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import sys
import time
from datetime import datetime
from tempfile import TemporaryFile
from zoneinfo import ZoneInfo

_ZONE = "America/Chicago"


def timed(count: int) -> dict[str, float]:
    """Return the seconds until the file was received, until its report stood, and the peak in MB."""
    from django.utils import timezone

    from calls.audit import importing, logs
    from calls.audit.hours import USUAL
    from calls.audit.sample import HEADING, sample
    from tenants.agenda import Item
    from tenants.models import Agency

    upload = TemporaryFile()  # noqa: SIM115 - lives as long as this process
    out = io.TextIOWrapper(upload, newline="")
    writer = csv.writer(out)
    writer.writerow(HEADING)
    writer.writerows(sample(count, datetime(2026, 1, 5, tzinfo=ZoneInfo(_ZONE))))
    out.detach()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    agency = Agency.objects.order_by("pk")[0]
    began = time.perf_counter()
    log = logs.receive(
        upload, "log.csv", agency=agency, business=None, name="Timed import", timezone=_ZONE,
        hours=USUAL, by="bench", now=timezone.now(),
    )  # fmt: skip
    received = time.perf_counter() - began
    try:
        logs.begin(log, timezone.now())
        item = Item(0, "housekeeping", logs.IMPORT, None, "", str(log.pk), timezone.now(), None, 1)
        while importing.import_log(item) is not None:
            pass
        took = time.perf_counter() - began
        log.refresh_from_db()
        if log.state != "ready" or log.result["rows_read"] != count or log.bad_rows:
            raise AssertionError(f"{log.state}: {log.rows} calls, {log.bad_rows} malformed")
    finally:
        logs.delete(log.pk)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"received": received, "seconds": took, "grown_mb": grown}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(json.dumps(timed(int(sys.argv[1]))))
