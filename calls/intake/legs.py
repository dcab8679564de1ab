"""Phone systems that tell of each phone they ring: when the miss of one is the miss of the call. Pure.

Two phones of a group, or one after the other, are legs of one call. "Sorry we missed you" to somebody
who is being answered at the next desk is worse than a text that leaves some seconds later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.intake.events import CallReport

# The end of another leg that is never told: no phone rings longer.
RINGS_AT_MOST = timedelta(seconds=90)
OVERTAKEN = "One phone of several: what came of the call was told afterwards."


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a call: our id of it, its report, when it came (aware)."""

    id: int
    report: CallReport
    at: datetime


def rings_on_until(mine: Told, others: Sequence[Told], now: datetime) -> datetime | None:
    """Return until when to wait because another phone may still be ringing; None when none is."""
    if not _is_leg_missed(mine.report):
        return None
    last: dict[str, Told] = {}
    for told in sorted(others, key=lambda it: (it.at, it.id)):
        last[told.report.leg] = told
    waits = [
        told.at + RINGS_AT_MOST
        for leg, told in last.items()
        if leg != mine.report.leg and told.report.type == "ringing"
    ]
    until = max(waits, default=now)
    return until if until > now else None


def is_overtaken(mine: Told, others: Sequence[Told]) -> bool:
    """Whether another event tells later, or better, how the call ended, and decides it."""
    if not _is_leg_missed(mine.report):
        return False
    for told in others:
        later = (told.at, told.id) > (mine.at, mine.id)
        if told.report.outcome == "answered" or (told.report.type == "ended" and later):
            return True
        if told.report.type == "ended" and not told.report.leg:
            return True
    return False


def _is_leg_missed(report: CallReport) -> bool:
    return bool(report.leg) and report.is_missed
