"""The period an export is about, in whole days of UTC; and what an export is refused for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class EvidenceError(ValueError):
    """An export that cannot be made; `field` is number, from or to."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (None: whatever came first) to before `end`; both aware, in UTC."""

    start: datetime | None
    end: datetime

    @property
    def words(self) -> str:
        """The period as people read it."""
        first = in_utc(self.start) if self.start else "the first record"
        return f"{first} to {in_utc(self.end)}"


def in_utc(at: datetime) -> str:
    """Return a moment for people: '2026-11-21 16:04:01 UTC'."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def read(first: date | str | None, last: date | str | None, now: datetime) -> Period:
    """Return the period from the first day to the last, both included and both of UTC.

    None or '' leaves an end open: everything there is, until `now` (aware), which is also where a
    last day of today or later ends. Raises EvidenceError naming from or to.
    """
    begins, ends = _day("from", first), _day("to", last)
    now = now.astimezone(UTC)
    if begins and ends and begins > ends:
        raise EvidenceError("from", "the period ends before it begins")
    if begins and begins > now.date():
        raise EvidenceError("from", "the period lies in the future")
    end = now
    if ends and ends < now.date():
        end = datetime(ends.year, ends.month, ends.day, tzinfo=UTC) + timedelta(days=1)
    start = datetime(begins.year, begins.month, begins.day, tzinfo=UTC) if begins else None
    return Period(start, end)


def _day(field: str, value: date | str | None) -> date | None:
    if not value or isinstance(value, date):
        return value or None
    try:
        if not _DAY.match(value.strip()):
            raise ValueError(value)
        return date.fromisoformat(value.strip())
    except ValueError:
        raise EvidenceError(field, "expected a day such as 2026-11-21") from None
