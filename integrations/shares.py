"""Who may hold a thread of the lane `hooks`: those who answer at once first, everybody else a part of it.

Kept by each worker process for itself, in memory: it says who works now, not what must be done. A row
that gets no place goes back to the agenda and comes again a moment later.

Of N threads endpoints hold at most three quarters, and CRMs an eighth: the rest is left to looks at
domains and sites. Endpoints that nobody knows yet, that answer slowly, that did not answer last time
or that hold an answer back just now hold at most half, those known to be slow a quarter. One machine's
name holds a dozen at most, however many endpoints lead to it, and slow ones of it four.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.conf import settings

# fast: answered at once till now; new: nobody knows yet; slow: took its time, or did not answer.
Pace = Literal["fast", "new", "slow", "crm"]
HOST_MOST = 12
HOST_MOST_SLOW = 4
# Whoever answers in less is fast; whoever lets one wait longer is slow for as long as that lasts.
FAST_SECONDS = 1.0


def pace(*, took_ms: int, failing_since: datetime | None) -> Pace:
    """Return what is to be expected of an endpoint. took_ms: its answers of late, 0 where none came."""
    if failing_since is not None or took_ms >= FAST_SECONDS * 1000:
        return "slow"
    return "fast" if took_ms else "new"


@dataclass(eq=False, slots=True)
class Place:
    """A thread that may be held; `moved` is told whenever an answer came."""

    pace: Pace
    host: str
    _clock: Callable[[], float]
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._at = self._clock()

    def moved(self) -> None:
        """An answer came: nobody is waited for."""
        self._at = self._clock()

    def waits(self) -> bool:
        """Whether an answer is waited for longer than the fast take."""
        return self._clock() - self._at > FAST_SECONDS


class Shares:
    """The places of one process. clock: seconds that never go back."""

    def __init__(self, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._places: set[Place] = set()
        self._most_endpoints = max(1, threads * 3 // 4)
        self._most_unsure = max(1, threads // 2)
        self._most_slow = max(1, threads // 4)
        self._most_crm = max(1, threads // 8)

    def enter(self, pace: Pace, host: str) -> Place | None:
        """Take a place for work with `host`, None where none is free; `leave` gives it back."""
        with self._lock:
            if not self._has_room(pace, host):
                return None
            place = Place(pace, host, self._clock)
            self._places.add(place)
            return place

    def leave(self, place: Place) -> None:
        """Give a place back; twice does no harm."""
        with self._lock:
            self._places.discard(place)

    def _has_room(self, pace: Pace, host: str) -> bool:
        if pace == "crm":
            return sum(each.pace == "crm" for each in self._places) < self._most_crm
        ours = [each for each in self._places if each.pace != "crm"]
        there = [each for each in ours if each.host == host]
        if len(ours) >= self._most_endpoints or len(there) >= HOST_MOST:
            return False
        if pace == "fast":
            return True
        unsure = [each for each in ours if each.pace != "fast" or each.waits()]
        if len(unsure) >= self._most_unsure:
            return False
        if sum(each.host == host for each in unsure) >= HOST_MOST_SLOW:
            return False
        slow = sum(each.pace == "slow" for each in ours)
        return pace == "new" or slow < self._most_slow


_here: Shares | None = None
_making = threading.Lock()


def here() -> Shares:
    """Return this process's."""
    global _here
    with _making:
        if _here is None:
            _here = Shares(settings.HOOKS_IO_THREADS)
        return _here
