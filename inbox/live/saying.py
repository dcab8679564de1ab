"""What a page says of itself over its socket, and how much it may say. Pure.

{"see": 12} it shows conversation 12, {"see": null} none; {"writes": true} or false: in that one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

MAX_BYTES = 256
# A page says something when a thread is opened and every few seconds while somebody writes.
BURST = 20.0
PER_SECOND = 2.0
_MOST_ID = 2**63


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a page. `sees`: it says what it shows; else it says whether somebody writes."""

    sees: bool
    conversation: int | None = None
    writes: bool = False


def parse(text: str) -> Said:
    """Return what a page says. Raises ValueError, which says what was expected."""
    if len(text) > MAX_BYTES or len(text.encode()) > MAX_BYTES:
        raise ValueError(f"expected at most {MAX_BYTES} bytes")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("expected JSON") from None
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError('expected {"see": id} or {"writes": true}')
    ((name, value),) = data.items()
    if name == "writes" and isinstance(value, bool):
        return Said(sees=False, writes=value)
    is_id = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST_ID
    if name == "see" and (value is None or is_id):
        return Said(sees=True, conversation=value)
    raise ValueError('expected {"see": id} or {"writes": true}')


@dataclass(slots=True)
class Pace:
    """How much more one page may say: BURST at once, PER_SECOND in the long run."""

    left: float = BURST
    at: float = 0.0

    def takes(self, now: float) -> bool:
        """Whether a message at `now` (seconds, any clock that only goes forward) is not too many."""
        self.left = min(BURST, self.left + (now - self.at) * PER_SECOND) if self.at else BURST
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
