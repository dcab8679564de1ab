"""When somebody must be answered, and how long he has waited, in opening hours where they count. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from calls.hours import Week

# So far ahead an opening is looked for; who is closed longer is taken as if hours did not count.
DAYS_AHEAD = 45
_DAYS_END = time(23, 59)


def due_at(began: datetime, seconds: float, week: Week | None) -> datetime:
    """Return when so many seconds have passed since `began` (aware), in UTC.

    week: the opening hours in which alone time counts; None, or a week that is never open, counts
    all of it. A moment at which it just closes is due then, not at the next opening.
    """
    began = began.astimezone(UTC)
    wanted = timedelta(seconds=seconds)
    if week is None or not week.spans:
        return began + wanted
    if wanted <= timedelta(0):
        return began
    left = wanted
    for opens, closes in _open_spans(week, began, began + timedelta(days=DAYS_AHEAD)):
        start = max(opens, began)
        if closes - start >= left:
            return start + left
        left -= max(timedelta(0), closes - start)
    return began + wanted


def counted_seconds(began: datetime, until: datetime, week: Week | None) -> int:
    """Return how many seconds of the time between two moments (aware) count, never less than 0."""
    began, until = began.astimezone(UTC), until.astimezone(UTC)
    if until <= began:
        return 0
    if week is None or not week.spans:
        return int((until - began).total_seconds())
    spent = timedelta(0)
    for opens, closes in _open_spans(week, began, until):
        spent += max(timedelta(0), min(closes, until) - max(opens, began))
    return int(spent.total_seconds())


def is_counting(week: Week | None, now: datetime) -> bool:
    """Whether the clock of a wait runs at `now` (aware)."""
    if week is None or not week.spans:
        return True
    now = now.astimezone(UTC)
    spans = _open_spans(week, now, now + timedelta(seconds=1))
    return any(opens <= now < closes for opens, closes in spans)


def _open_spans(
    week: Week, start: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when it is open as pairs in UTC, in order, of every day that touches start..until."""
    known = _known(week)
    day = start.astimezone(week.zone).date()
    last = until.astimezone(week.zone).date()
    while day <= last:
        if day not in known:
            known[day] = tuple(_spans_of(week, day))
        yield from known[day]
        day += timedelta(days=1)


@lru_cache(maxsize=32)
def _known(week: Week) -> dict[date, tuple[tuple[datetime, datetime], ...]]:
    """Return the days of a week's hours that were worked out before: a list counts months of them often."""
    return {}


def _spans_of(week: Week, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield when it is open on a day there, as pairs in UTC, in order."""
    if day in week.holidays:
        return
    for span in sorted(week.spans, key=lambda each: each.opens):
        if span.weekday != day.weekday():
            continue
        begins = datetime.combine(day, span.opens, week.zone)
        # The end of a day is kept as its last moment (calls/timetable.py).
        end = (
            datetime.combine(day + timedelta(days=1), time(0), week.zone)
            if span.closes >= _DAYS_END
            else datetime.combine(day, span.closes, week.zone)
        )
        yield begins.astimezone(UTC), end.astimezone(UTC)
