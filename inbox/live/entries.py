"""What stands in a business's stream, as its readers understand it. Pure.

Entries are written by tenants/live.py: {"kind": "changed", "ids": [...]}, {"kind": "many"}, or any
other kind with "payload", "mark" and perhaps "to" (the ids of the only users who get it).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from inbox.live.positions import Position, read

# More conversations than this at once are not rendered: every screen asks for itself.
MOST_ROWS = 30
# More events for one user than this are not told one by one.
MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stream. `to` is None for everybody."""

    at: Position
    kind: str
    ids: tuple[int, ...] = ()
    payload: dict[str, Any] | None = None
    mark: str = ""
    to: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Several entries at once: which conversations changed, what else is told to whom."""

    last: Position
    changed: tuple[int, ...]
    events: tuple[Entry, ...]
    too_many: bool

    def told(self, user_id: int) -> list[dict[str, Any]]:
        """Return what this user is told beside what changed, oldest first."""
        return [
            {"kind": each.kind, "payload": each.payload, "mark": each.mark}
            for each in self.events
            if each.to is None or user_id in each.to
        ]


def parse(entry_id: str, text: str) -> Entry | None:
    """Return an entry as it was read, or None for what nobody of ours wrote."""
    at = read(entry_id)
    try:
        data = json.loads(text)
        if at is None or not isinstance(data, dict):
            return None
        to = data.get("to")
        return Entry(
            at=at,
            kind=str(data["kind"]),
            ids=tuple(int(each) for each in data.get("ids", ())),
            payload=data.get("payload"),
            mark=str(data.get("mark", "")),
            to=None if to is None else frozenset(int(each) for each in to),
        )
    except (ValueError, TypeError, KeyError):
        return None


def gather(entries: Sequence[Entry], last: Position) -> Batch:
    """Return what several entries come to; `last` is where the screen stands afterwards."""
    changed = _once(each for entry in entries for each in entry.ids)
    events = tuple(entry for entry in entries if entry.payload is not None)
    many = any(entry.kind == "many" for entry in entries)
    return Batch(
        last, changed, events, many or len(changed) > MOST_ROWS or len(events) > MOST_EVENTS
    )


def _once(ids: Iterable[int]) -> tuple[int, ...]:
    """Return each id once, in the order of its last change."""
    found = list(ids)
    return tuple(reversed(dict.fromkeys(reversed(found))))
