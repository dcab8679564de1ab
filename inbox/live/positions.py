"""Where a screen stands in its business's stream, and whether it can go on from there.

A position is a stream id of Redis, "milliseconds-sequence". Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Position = tuple[int, int]
START: Position = (0, 0)
_SHAPE = re.compile(r"(\d{1,15})-(\d{1,15})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Held:
    """What a stream holds: its oldest entry (None: empty), how many, and whether it was ever cut.

    since_ms: no entry before this moment can be vouched for (Redis began anew, or was emptied).
    """

    oldest: Position | None
    length: int
    keeps: int
    since_ms: int


def read(text: str) -> Position | None:
    """Return the position a screen named, or None for what is none."""
    found = _SHAPE.match(text)
    return (int(found[1]), int(found[2])) if found else None


def write(position: Position) -> str:
    """Return the position as Redis and the event stream write it."""
    return f"{position[0]}-{position[1]}"


def can_resume(last: Position, held: Held, now_ms: int, keep_seconds: int) -> bool:
    """Whether everything after `last` is still there.

    now_ms: by the clock of Redis. A stream nobody wrote to for `keep_seconds` is gone with whatever
    it held, so nothing older than that is vouched for; below `keeps` entries nothing was ever cut.
    """
    if last[0] < held.since_ms - 1 or last[0] < now_ms - keep_seconds * 1000 or last[0] > now_ms:
        return False
    uncut = held.length < held.keeps or held.oldest is None
    return uncut or (held.oldest is not None and held.oldest <= last)
