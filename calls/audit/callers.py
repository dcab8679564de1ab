"""What became of the people who were missed: reached later, called back, or lost. Pure.

A need begins with a missed call and ends when the person is talked to. Who is not reached within
the window after his last try is lost; who may still be, when the log ends, is counted as neither.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from calls.audit.shapes import Logged

_GRAIN = 10  # seconds; call-back times are counted in such steps, so memory stays bounded
_NAMED = 25  # repeat callers that are listed


@dataclass(slots=True)
class _Need:
    since: datetime
    last: datetime
    row: int
    tries: int = 1
    answered_at: datetime | None = None  # when somebody first tried to call back


class Callers:
    """Follows every person who was missed. Only needs that are open are remembered."""

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._open: dict[str, _Need] = {}  # in the order of their last try
        self._ends: Counter[str] = Counter()
        self._gaps: Counter[int] = Counter()
        self._gave_up: list[tuple[int, datetime, int]] = []

    def called(self, call: Logged, *, missed: bool) -> None:
        """Take note of an incoming call. Callers without a number are nobody one could follow."""
        self._let_go(call.started_at)
        if not call.caller:
            return
        need = self._open.pop(call.caller, None)
        if not missed:
            if need is not None:
                self._ends["reached_later"] += 1
        elif need is None:
            self._open[call.caller] = _Need(call.started_at, call.started_at, call.row)
        else:
            need.last, need.row, need.tries = call.started_at, call.row, need.tries + 1
            self._open[call.caller] = need

    def called_back(self, call: Logged, *, reached: bool) -> None:
        """Take note of a call to somebody."""
        self._let_go(call.started_at)
        need = self._open.get(call.caller) if call.caller else None
        if need is None:
            return
        if need.answered_at is None:
            need.answered_at = call.started_at
            self._gaps[int((call.started_at - need.since).total_seconds()) // _GRAIN] += 1
        if reached:
            del self._open[call.caller]
            self._ends["called_back"] += 1

    def _let_go(self, now: datetime) -> None:
        while self._open:
            caller = next(iter(self._open))
            need = self._open[caller]
            if now - need.last <= self._window:
                return
            del self._open[caller]
            self._end(need)

    def _end(self, need: _Need) -> None:
        if need.answered_at is not None:
            self._ends["tried"] += 1
            return
        self._ends["lost"] += 1
        if need.tries > 1:
            self._ends["gave_up"] += 1
            self._ends["gave_up_calls"] += need.tries
            found = (need.tries, need.last, need.row)
            if len(self._gave_up) < _NAMED:
                heapq.heappush(self._gave_up, found)
            else:
                heapq.heappushpop(self._gave_up, found)

    def summary(self, end: datetime | None) -> dict[str, Any]:
        """Return what became of everybody, as JSON.

        lost, of whom gave_up tried more than once (gave_up_calls times in all); reached_later by
        calling again; called_back; tried: called back in vain; undecided at the log's end;
        call_back: seconds from the first missed call to the first call back; gave_up_rows:
        [row, tries] of whoever tried most.
        """
        if end is not None:
            self._let_go(end)
        undecided = len(self._open)
        called = sum(self._gaps.values())
        return {
            "lost": self._ends["lost"],
            "gave_up": self._ends["gave_up"],
            "gave_up_calls": self._ends["gave_up_calls"],
            "reached_later": self._ends["reached_later"],
            "called_back": self._ends["called_back"],
            "tried": self._ends["tried"],
            "undecided": undecided,
            "people": undecided + sum(
                self._ends[end] for end in ("lost", "reached_later", "called_back", "tried")
            ),
            "call_back": {
                "count": called,
                "median": self._share_of_gaps(0.5),
                "p90": self._share_of_gaps(0.9),
                "within_5_minutes": self._within(300),
                "within_1_hour": self._within(3600),
                "within_1_day": self._within(86_400),
            },
            "gave_up_rows": [[row, tries] for tries, _, row in sorted(self._gave_up, reverse=True)],
        }  # fmt: skip

    def _share_of_gaps(self, share: float) -> int | None:
        wanted, seen = share * sum(self._gaps.values()), 0
        for step in sorted(self._gaps):
            seen += self._gaps[step]
            if seen >= wanted:
                return step * _GRAIN
        return None

    def _within(self, seconds: int) -> int:
        return sum(n for step, n in self._gaps.items() if step * _GRAIN < seconds)
