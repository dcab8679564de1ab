"""From the pieces of a written time to moments, in the business's zone and by its opening hours. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from calls.hours import Week

_OPENS, _CLOSES = time(8), time(17)  # of a day whose hours nobody told us
_WEEKDAYS = {
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "lun": 0, "mar": 1, "mie": 2, "jue": 3, "vie": 4, "sab": 5, "dom": 6,
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan ene", "feb", "mar", "apr abr", "may", "jun", "jul", "aug ago", "sep", "oct", "nov",
         "dec dic"), 1)
    for name in names.split()
}  # fmt: skip
# Spans of a day by what they are called: from, until.
_PARTS = {
    "morning": (time(8), time(12)), "manana": (time(8), time(12)),
    "afternoon": (time(12), time(17)), "tarde": (time(12), time(19)),
    "evening": (time(17), time(20)), "night": (time(18), time(21)), "noche": (time(18), time(21)),
    "first": (time(8), time(10)),
}  # fmt: skip


@dataclass(slots=True)
class Parts:
    """The pieces of a written time: clocks are hour, minute and "am", "pm" or ''."""

    duration: tuple[int, str] | None = None
    low: tuple[int, int, str] | None = None
    high: tuple[int, int, str] | None = None
    how: str = ""
    day: re.Match[str] | None = None
    part: str = ""
    week: str = ""
    is_end: bool = False


def moments(parts: Parts, now: datetime, week: Week) -> tuple[datetime | None, datetime] | None:
    """Return from when until when a written time is, None where it can be more than one.

    now: aware, in the week's zone; of a day without hours it ends when the business closes.
    """
    if parts.duration is not None:
        return None, _after(parts.duration, now, week)
    today = now.date()
    if parts.week:
        ahead = 7 if re.search(r"next|proxima|viene", parts.week) else 0
        friday = today + timedelta(days=4 - today.weekday() + ahead)
        begins = friday - timedelta(days=4) if ahead else None
        return (_at(begins, _OPENS, week) if begins else None), _at(
            friday, _closes(friday, week), week
        )
    day = _day(parts.day, today) if parts.day is not None else None
    if parts.day is not None and day is None:
        return None
    if parts.low is not None:
        return _by_clock(parts, day, now, week)
    if parts.part:
        return _by_part(parts.part, day, now, week)
    if parts.is_end:
        day = day or today
        return None, _at(day, _closes(day, week), week)
    if day is None:
        return None
    by = parts.day.group("by") if parts.day else ""
    if by and by.startswith(("before", "antes")):
        day -= timedelta(days=1)
    begins = None if by or day == today else _at(day, _opens(day, week), week)
    return begins, _at(day, _closes(day, week), week)


def _after(duration: tuple[int, str], now: datetime, week: Week) -> datetime:
    amount, unit = duration
    if unit == "m":
        return now + timedelta(seconds=amount)
    day = now.date()
    if unit == "business":
        while amount:
            day += timedelta(days=1)
            amount -= day.weekday() < 5 and day not in week.holidays
    else:
        day += timedelta(seconds=amount)
        day = now.date() + timedelta(days=amount // 86400)
    return _at(day, _closes(day, week), week)


def _by_clock(
    parts: Parts, day: date | None, now: datetime, week: Week
) -> tuple[datetime | None, datetime] | None:
    assert parts.low is not None
    pm = parts.part in ("afternoon", "evening", "night", "tarde", "noche")
    hint = "pm" if pm else "am" if parts.part else ""
    low, high = parts.low, parts.high
    if high is not None and not low[2] and high[2] and low[0] <= 12:
        # "3-5 pm": both, unless that turns them round ("10-2 pm").
        same = low[0] % 12 + (12 if high[2] == "pm" else 0)
        low = (same, low[1], high[2]) if same < high[0] else low
    begins = _on(low, hint, day, now, week)
    if begins is None:
        return None
    if high is not None:
        ends = begins.replace(hour=high[0], minute=high[1])
        if ends <= begins and not high[2] and high[0] <= 12:
            ends += timedelta(hours=12)
        return (begins, ends) if timedelta(0) < ends - begins <= timedelta(hours=10) else None
    if parts.how.startswith(("after", "despues")):
        return begins, _at(begins.date(), max(_closes(begins.date(), week), time(20)), week)
    if parts.day is not None and parts.day.group("by"):
        return None, begins
    if parts.how in ("at", "around", "about", "a", "al", "sobre", "hacia", "como a", ""):
        return begins, begins
    return None, begins


def _on(
    clock: tuple[int, int, str], hint: str, day: date | None, now: datetime, week: Week
) -> datetime | None:
    """Return a time of day as a moment: on a named day, else today, where it can only be one."""
    hour, minute, half = clock
    if not half and hint:
        hour = hour % 12 + (12 if hint == "pm" else 0)
        half = hint
    if half or (day is not None and day != now.date()):
        if not half and 1 <= hour <= 6:
            hour += 12
        return _at(day or now.date(), time(hour, minute), week)
    # Today, without am or pm: the next such time at which people are awake.
    for guess in (hour, hour % 12 + 12):
        if 7 <= guess <= 20:
            moment = _at(now.date(), time(guess, minute), week)
            if moment > now:
                return moment
    return None


def _by_part(
    part: str, day: date | None, now: datetime, week: Week
) -> tuple[datetime | None, datetime]:
    begins, ends = _PARTS[part]
    is_first = part in ("first", "morning", "manana")
    if day is None:
        # "In the morning", said when this one is over, is tomorrow's.
        over = time(8) if part == "first" else time(11)
        day = now.date() + timedelta(days=1 if is_first and now.time() >= over else 0)
    return _at(day, begins, week), _at(day, ends, week)


def _day(found: re.Match[str], today: date) -> date | None:
    if found["today"]:
        return today
    if found["tomorrow"]:
        return today + timedelta(days=1)
    if found["after"]:
        return today + timedelta(days=2)
    if found["weekday"]:
        return _weekday(found, today)
    month = _MONTHS.get((found["month"] or found["mes"])[:3])
    try:
        day = date(today.year, month or 0, int(found["mday"] or found["dia"]))
        return day if day >= today else day.replace(year=today.year + 1)
    except ValueError:
        return None


def _weekday(found: re.Match[str], today: date) -> date | None:
    ahead = (_WEEKDAYS[found["weekday"][:3]] - today.weekday()) % 7 or 7
    if found["nextweek"] and ahead <= 6 - today.weekday():
        ahead += 7  # "next Friday", said on a Monday, is not this week's
    day = today + timedelta(days=ahead)
    return None if found["wdate"] and day.day != int(found["wdate"]) else day


def _spans(day: date, week: Week) -> list[tuple[time, time]]:
    if day in week.holidays:
        return []
    return sorted((s.opens, s.closes) for s in week.spans if s.weekday == day.weekday())


def _opens(day: date, week: Week) -> time:
    spans = _spans(day, week)
    return spans[0][0] if spans else _OPENS


def _closes(day: date, week: Week) -> time:
    spans = _spans(day, week)
    return min(max(close for _, close in spans), time(23, 59)) if spans else _CLOSES


def _at(day: date, clock: time, week: Week) -> datetime:
    return datetime.combine(day, clock, week.zone)
