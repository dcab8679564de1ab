"""Calls of an imported log as a back-test replays them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from calls.backtest.past import WHOLE, Part, PastCall
from calls.backtest.reading import outcome_of

_CHUNK = 2_000
_LOGGED = """
    SELECT row, started_at, caller, line, outcome, because, ring_seconds, talk_seconds
    FROM public.tenants_loggedcall
    WHERE log_id = %s AND is_inbound AND outcome <> 'unknown'
      AND started_at >= %s AND started_at < %s AND abs(hashtext(caller)::bigint) %% %s = %s
    ORDER BY started_at, row
"""


def calls_of_log(
    log_id: int,
    line: str,
    since: datetime,
    until: datetime,
    lines: frozenset[str] = frozenset(),
    level: int = 1,
    part: Part = WHOLE,
) -> Iterator[PastCall]:
    """Yield a log's inbound calls of [since, until) in their order; memory does not grow with them.

    line: our line that stands for numbers that are not ours; lines: those that are; level: the step of
    the consent ladder its callers are taken to stand on.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LOGGED, [log_id, since, until, part.of, part.number])
        while chunk := cursor.fetchmany(_CHUNK):
            for row, started_at, caller, called, kind, because, ring, talk in chunk:
                is_missed = kind in ("missed", "voicemail")
                ended = started_at + timedelta(seconds=(ring or 0) + (talk or 0))
                yield PastCall(
                    f"row {row}", started_at, ended, caller, called if called in lines else line,
                    outcome_of(kind, (because or "no_answer") if is_missed else ""),
                    ring, talk if kind == "answered" else None, level,
                )  # fmt: skip
