"""Migrating under traffic: one process at a time, and no lock is waited for longer than callers may wait.

A statement that waits for a table lets everything that comes after it wait too, a STOP and a call
among them. So a lock is asked for a short while, given up, and asked for again a little later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

# "only one process prepares at a time", an arbitrary advisory lock number
LOCK = 7_264_225
LONGEST_WAIT = "2s"
_TRIES, _PAUSE = 30, 1.0


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time prepare, on however many hosts it is started.

    Asked again and again, never waited for: whoever waits inside a statement keeps a snapshot, which
    an index built beside the traffic would wait for in turn.
    """
    while not _asked("SELECT pg_try_advisory_lock(%s)"):
        time.sleep(0.2)
    try:
        yield
    finally:
        _asked("SELECT pg_advisory_unlock(%s)")


def _asked(sql: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [LOCK])
        return bool(cursor.fetchone()[0])


def patiently(work: Callable[[], Any], *, tries: int = _TRIES, pause: float = _PAUSE) -> None:
    """Do work whose statements wait two seconds for a lock at most, again while somebody holds one.

    work: may be done again from the start, as migrations may. pause: seconds between tries. Raises
    OperationalError, the last one, after so many tries.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LONGEST_WAIT}'")
    try:
        for left in range(tries - 1, -1, -1):
            try:
                work()
                return
            except OperationalError as error:
                if not left or not isinstance(error.__cause__, LockNotAvailable):
                    raise
            time.sleep(pause)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
