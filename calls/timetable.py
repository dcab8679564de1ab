"""Opening hours as people write them: several spans a day, past midnight, around the clock. Pure.

A day's span that ends after midnight is kept as two (the second on the next day) and shown as one.
The end of a day is kept as its last microsecond: a span's end is not part of it, and no time of day
is later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from calls.hours import Span

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT, DAYS_END = time(0), time.max
_LAST_MINUTE = time(23, 59)
SPANS_A_DAY = 6
_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(?::00)?\s*([ap]\.?m\.?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """One span as it is shown and typed: from a weekday's time until a time, perhaps the next day's.

    closes may be before opens (past midnight); both midnight: around the clock.
    """

    weekday: int
    opens: time
    closes: time

    @property
    def all_day(self) -> bool:
        """Whether it is open around the clock."""
        return self.opens == self.closes == MIDNIGHT

    @property
    def past_midnight(self) -> bool:
        """Whether it ends on the next day."""
        return MIDNIGHT < self.closes <= self.opens

    def __str__(self) -> str:
        if self.all_day:
            return f"{WEEKDAYS[self.weekday]} around the clock"
        return f"{WEEKDAYS[self.weekday]} {words(self.opens)} to {words(self.closes)}"


class BadHours(ValueError):
    """Hours that cannot be; `problems` has the sentence of each (weekday, position in its day)."""

    def __init__(self, problems: Mapping[tuple[int, int], str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


def words(moment: time) -> str:
    """Return a time of day ("5:30 PM", "midnight")."""
    if moment == MIDNIGHT or moment >= _LAST_MINUTE:
        return "midnight"
    return moment.strftime("%I:%M %p").lstrip("0")


def read_time(typed: str) -> time | None:
    """Return the time somebody typed (17:30, 5:30 pm, 9), None when it is none. 24:00 is midnight."""
    found = _TIME.fullmatch(typed.strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "")[:1].lower()
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if (hour, minute) == (24, 0):
        return MIDNIGHT
    return time(hour, minute) if hour < 24 and minute < 60 else None


def read_week(typed: Sequence[Sequence[tuple[str, str]]], all_day: Iterable[int]) -> list[Opening]:
    """Return the spans of a week, Monday first, from pairs of typed times; empty pairs are no span.

    all_day: the weekdays that are open around the clock, whatever their times say. Raises BadHours.
    """
    open_always = set(all_day)
    problems: dict[tuple[int, int], str] = {}
    read: dict[tuple[int, int], Opening] = {}
    for weekday, pairs in enumerate(typed):
        if weekday in open_always:
            read[weekday, 0] = Opening(weekday, MIDNIGHT, MIDNIGHT)
            continue
        if len(pairs) > SPANS_A_DAY:
            problems[weekday, SPANS_A_DAY] = f"At most {SPANS_A_DAY} spans a day."
        for position, (opens, closes) in enumerate(pairs[:SPANS_A_DAY]):
            if not opens.strip() and not closes.strip():
                continue
            problem, opening = _read_span(weekday, opens, closes)
            if opening is None:
                problems[weekday, position] = problem
            else:
                read[weekday, position] = opening
    problems |= _overlaps(read)
    if problems:
        raise BadHours(problems)
    return list(read.values())


def stored(openings: Iterable[Opening]) -> list[Span]:
    """Return the spans to keep: none passes midnight."""
    spans: list[Span] = []
    for each in openings:
        if each.past_midnight:
            spans.append(Span(each.weekday, each.opens, DAYS_END))
            spans.append(Span((each.weekday + 1) % 7, MIDNIGHT, each.closes))
        else:
            end = DAYS_END if each.closes == MIDNIGHT else each.closes
            spans.append(Span(each.weekday, each.opens, end))
    return sorted(spans, key=lambda span: (span.weekday, span.opens))


def shown(spans: Iterable[Span]) -> list[list[Opening]]:
    """Return the kept spans as people know them, a list for each weekday, Monday first."""
    days: list[list[Span]] = [[] for _ in WEEKDAYS]
    for span in sorted(spans, key=lambda each: (each.weekday, each.opens)):
        days[span.weekday].append(span)
    week: list[list[Opening]] = [
        [
            Opening(s.weekday, s.opens, MIDNIGHT if s.closes >= _LAST_MINUTE else s.closes)
            for s in day
        ]
        for day in days
    ]
    joined: list[tuple[int, Opening]] = []
    for weekday in range(7):
        following = (weekday + 1) % 7
        if not week[weekday] or not week[following]:
            continue
        last, first = week[weekday][-1], week[following][0]
        goes_on = last.closes == MIDNIGHT and first.opens == MIDNIGHT
        # A whole day stands for itself, and no span is longer than a day.
        if goes_on and not last.all_day and not first.all_day and first.closes <= last.opens:
            joined.append((weekday, Opening(weekday, last.opens, first.closes)))
    for weekday, whole in joined:
        week[weekday][-1] = whole
        week[(weekday + 1) % 7].pop(0)
    return week


def as_stored(closes: time) -> time:
    """Return a span's end as compiled for the voice plan, which knows minutes only."""
    return DAYS_END if closes >= _LAST_MINUTE else closes


def clock_changes(zone: ZoneInfo, today: date) -> list[tuple[date, int]]:
    """Return the days within a year on which the clocks change, with the minutes they go forward."""
    changes = []
    for day in (today + timedelta(days=n) for n in range(366)):
        before, after = (
            datetime.combine(each, MIDNIGHT, tzinfo=zone).astimezone(UTC)
            for each in (day, day + timedelta(days=1))
        )
        lasts = int((after - before).total_seconds() // 60)
        if lasts != 24 * 60:
            changes.append((day, 24 * 60 - lasts))
    return changes


def _read_span(weekday: int, opens: str, closes: str) -> tuple[str, Opening | None]:
    start, end = read_time(opens), read_time(closes)
    for typed, moment in ((opens, start), (closes, end)):
        if moment is None:
            what = f"“{typed.strip()[:20]}” is no time." if typed.strip() else "A time is missing."
            return f"{what} Write it such as 9:00 AM or 17:30.", None
    assert start is not None and end is not None
    if end == _LAST_MINUTE:
        end = MIDNIGHT
    if start == end:
        return "It closes the moment it opens. For the whole day, choose “24 hours”.", None
    return "", Opening(weekday, start, end)


def _overlaps(read: Mapping[tuple[int, int], Opening]) -> dict[tuple[int, int], str]:
    """Name both spans wherever two lie over each other; the later one carries the sentence."""
    pieces = [
        (span, place, opening) for place, opening in read.items() for span in stored([opening])
    ]
    pieces.sort(key=lambda piece: (piece[0].weekday, piece[0].opens))
    problems = {}
    for (one, place, first), (other, where, second) in pairwise(pieces):
        if one.weekday == other.weekday and other.opens < one.closes and place != where:
            problems[max(place, where)] = f"{first} and {second} overlap."
    return problems
