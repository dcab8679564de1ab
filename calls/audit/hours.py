"""Opening hours of an audit: [[weekday, "09:00", "17:00"]], local, Monday 0. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from calls.hours import Span, Week

# What a business is taken to keep until somebody says otherwise.
USUAL: list[list[Any]] = [[day, "09:00", "17:00"] for day in range(5)]
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\Z")


def spans_of(raw: Any) -> list[list[Any]] | None:
    """Return hours in their one shape, or None for what is none. Nothing at all: always closed."""
    if not isinstance(raw, list) or len(raw) > 50:
        return None
    spans = []
    for item in raw:
        if not isinstance(item, list | tuple) or len(item) != 3:
            return None
        day, opens, closes = item
        begins, ends = clock(opens), clock(closes)
        if not isinstance(day, int) or not 0 <= day <= 6 or begins is None or ends is None:
            return None
        if begins >= ends:
            return None
        spans.append([int(day), f"{begins:%H:%M}", f"{ends:%H:%M}"])
    return sorted(spans)


def clock(text: Any) -> time | None:
    """Return a time of day written "9:00" or "17:00"; 24:00 is a minute before midnight."""
    found = _CLOCK.match(str(text).strip())
    if found is None:
        return None
    if found[1] == "24":
        return time(23, 59) if found[2] == "00" else None
    return time(int(found[1]), int(found[2]))


def week_of(zone: str, spans: Iterable[Sequence[Any]]) -> Week:
    """Return the hours as calls.hours reads them."""
    return Week(
        ZoneInfo(zone),
        tuple(Span(d, time.fromisoformat(a), time.fromisoformat(b)) for d, a, b in spans),
    )


def written(text: str) -> list[list[Any]] | None:
    """Return hours written on one line, as a command takes them: "mon-fri 9:00-17:00, sat 9:00-12:00".

    "always" is every day round the clock, "never" none. None for what cannot be read.
    """
    words = text.strip().lower()
    if words == "always":
        return [[day, "00:00", "23:59"] for day in range(7)]
    if words == "never":
        return []
    spans: list[list[Any]] = []
    for part in words.split(","):
        found = _PART.fullmatch(part.strip())
        if found is None or found[1] not in _DAYS or (found[2] or found[1]) not in _DAYS:
            return None
        first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
        span = range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
        spans += [[day, found[3], found[4]] for day in span]
    return spans_of(spans)


_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_PART = re.compile(
    r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})"
)
