"""How soon people are answered: medians, shares, days and hours, members. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

HOURS = tuple(range(24))
FEW = 3  # fewer say nothing of an hour
ANSWERED = frozenset({"answered", "called"})


@dataclass(frozen=True, slots=True)
class Waited:
    """One wait as the figures need it. how: '' while open; waited: seconds as its target counts them."""

    began_at: datetime
    how: str
    waited: int
    target: int
    by: str
    is_first: bool  # the person's first ever

    @property
    def is_answered(self) -> bool:
        """Whether somebody answered or called back."""
        return self.how in ANSWERED

    @property
    def is_late(self) -> bool:
        """Whether the target was missed, by now or for good."""
        return self.waited > self.target


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of some waits; the times in seconds, None where nobody was answered; share: of a hundred."""

    count: int
    answered: int
    waiting: int
    closed: int
    median: int | None
    p90: int | None
    share: int | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the business: who began to wait on it, by whether they were answered in time."""

    day: date
    in_time: int
    late: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week (Monday is 0): how many began to wait, how many of them too long."""

    weekday: int
    hour: int
    count: int
    late: int

    @property
    def step(self) -> int:
        """How strong its colour is: -1 for too few, 0 for all in time, up to 4 for most of them late."""
        if self.count < FEW:
            return -1
        share = self.late / self.count
        return 0 if not self.late else 1 + sum(share >= limit for limit in (0.25, 0.5, 0.75))


def summary(waits: Iterable[Waited]) -> Summary:
    """Return the figures of these waits. Who was closed without an answer, or opted out, counts in no time."""
    rows = list(waits)
    times = sorted(row.waited for row in rows if row.is_answered)
    # Who still waits is late as soon as the target is over, and not before.
    judged = [row for row in rows if row.is_answered or (not row.how and row.is_late)]
    in_time = sum(not row.is_late for row in judged)
    return Summary(
        len(rows),
        len(times),
        sum(not row.how for row in rows),
        sum(row.how == "closed" for row in rows),
        int(median(times)) if times else None,
        percentile(times, 90),
        round(100 * in_time / len(judged)) if judged else None,
    )


def percentile(times: Sequence[int], percent: int) -> int | None:
    """Return the value that so many of a hundred do not exceed, of sorted values (nearest rank)."""
    if not times:
        return None
    return times[max(0, -(-len(times) * percent // 100) - 1)]


def by_day(waits: Iterable[Waited], zone: ZoneInfo, first: date, last: date) -> list[Day]:
    """Return each day of a period, also those on which nobody waited."""
    counts: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for row in waits:
        if row.is_answered or not row.how:
            counts[row.began_at.astimezone(zone).date()][row.is_late] += 1
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [Day(day, *counts.get(day, [0, 0])) for day in days]


def by_hour(waits: Iterable[Waited], zone: ZoneInfo) -> list[list[Cell]]:
    """Return the hours of the week, a list for each weekday, Monday first."""
    counts: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for row in waits:
        if row.is_answered or not row.how:
            local = row.began_at.astimezone(zone)
            spot = counts[local.weekday(), local.hour]
            spot[0] += 1
            spot[1] += row.is_late
    return [
        [Cell(weekday, hour, *counts.get((weekday, hour), [0, 0])) for hour in HOURS]
        for weekday in range(7)
    ]


def by_member(waits: Iterable[Waited]) -> list[tuple[str, Summary]]:
    """Return the figures of each who answered by name, whoever answered most first."""
    rows: dict[str, list[Waited]] = defaultdict(list)
    for row in waits:
        if row.is_answered and row.by:
            rows[row.by].append(row)
    found = [(name, summary(theirs)) for name, theirs in rows.items()]
    return sorted(found, key=lambda each: (-each[1].count, each[0].casefold()))


def busy_hours(cells: Sequence[Sequence[Cell]]) -> range:
    """Return the hours worth showing: from the first to the last with anybody, at least 8 to 18."""
    used = [cell.hour for row in cells for cell in row if cell.count]
    return range(min([8, *used]), max([18, *used]) + 1)
