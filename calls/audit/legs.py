"""Legs of one call become one call. Pure.

Systems write a row for every phone that rang. What a caller met is told by all of them together:
a call was answered when any leg of it was; a call that a menu or voicemail took, and whose legs to
the staff nobody took, was missed (telephony.md 1.4).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls.audit.shapes import ANSWERED, MISSED, VOICEMAIL, Logged

OPEN_AT_ONCE = 500  # legs of one call stand near each other


@dataclass(frozen=True, slots=True)
class Leg:
    """One row's part of a call; as Logged. is_leg: the part to the staff; group: its call's id."""

    row: int
    started_at: datetime
    caller: str
    line: str
    outcome: str
    because: str
    ring_seconds: int | None
    talk_seconds: int | None
    is_inbound: bool
    is_leg: bool = False
    group: str = ""

    @property
    def is_empty(self) -> bool:
        """As of Logged."""
        return self.outcome == MISSED and self.talk_seconds == 0


class Merger:
    """Puts legs together. `add` gives calls back once no leg of theirs is to be expected."""

    def __init__(self, carried: list[list[Any]] | None = None) -> None:
        self._open: OrderedDict[str, list[Leg]] = OrderedDict()
        self.strays = 0  # legs whose call never came
        for values in carried or []:
            leg = Leg(values[0], datetime.fromisoformat(values[1]), *values[2:])
            self._open.setdefault(leg.group, []).append(leg)

    def carried(self) -> list[list[Any]]:
        """Return what is still open, as JSON for the next Merger."""
        return [
            [leg.row, leg.started_at.isoformat(), leg.caller, leg.line, leg.outcome, leg.because,
             leg.ring_seconds, leg.talk_seconds, leg.is_inbound, leg.is_leg, leg.group]
            for legs in self._open.values() for leg in legs
        ]  # fmt: skip

    def add(self, leg: Leg) -> Iterator[Logged]:
        """Take a leg; yield the calls that are complete by now."""
        if not leg.group:
            if leg.is_leg:
                self.strays += 1
            else:
                yield _alone(leg)
            return
        legs = self._open.setdefault(leg.group, [])
        # A call of a hundred legs is one that says nothing more after the twentieth.
        if len(legs) < 20 or (leg.outcome == ANSWERED and len(legs) < 40):
            legs.append(leg)
        if len(self._open) > OPEN_AT_ONCE:
            yield from self._close(self._open.popitem(last=False)[1])

    def rest(self) -> Iterator[Logged]:
        """Yield what is left; no leg comes any more."""
        while self._open:
            yield from self._close(self._open.popitem(last=False)[1])

    def _close(self, legs: list[Leg]) -> Iterator[Logged]:
        mains = [leg for leg in legs if not leg.is_leg]
        if not mains:
            self.strays += len(legs)
            return
        if len(legs) == 1:
            yield _alone(mains[0])
            return
        yield _together(mains, [leg for leg in legs if leg.is_leg])


def _alone(leg: Leg) -> Logged:
    return Logged(
        leg.row, leg.started_at, leg.caller, leg.line, leg.outcome, leg.because,
        leg.ring_seconds, leg.talk_seconds, leg.is_inbound,
    )  # fmt: skip


def _together(mains: list[Leg], legs: list[Leg]) -> Logged:
    first = min(mains, key=lambda leg: (leg.started_at, leg.row))
    inbound = [leg for leg in mains if leg.is_inbound] or mains
    # A leg to the staff says whether somebody took the call; its own row, only that it was taken.
    said = legs or inbound
    taken = [leg for leg in said if leg.outcome == ANSWERED]
    voicemails = [leg for leg in inbound if leg.outcome == VOICEMAIL]
    outcome, because, talk = MISSED, "no_answer", None
    if taken:
        outcome, because = ANSWERED, ""
        talk = max((leg.talk_seconds or 0 for leg in taken), default=None)
    elif voicemails:
        outcome, because = VOICEMAIL, voicemails[0].because or "no_answer"
        talk = voicemails[0].talk_seconds
    else:
        because = next((leg.because for leg in [*said, *inbound] if leg.because), "no_answer")
        talk = 0 if any(leg.is_empty for leg in said) else None
    rings = [leg.ring_seconds for leg in [*inbound, *legs] if leg.ring_seconds is not None]
    return Logged(
        min(leg.row for leg in mains),
        first.started_at,
        next((leg.caller for leg in inbound if leg.caller), ""),
        next((leg.line for leg in inbound if leg.line), ""),
        outcome,
        because,
        max(rings, default=None),
        talk,
        any(leg.is_inbound for leg in mains),
    )
