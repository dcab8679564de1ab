"""Times and durations as exports write them. Pure.

Whether 1/2/2026 is January or February is never guessed row by row: the dates of the whole file
are looked at, and where they do not tell, somebody is asked (DateOrder).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MONTH_FIRST, DAY_FIRST, UNCLEAR = "month", "day", ""
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
# What North American systems write behind a time. Hours from UTC.
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "ast": -4, "adt": -3,
}  # fmt: skip
_TIME = re.compile(
    r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*([ap]\.?\s?m\b\.?)?"
    r"|(?<![\d:])(\d{1,2})\s*([ap]\.?m\b\.?)",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_NAMED = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)?[\s-]+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"\.?[\s-]+(?:(\d{1,2})(?:st|nd|rd|th)?\s*,?[\s-]+)?(\d{4}|\d{2})(?![\d:])",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])(\d{2}):?(\d{2})?$", re.IGNORECASE)
_NUMBER = re.compile(r"\d{9,14}(?:\.\d+)?")
_WEEKDAY = re.compile(r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b\.?", re.IGNORECASE)
_EARLIEST, _LATEST = 631_152_000, 4_102_444_800  # 1990 and 2100, as epochs


@dataclass(slots=True)
class DateOrder:
    """What the dates of a whole column say about their order.

    month_first, day_first: how many can only be read so (the other part is above 12); either: how
    many can be read both ways.
    """

    month_first: int = 0
    day_first: int = 0
    either: int = 0
    example: str = ""
    _seen: set[str] = field(default_factory=set, repr=False)

    def see(self, text: str) -> None:
        """Take note of one cell."""
        head = text[:10]
        if head in self._seen:
            return
        if len(self._seen) < 50_000:  # dates of a hundred years; anything more is no date
            self._seen.add(head)
        found = _NUMERIC.search(text)
        if found is None:
            return
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            self.day_first += 1
        elif second > 12 >= first:
            self.month_first += 1
        elif first != second:
            self.either += 1
            self.example = self.example or found[0]

    @property
    def order(self) -> str:
        """MONTH_FIRST or DAY_FIRST where the file says so, else UNCLEAR."""
        if bool(self.month_first) == bool(self.day_first):
            # Both: the file contradicts itself, and the rows that do not fit are reported.
            return MONTH_FIRST if self.month_first > self.day_first else (
                DAY_FIRST if self.day_first > self.month_first else UNCLEAR
            )  # fmt: skip
        return MONTH_FIRST if self.month_first else DAY_FIRST

    @property
    def matters(self) -> bool:
        """Whether any date would mean something else in the other order."""
        return self.either > 0

    @property
    def contradicts(self) -> bool:
        """Whether some dates can only be month first and others only day first."""
        return self.month_first > 0 and self.day_first > 0


class Clock:
    """Reads times of one file: which order its dates have, and whose clock it is without a zone."""

    def __init__(self, zone: ZoneInfo, order: str = MONTH_FIRST) -> None:
        self.zone, self.order = zone, order or MONTH_FIRST
        self._days: dict[str, date | None] = {}

    def read(self, text: str) -> datetime | None:
        """Return the moment in UTC, or None for what is no time we know."""
        text = text.strip()
        if not text or len(text) > 60:
            return None
        try:
            if text[4:5] == "-" and len(text) > 10:
                return self._in_utc(datetime.fromisoformat(text))
            if text[0].isdigit() and _NUMBER.fullmatch(text):
                return _epoch(text) or self._compact(text)
            return self._general(text)
        except (ValueError, OverflowError):
            return self._general_safely(text)

    def _general_safely(self, text: str) -> datetime | None:
        try:
            return self._general(text)
        except (ValueError, OverflowError):
            return None

    def _in_utc(self, moment: datetime) -> datetime | None:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        moment = moment.astimezone(UTC)
        return moment if 1990 <= moment.year < 2100 else None

    def _compact(self, text: str) -> datetime | None:
        if len(text) not in (12, 14) or not text.isdigit():
            return None
        pattern = "%Y%m%d%H%M%S" if len(text) == 14 else "%Y%m%d%H%M"
        return self._in_utc(datetime.strptime(text, pattern).replace(tzinfo=self.zone))

    def _general(self, text: str) -> datetime | None:
        clock = _TIME.search(text)
        if clock is None:
            return None
        rest = f"{text[: clock.start()]} {text[clock.end() :]}"
        found = _YEAR_FIRST.search(rest) or _NUMERIC.search(rest) or _NAMED.search(rest)
        if found is None:
            return None
        day = self._day(found)
        if day is None:
            return None
        left = _WEEKDAY.sub(" ", f"{rest[: found.start()]} {rest[found.end() :]}")
        left = " ".join(w for w in left.replace(",", " ").split() if w not in ("T", "-", "|", "at"))
        zone = self._zone(left)
        if zone is None:
            return None
        hour, minute, second = _hour(clock)
        return self._in_utc(
            datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
        )

    def _zone(self, left: str) -> timezone | ZoneInfo | None:
        left = left.strip("() ")
        if not left:
            return self.zone
        hours = _ZONES.get(left.lower())
        if hours is not None:
            return timezone(timedelta(hours=hours))
        offset = _OFFSET.fullmatch(left)
        if offset is None:
            return None
        delta = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-delta if offset[1] == "-" else delta)

    def _day(self, found: re.Match[str]) -> date | None:
        text = found[0]
        if text not in self._days:
            if len(self._days) > 50_000:
                self._days.clear()
            try:
                self._days[text] = self._new_day(found)
            except ValueError:
                self._days[text] = None
        return self._days[text]

    def _new_day(self, found: re.Match[str]) -> date | None:
        if found.re is _YEAR_FIRST:
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found.re is _NUMERIC:
            first, second = int(found[1]), int(found[3])
            month, day = (first, second) if self.order == MONTH_FIRST else (second, first)
            return date(_year(found[4]), month, day)
        day_text = found[1] or found[3]
        if not day_text or (found[1] and found[3]):
            return None
        return date(_year(found[4]), _MONTHS[found[2].lower()], int(day_text))


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _hour(clock: re.Match[str]) -> tuple[int, int, int]:
    """Return hour, minute and second of a time; raises ValueError for 13 PM."""
    hour, half = int(clock[1] or clock[5]), (clock[4] or clock[6] or "")[:1].lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("hour")
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(clock[2] or 0), int(clock[3] or 0)


def _epoch(text: str) -> datetime | None:
    """Return the moment of seconds or milliseconds since 1970, where that is between 1990 and 2100."""
    number = float(text)
    whole = len(text.partition(".")[0])
    seconds = number if whole <= 11 else number / 1000
    if whole >= 12 and not _EARLIEST < seconds < _LATEST:
        return None
    if not _EARLIEST < seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


_CLOCK_LIKE = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d{2})(?:[.,]\d+)?")
_PLAIN = re.compile(r"(\d{1,9}(?:[.,]\d{1,6})?)\s*(?:s|secs?|seconds?)?\.?", re.IGNORECASE)
_WORDY = re.compile(
    r"(?:pt)?(?:(\d{1,4})\s*(?:h|hrs?|hours?)\.?,?\s*)?(?:(\d{1,5})\s*(?:m|mins?|minutes?)\.?,?\s*)?"
    r"(?:(\d{1,6})(?:[.,]\d+)?\s*(?:s|secs?|seconds?)\.?)?",
    re.IGNORECASE,
)


def seconds_of(text: str, unit: str = "s") -> int | None:
    """Return a duration in seconds: "0:35", "35", "35 s", "00:00:35", "1m 5s"; None for anything else.

    unit: what a bare number counts, from its heading: s, min or ms.
    """
    text = text.strip()
    if not text or len(text) > 40:
        return None
    if text.isdigit() and len(text) < 10:
        return _scaled(float(text), unit)
    if found := _PLAIN.fullmatch(text):
        has_unit = not text[-1].isdigit()
        return _scaled(float(found[1].replace(",", ".")), "s" if has_unit else unit)
    if found := _CLOCK_LIKE.fullmatch(text):
        return int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])
    found = _WORDY.fullmatch(text)
    if found and any(found.groups()):
        return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + int(found[3] or 0)
    return None


def _scaled(number: float, unit: str) -> int | None:
    seconds = number * 60 if unit == "min" else number / 1000 if unit == "ms" else number
    return round(seconds) if seconds < 1_000_000 else None
