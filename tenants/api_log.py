"""What clients asked, for themselves to read: one row a request, written beside the requests in batches.

A process collects them and writes all of the last second in one statement, in a thread that lives as
long as that takes. No request waits for it. What a dying process had collected is lost, a second at
most, and what a database that is away does not take is dropped: the log is for finding one's own
mistakes, no evidence.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import Error, connection

from tenants import scope
from tenants.models import ApiRequest

log = structlog.get_logger(__name__)
KEPT = timedelta(days=14)
_MOST_WAITING = 5_000
_BATCH = 500
# A caller's number may stand in an address; an id of ours has hardly so many digits.
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NUMBER = re.compile(rf"({_UUID})|(?:\+|%2[Bb])?\d{{7,}}")

_waiting: deque[ApiRequest] = deque(maxlen=_MOST_WAITING)
_lock = threading.Lock()
_is_planned = [False]


def shown_path(path: str) -> str:
    """Return a path as the log has it: nobody's number in it, 200 characters at most."""
    return _NUMBER.sub(lambda found: found[1] or "{number}", path)[:200].replace("\x00", "")


def collect(row: ApiRequest) -> None:
    """Take a row, to be written within a second (settings.API_LOG_SECONDS; 0: by whoever calls `flush`)."""
    _waiting.append(row)
    seconds = settings.API_LOG_SECONDS
    if not seconds or _is_planned[0]:
        return
    with _lock:
        if _is_planned[0]:
            return
        _is_planned[0] = True
    timer = threading.Timer(seconds, _in_thread)
    timer.daemon = True
    timer.start()


def flush() -> int:
    """Write what was collected, and return how many rows. Raises database errors."""
    rows = []
    while _waiting:
        rows.append(_waiting.popleft())
    ApiRequest.objects.bulk_create(rows, batch_size=_BATCH)
    return len(rows)


def forget_old(now: datetime, most: int) -> int:
    """Delete rows older than a fortnight, at most so many; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM public.tenants_apirequest WHERE id IN "
            "(SELECT id FROM public.tenants_apirequest WHERE at < %s LIMIT %s)",
            [now - KEPT, most],
        )
        return int(cursor.rowcount)


def _in_thread() -> None:
    _is_planned[0] = False  # what comes from now on plans anew
    try:
        scope.leave()
        flush()
    except Error as error:
        log.warning("api_log_lost", error=type(error).__name__)
    finally:
        connection.close()
