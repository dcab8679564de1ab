"""When the platform may ring a business's own phone to see whether it still forwards. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from calls.hours import Week, is_open

# Closed, but nobody is woken: the number may be somebody's mobile.
_FROM, _TO = 7 * 60, 21 * 60
_EARLIEST = timedelta(hours=12)


def next_look(week: Week, now: datetime, choose: Callable[[int], int]) -> datetime:
    """Return a minute of the next day, closed hours first, at least twelve hours after `now` (aware).

    choose: returns a number from 0 up to, not with, its argument. A business that never closes by
    day is called between seven and eight.
    """
    after = now + _EARLIEST
    day = now.astimezone(week.zone).date() + timedelta(days=1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=week.zone)
    minutes = [midnight + timedelta(minutes=m) for m in range(_FROM, _TO)]
    allowed = [m for m in minutes if m >= after] or minutes[-60:]
    quiet = [m for m in allowed if not is_open(week, m)] or allowed[:60]
    return quiet[choose(len(quiet))]
