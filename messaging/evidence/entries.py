"""What an export is made of: records, each a line of a file and an entry of the transcript. Pure.

A room above this one adds its own records through settings.EVIDENCE_SOURCES, which names a file of
the export and a `Source`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from messaging import zones
from messaging.evidence.period import Period, in_utc

# How an entry looks: what came from the person, what went to him, what was kept back, the rest.
THEIRS, OURS, KEPT_BACK, CALL, LEDGER = "theirs", "ours", "kept back", "call", "ledger"


@dataclass(frozen=True, slots=True)
class About:
    """Whom and which time an export is about.

    number: E.164; mark: what stands for it where it was erased; contacts: the ids of every contact
    it ever was; zones: the time zones it may be in; ours: the business's own numbers.
    """

    number: str
    mark: str
    contacts: tuple[int, ...]
    period: Period
    zones: tuple[str, ...]
    ours: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, as the transcript tells it.

    at: aware; look: THEIRS, OURS, KEPT_BACK, CALL or LEDGER; words: exactly what was said, '' for
    nothing; lines: label and text of what else is known; zones: where its local times are shown.
    """

    at: datetime
    look: str
    title: str
    who: str
    words: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a file with its entry; subjects: provider and id of what webhooks came about it."""

    line: dict[str, Any]
    entry: Entry
    subjects: tuple[tuple[str, str], ...] = ()


# Yields the records of a person and period, in order of their time. It is called within the one
# read-only transaction of the export, in the business's schema, and may be called twice.
Source = Callable[[About], Iterator[Record]]


def exactly(at: datetime) -> str:
    """Return a moment for people, to the millisecond: '2026-11-21 16:04:01.250 UTC'."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC"


def stamp(at: datetime | None) -> str | None:
    """Return a moment as every file has it: UTC, ISO 8601, microseconds, Z (compliance.md R-EV-2)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def stamped(value: Any) -> Any:
    """Return a stored ISO time in the same form; anything else as it is."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return stamp(at) if at.tzinfo else value


def local_times(at: datetime, names: tuple[str, ...]) -> list[str]:
    """Return what clocks show in each zone: 'Sat 2026-11-21 10:04 AM Central time (America/Chicago)'."""
    shown = []
    for name in names:
        try:
            local = at.astimezone(zones.zone(name))
        except ValueError:
            continue  # a zone of another edition of the database
        clock = zones.time_in_words(zones.minute_of_day(local))
        shown.append(f"{local:%a %Y-%m-%d} {clock} {zones.in_words(name)} ({name})")
    return shown


__all__ = [
    "CALL", "KEPT_BACK", "LEDGER", "OURS", "THEIRS", "About", "Entry", "Record", "Source", "exactly",
    "in_utc", "local_times", "stamp", "stamped",
]  # fmt: skip
