"""What a month's use costs, where it is going, and when the client is told. Pure.

Months are the business's own, by its zone's calendar. Money in cents, prices in hundredths of a cent
a unit, as plans have them.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Percent of the client's own limit at which he is told, each once a month (product.md L2).
LEVELS = (50, 80, 100)
# Before so much of a month has passed nothing is foretold: two texts of a first morning say nothing.
TOO_EARLY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a business: its first day there, and its ends (aware, UTC)."""

    first: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Prices:
    """What a plan includes a month, and the price of each unit above it (None: not sold)."""

    texts: int = 0
    turns: int = 0
    text: int | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Use at the month's end if it goes on like this; `is_early` while that is no more than so far."""

    texts: int
    turns: int
    cents: int
    is_early: bool


def month_of(now: datetime, zone: ZoneInfo) -> Month:
    """Return the business's month at `now` (aware)."""
    local = now.astimezone(zone)
    first = local.date().replace(day=1)
    following = first + timedelta(days=monthrange(first.year, first.month)[1])
    return Month(first, _midnight(first, zone), _midnight(following, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))


def cost(texts: int, turns: int, prices: Prices) -> int:
    """Return what is used above the plan, in whole cents, rounded up as an invoice would be."""
    above = max(0, texts - prices.texts) * (prices.text or 0)
    above += max(0, turns - prices.turns) * (prices.turn or 0)
    return -(-above // 100)


def forecast(texts: int, turns: int, prices: Prices, month: Month, now: datetime) -> Forecast:
    """Return where use is going: so far, stretched over the month by the time that has passed."""
    passed, whole = now - month.start, month.end - month.start
    if passed < TOO_EARLY or passed >= whole:
        return Forecast(texts, turns, cost(texts, turns, prices), passed < TOO_EARLY)
    texts, turns = round(texts * (whole / passed)), round(turns * (whole / passed))
    return Forecast(texts, turns, cost(texts, turns, prices), False)


def levels_reached(cents: int, limit: int | None) -> tuple[int, ...]:
    """Return the levels of LEVELS that use has reached, lowest first; none without a limit.

    A limit of nothing is reached by the first cent, and before it by nothing.
    """
    if limit is None or (limit == 0 and cents == 0):
        return ()
    return tuple(level for level in LEVELS if cents * 100 >= limit * level)


def to_tell(reached: Iterable[int], told: Iterable[int]) -> int | None:
    """Return the level the client should now be told of: the highest that is news, or None.

    Who passes two levels at once is told of the higher alone.
    """
    highest = max(reached, default=0)
    return highest if highest > max(told, default=0) else None


@dataclass(frozen=True, slots=True)
class Day:
    """Use of one day of the business's."""

    day: date
    texts: int = 0
    turns: int = 0


def every_day(used: Iterable[Day], month: Month, zone: ZoneInfo) -> tuple[Day, ...]:
    """Return one entry for each day of a month, so that a picture of it has no holes."""
    known = {entry.day: entry for entry in used}
    last = month.end.astimezone(zone).date()
    days = [month.first + timedelta(days=n) for n in range((last - month.first).days)]
    return tuple(known.get(day, Day(day)) for day in days)
