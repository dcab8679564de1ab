"""The week as a picture: how much of each hour's calls reached nobody. Pure.

Steps, not a slide: a reader tells six shades apart, colour-blind or on paper. What is shaded is a
share; an hour with hardly a call has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calls.audit.findings import DAYS, percent

# A share in percent from which a step begins.
STEPS = (0, 5, 15, 30, 50)
STEP_WORDS = ("under 5%", "5 to 15%", "15 to 30%", "30 to 50%", "half or more")
ENOUGH = 3  # calls


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one weekday. step: -1 without enough calls, else an index of STEPS."""

    weekday: int
    hour: int
    calls: int
    missed: int
    step: int

    @property
    def words(self) -> str:
        """What stands behind it: "Monday 9 AM: 3 of 12 calls missed"."""
        when = f"{DAYS[self.weekday]} {hour_words(self.hour)}"
        if not self.calls:
            return f"{when}: no calls"
        return f"{when}: {self.missed:,} of {self.calls:,} calls missed ({percent(self.missed, self.calls)}%)"


def hour_words(hour: int) -> str:
    """Return an hour as a clock shows it: "9 AM"."""
    return f"{hour % 12 or 12} {'AM' if hour % 24 < 12 else 'PM'}"


def step_of(calls: int, missed: int) -> int:
    """Return the step of a share of missed calls."""
    if calls < ENOUGH:
        return -1
    share = 100 * missed / calls
    return max(index for index, begins in enumerate(STEPS) if share >= begins)


def cells(grid: Sequence[Sequence[Sequence[int]]]) -> list[list[Cell]]:
    """Return the cells of a result's grid, a list for each weekday."""
    return [
        [Cell(day, hour, n, missed, step_of(n, missed)) for hour, (n, missed) in enumerate(hours)]
        for day, hours in enumerate(grid)
    ]


def in_words(result: Mapping[str, Any]) -> str:
    """Return what the picture shows, for whoever does not see it."""
    every = [cell for day in cells(result["grid"]) for cell in day if cell.step >= 0]
    worst = sorted(every, key=lambda cell: -cell.missed)[:3]
    if not worst or not worst[0].missed:
        return "Share of missed calls by weekday and hour. No hour stands out."
    return "Share of missed calls by weekday and hour. Most are missed on " + "; ".join(
        cell.words for cell in worst
    )
