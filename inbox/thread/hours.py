"""When a text is to leave that is not to leave at once. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# What a member can choose; "at" is an hour of his own.
CHOICES = ("hour", "morning", "tomorrow", "at")
# Sooner than this is at once (messaging/scheduled.py tells the two apart), later is a mistake.
SOONEST = timedelta(seconds=90)
LATEST = timedelta(days=90)
MORNING = 8
# Outside these hours of their day a text may wake somebody (compliance.md 8, R-HRS-1).
EARLIEST, LATE = 8, 21


class BadHour(ValueError):
    """An hour nobody can send at; `code` is shape, past or far."""

    def __init__(self, code: str) -> None:
        super().__init__(f"at: {code}")
        self.code = code


def hour_of(
    choice: str, typed: str, *, now: datetime, mine: ZoneInfo, theirs: ZoneInfo | None
) -> datetime | None:
    """Return when a text is to leave (aware); None for at once. Raises BadHour.

    choice: '' or one of CHOICES; morning: the next eight o'clock, tomorrow that of the next day; typed: "2026-11-24T08:30" in the member's own time; tomorrow is
    eight o'clock on their clock, or on the member's where theirs is not known.
    """
    if not choice:
        return None
    if choice == "hour":
        return now + timedelta(hours=1)
    if choice == "morning":
        return morning(now, theirs or mine)
    if choice == "tomorrow":
        return tomorrow(now, theirs or mine)
    if choice != "at":
        raise BadHour("shape")
    try:
        at = datetime.fromisoformat(typed)
    except ValueError as problem:
        raise BadHour("shape") from problem
    at = at.replace(tzinfo=mine) if at.tzinfo is None else at
    # Compared as moments: two clocks' walls say nothing about which is earlier.
    ahead = at.timestamp() - now.timestamp()
    if ahead < SOONEST.total_seconds():
        raise BadHour("past")
    if ahead > LATEST.total_seconds():
        raise BadHour("far")
    return at


def morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next eight o'clock in a zone: after midnight that of the same day."""
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=local.hour >= MORNING)
    return datetime(day.year, day.month, day.day, MORNING, tzinfo=zone)


def tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    """Return eight o'clock of the next day in a zone."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, MORNING, tzinfo=zone)
