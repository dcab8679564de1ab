"""Who is told of somebody who waits, by which ways, and after how much of the target. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls.hours import Week
from inbox.waits.targets import due_at

CHANNELS = ("live", "push", "email", "sms", "hook")
# owner_or_all: whose the conversation is, else his team, else everybody.
WHOM = ("owner_or_all", "all", "owners")
MOST_STEPS = 6
MOST_PERCENT = 1000


class LadderError(ValueError):
    """A ladder that cannot be kept; `problems` has a sentence by (step's position, field)."""

    def __init__(self, problems: Mapping[tuple[int, str], str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: at so many percent of the target, by these channels, to whom."""

    at_percent: int
    channels: tuple[str, ...]
    whom: str

    def as_dict(self) -> dict[str, Any]:
        """Return the step as it is kept (InboxPolicy.ladder)."""
        return {
            "at_percent": self.at_percent, "channels": list(self.channels), "whom": self.whom,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Someone:
    """A member as the ladder sees him. is_here: neither away nor outside the hours he set himself."""

    user: int
    is_owner: bool = False
    is_here: bool = True


def read(stored: object) -> tuple[Step, ...]:
    """Return a stored ladder in the order of its steps. Raises LadderError naming step and field."""
    problems: dict[tuple[int, str], str] = {}
    steps: list[Step] = []
    rows = stored if isinstance(stored, list) else []
    if not isinstance(stored, list):
        problems[0, "steps"] = "expected a list of steps"
    if len(rows) > MOST_STEPS:
        problems[MOST_STEPS, "steps"] = f"At most {MOST_STEPS} steps."
    for position, row in enumerate(rows[:MOST_STEPS]):
        step: dict[str, Any] = row if isinstance(row, dict) else {}
        percent, whom, ways = step.get("at_percent"), step.get("whom"), step.get("channels")
        channels: list[Any] = ways if isinstance(ways, list) else []
        if (
            not isinstance(percent, int)
            or isinstance(percent, bool)
            or not 0 <= percent <= MOST_PERCENT
        ):
            problems[position, "at_percent"] = f"Choose from 0 to {MOST_PERCENT} percent."
            percent = 0
        known = tuple(channel for channel in CHANNELS if channel in channels)
        if not known or len(known) != len(set(map(str, channels))):
            problems[position, "channels"] = "Choose at least one way to tell them."
        if whom not in WHOM:
            problems[position, "whom"] = "Choose whom to tell."
        if not problems:
            steps.append(Step(percent, known, str(whom)))
    if problems:
        raise LadderError(problems)
    return tuple(sorted(steps, key=lambda each: each.at_percent))


def time_of(step: Step, began: datetime, target_seconds: int, week: Week | None) -> datetime:
    """Return when a step is taken, counted as the target is (inbox/waits/targets.py). UTC."""
    return due_at(began, target_seconds * step.at_percent / 100, week)


def next_step(
    steps: Sequence[Step], taken: int, began: datetime, target_seconds: int, week: Week | None,
    now: datetime,
) -> tuple[int | None, datetime | None]:  # fmt: skip
    """Return the step to take now, and when to ask again; `taken`: how many were taken before.

    Of several that are overdue only the last is taken: what it says holds for those before. No step
    now: (None, when). None left: (None, None).
    """
    due: int | None = None
    for position in range(taken, len(steps)):
        at = time_of(steps[position], began, target_seconds, week)
        if at > now:
            return due, at
        due = position
    return due, None


def whom_to_tell(
    step: Step, members: Iterable[Someone], assignee: int | None, team: frozenset[int],
    *, is_last: bool,
) -> list[int]:  # fmt: skip
    """Return the ids of the users a step reaches.

    Who is away or outside his hours is passed over: for his team, else for everybody who is here.
    The last step reaches somebody in any case: where nobody is here, everybody it names, or the
    owners.
    """
    everybody = {member.user: member for member in members}
    here = {user for user, member in everybody.items() if member.is_here}
    owners = {user for user, member in everybody.items() if member.is_owner}
    for circle in _circles(step.whom, set(everybody), owners, assignee, set(team)):
        if circle & here:
            return sorted(circle & here)
    if not is_last:
        return []
    circles = _circles(step.whom, set(everybody), owners, assignee, set(team))
    named = next((circle for circle in circles if circle), set())
    return sorted(named | owners or set(everybody))


def _circles(
    whom: str, everybody: set[int], owners: set[int], assignee: int | None, team: set[int]
) -> list[set[int]]:
    """Return who is asked first, and who where none of those can be reached."""
    if whom == "owners":
        return [owners, everybody]
    if whom == "all":
        return [everybody]
    mine = {assignee} & everybody if assignee is not None else set()
    if mine:
        return [mine, team & everybody, everybody]
    return [team & everybody, everybody]
