"""Time zones out of the pinned zone database, never out of the machine's own. Pure.

A machine's database may be years behind: several provinces stopped changing their clocks in 2026.
Source: compliance.md R-TZ-5, R-TZ-8.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzdata

# Which edition of the zone database decides, such as '2026f'; evidence names it.
VERSION: str = tzdata.IANA_VERSION

_WORDS = {
    "America/New_York": "Eastern time",
    "America/Chicago": "Central time",
    "America/Denver": "Mountain time",
    "America/Boise": "Mountain time",
    "America/Phoenix": "Arizona time",
    "America/Los_Angeles": "Pacific time",
    "America/Anchorage": "Alaska time",
    "America/Adak": "Aleutian time",
    "Pacific/Honolulu": "Hawaii time",
    "America/Halifax": "Atlantic time",
    "America/St_Johns": "Newfoundland time",
}


@cache
def names() -> frozenset[str]:
    """Return the zones that mean a place on earth: not UTC, Etc/Unknown or a bare offset."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(n for n in listed if "/" in n and not n.startswith("Etc/"))


@cache
def places() -> tuple[str, ...]:
    """Return the zones somebody chooses among: one a place, none of its older names. Sorted."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(sorted({row[2] for row in rows}))


@cache
def _read(name: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def zone(name: str) -> ZoneInfo:
    """Return a zone by its IANA name; raises ValueError for one that does not exist."""
    if name not in names():
        raise ValueError("zone: expected a time zone such as America/Chicago")
    return _read(name)


def in_words(name: str) -> str:
    """Return a zone as people call it: 'Central time', 'Toronto time'."""
    return _WORDS.get(name) or f"{name.rpartition('/')[2].replace('_', ' ')} time"


def time_in_words(minute: int) -> str:
    """Return minutes after midnight as people read them: '9:40 PM'; 1440 is 'midnight'."""
    if minute == 24 * 60:
        return "midnight"
    hour, rest = divmod(minute, 60)
    return f"{(hour + 11) % 12 + 1}:{rest:02d} {'AM' if hour < 12 else 'PM'}"


def minute_of_day(local: datetime) -> int:
    """Return the minutes after midnight that a clock on the wall shows."""
    return local.hour * 60 + local.minute
