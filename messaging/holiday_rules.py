"""Holidays as rules in words, and the dates they fall on. Pure.

Source: compliance.md section 2 (banned days). A day too many only delays a marketing text, so a
fixed date on a weekend takes the weekday with it on which offices make it up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_FIXED = re.compile(rf"({'|'.join(_MONTHS)}) ([0-9]{{1,2}})")
_WEEKDAY = re.compile(rf"({'|'.join(_NTH)}) ({'|'.join(_DAYS)}) of ({'|'.join(_MONTHS)})")
_OFFSET = re.compile(r"([0-9]{1,2}) days? (before|after) (Easter|.+)")
_MON, _SAT, _SUN = 0, 5, 6


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday. rule: as `dates` reads it; line: where it stands in its file."""

    name: str
    rule: str
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """A list of holidays with the law that makes them."""

    name: str
    holidays: tuple[Holiday, ...]
    source: str
    note: str = ""
    _years: dict[int, dict[date, str]] = field(init=False, default_factory=dict)

    def on(self, day: date) -> str:
        """Return the name of the holiday on a date, '' when it is none."""
        days = self._years.get(day.year)
        if days is None:
            days = self._years[day.year] = self._of_year(day.year)
        return days.get(day, "")

    def _of_year(self, year: int) -> dict[date, str]:
        found: dict[date, str] = {}
        # New Year's Day may be made up in the old year.
        for each in (year, year + 1, year - 1):
            for holiday in self.holidays:
                for day in dates(holiday.rule, each):
                    if day.year == year:
                        found.setdefault(day, holiday.name)
        return found


def dates(rule: str, year: int) -> tuple[date, ...]:
    """Return the dates of a rule in one year; raises ValueError for words it does not know.

    Rules: 'January 8', 'third Monday of January', '2 days before Easter', '1 day after first Monday
    of November', '2026-12-24', each also with ', even years' or ', made up on Monday'.
    """
    words, *twists = (part.strip() for part in rule.split(","))
    if twists not in ([], ["even years"], ["made up on Monday"]):
        raise ValueError(f"expected even years or made up on Monday, not {', '.join(twists)}")
    fixed = _FIXED.fullmatch(words)
    day = _fixed(fixed.group(1), int(fixed.group(2)), year) if fixed else _moving(words, year)
    if day is None or (twists == ["even years"] and year % 2):
        return ()
    if twists == ["made up on Monday"]:
        return (day, _its_monday(day))
    return (day, *_made_up(day)) if fixed else (day,)


def _fixed(month: str, number: int, year: int) -> date | None:
    # Checked against a leap year, so that 29 February is a date that some years do not have.
    whole = date(2024, _MONTHS.index(month) + 1, number)
    try:
        return whole.replace(year=year)
    except ValueError:
        return None


def _moving(words: str, year: int) -> date | None:
    weekday = _WEEKDAY.fullmatch(words)
    if weekday:
        return _nth(_NTH[weekday[1]], _DAYS.index(weekday[2]), _MONTHS.index(weekday[3]) + 1, year)
    offset = _OFFSET.fullmatch(words)
    if offset:
        base = _easter(year) if offset[3] == "Easter" else _moving(offset[3], year)
        days = timedelta(days=int(offset[1]))
        return None if base is None else base + days if offset[2] == "after" else base - days
    try:
        once = date.fromisoformat(words)
    except ValueError:
        raise ValueError(
            f"expected a rule such as 'third Monday of January', not {words}"
        ) from None
    return once if once.year == year else None


def _nth(nth: int, weekday: int, month: int, year: int) -> date:
    if nth < 0:
        following = date(year + month // 12, month % 12 + 1, 1)
        last = following - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _made_up(day: date) -> tuple[date, ...]:
    shift = {_SAT: -1, _SUN: 1}.get(day.weekday())
    return () if shift is None else (day + timedelta(days=shift),)


def _its_monday(day: date) -> date:
    """Return the Monday of the week for a weekday, the next one for a weekend (Utah)."""
    ahead = 7 if day.weekday() >= _SAT else 0
    return day + timedelta(days=ahead - day.weekday())


def _easter(year: int) -> date:
    """Return Easter Sunday, by the reckoning of Meeus for the Gregorian calendar."""
    golden, (century, short) = year % 19, divmod(year, 100)
    leaps, rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - moon + 15) % 30
    quarters, left = divmod(short, 4)
    sunday = (32 + 2 * rest + 2 * quarters - epact - left) % 7
    late = (golden + 11 * epact + 22 * sunday) // 451
    month, day = divmod(epact + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
