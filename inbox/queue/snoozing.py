"""Until when conversations are put away: a few good answers, and any moment somebody writes. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(8)
LATER = timedelta(hours=3)
_EVENING = 21


def presets(now: datetime, zone: ZoneInfo) -> list[tuple[str, datetime]]:
    """Return what is offered at `now` (aware), soonest first: its key and the moment (aware, in `zone`).

    later_today is left out in the evening; mornings are 8:00 on the clock there, also across a
    change of clocks.
    """
    local = now.astimezone(zone)
    offered: list[tuple[str, datetime]] = []
    later = (now + LATER).astimezone(zone)
    if later.date() == local.date() and later.hour < _EVENING:
        offered.append(("later_today", later.replace(minute=0, second=0, microsecond=0)))
    to_monday = 7 - local.weekday()
    for key, days in (("tomorrow", 1), ("monday", to_monday), ("in_a_week", 7), ("in_a_month", 30)):
        if key == "monday" and days == 1:
            continue  # tomorrow says it
        if key == "in_a_week" and days == to_monday:
            continue
        day = local.date() + timedelta(days=days)
        offered.append((key, datetime.combine(day, MORNING, zone)))
    return offered


def written(text: str, zone: ZoneInfo) -> datetime:
    """Return the moment of a date field ("2026-11-23T08:30"), read in `zone`; an offset it names wins.

    Raises ValueError naming `until`.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("until: choose a day and a time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
