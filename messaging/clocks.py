"""One clock on the wall under one rule: open or not, and when it opens next. Pure.

Everything is reckoned in UTC; what the wall shows comes from the zone database, so hours that
clocks skip or repeat need no case of their own. Source: compliance.md R-HRS-4, R-TZ-7, R-TZ-8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from messaging import zones
from messaging.jurisdictions import DEFAULT, Jurisdiction, Ruleset
from messaging.places import Place

Kind = Literal["delayed", "informational", "marketing"]

GUARD = 15  # minutes off both edges: a carrier's queue moves delivery past the edge (R-HRS-4)
_REMEMBERED = 400  # days per clock, before they are forgotten again
_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Day:
    """One local date under one rule: open from `low` until `high`, in minutes of the wall clock."""

    low: int
    high: int
    row: Jurisdiction
    window: tuple[int, int] | None
    holiday: str
    openings: tuple[datetime, ...] | None = None


@dataclass(slots=True, eq=False)
class Clock:
    """One clock with one rule: what a candidate has to say."""

    place: Place
    zone: tzinfo
    zone_name: str
    kind: Kind
    code: str  # of the rule to apply, '' for that of the place
    rules: Ruleset
    days: dict[int, Day] = field(default_factory=dict)

    def day(self, on: date) -> Day:
        """Return what holds on a local date."""
        day = self.days.get(on.toordinal())
        if day is None:
            if len(self.days) > _REMEMBERED:
                self.days.clear()
            day = self.days[on.toordinal()] = self._work_out(on)
        return day

    def _row(self, on: date) -> Jurisdiction:
        if self.code:
            return self.rules.named(self.code, on) or self.rules.federal(on)
        row = self.rules.at(self.place, on)
        # The default of R-ST-3 is about marketing; a late answer keeps to federal law.
        return self.rules.federal(on) if row.code == DEFAULT and self.kind != "marketing" else row

    def _work_out(self, on: date) -> Day:
        row = self._row(on)
        marketing = self.kind == "marketing"
        holiday = self.rules.holiday(row, on) if marketing else ""
        window = None if holiday else row.window(on.weekday(), marketing=marketing)
        low, high = (window[0] + GUARD, window[1] - GUARD) if window else (0, 0)
        return Day(low, high, row, window, holiday)

    def next_opening(self, after: datetime, until: datetime) -> datetime | None:
        """Return the first moment from `after` on (UTC) that this rule allows, before `until`."""
        local = after.astimezone(self.zone)
        day = self.day(local.date())
        if day.low <= local.hour * 60 + local.minute < day.high:
            return after
        on = local.date()
        while True:
            for moment in self._openings(on):
                if moment >= until:
                    return None
                if moment >= after:
                    return moment
            on += timedelta(days=1)
            if datetime.combine(on, time(), tzinfo=self.zone) >= until:
                return None

    def _openings(self, on: date) -> tuple[datetime, ...]:
        day = self.day(on)
        if day.openings is None:
            day.openings = tuple(sorted(self._work_out_openings(on, day)))
        return day.openings

    def _work_out_openings(self, on: date, day: Day) -> set[datetime]:
        """Return every moment (UTC) of a local date at which its window opens.

        One on most days; two when clocks go back through the opening; the moment of the change
        itself when it throws the clock into the window.
        """
        if day.low >= day.high:
            return set()
        opens = datetime.combine(on, time(day.low // 60, day.low % 60), tzinfo=self.zone)
        moments = {opens.astimezone(UTC), opens.replace(fold=1).astimezone(UTC)}
        moments |= {m for m in [_change(on, self.zone)] if m is not None}
        return {m for m in moments if self._opens_at(m, on, day)}

    def _opens_at(self, moment: datetime, on: date, day: Day) -> bool:
        now, before = (m.astimezone(self.zone) for m in (moment, moment - _MINUTE))
        return now.date() == on and (
            day.low <= zones.minute_of_day(now) < day.high
            and not (before.date() == on and day.low <= zones.minute_of_day(before) < day.high)
        )


def _change(on: date, zone: tzinfo) -> datetime | None:
    """Return the moment (UTC) of a local date at which its clocks change, None on most days."""
    last = datetime.combine(on + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    # From a minute before midnight, for a change at midnight itself.
    moment = datetime.combine(on, time(), tzinfo=zone).astimezone(UTC) - _MINUTE
    offset = moment.astimezone(zone).utcoffset()
    if last.astimezone(zone).utcoffset() == offset:
        return None
    before, after = 0, (last - moment) // _MINUTE
    while after - before > 1:
        middle = (before + after) // 2
        if (moment + middle * _MINUTE).astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return moment + after * _MINUTE
