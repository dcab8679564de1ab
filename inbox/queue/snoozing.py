"""Until when conversations are put away: a few good answers, and any moment somebody writes. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calls.hours import Week, is_open, next_opening

MORNING = time(8)
LATER = timedelta(hours=3)
_EVENING = 21
_EARLIEST = time(6)  # who is open at night is still not called to the inbox before


def presets(now: datetime, zone: ZoneInfo, week: Week | None = None) -> list[tuple[str, datetime]]:
    """Return what is offered at `now` (aware), soonest first: its key and the moment (aware, in `zone`).

    week: the opening hours, None or empty where there are none. Then mornings are 8:00 on the clock
    there, also across a change of clocks, else when it opens; a closed tomorrow or Monday is not
    offered. later_today is in three hours or when it opens today, and left out in the evening.
    """
    local = now.astimezone(zone)
    if week is not None and not week.spans:
        week = None
    offered: list[tuple[str, datetime]] = []
    if (later := _later(now, zone, week)) is not None:
        offered.append(("later_today", later))
    to_monday = 7 - local.weekday()
    for key, days in (("tomorrow", 1), ("monday", to_monday), ("in_a_week", 7), ("in_a_month", 30)):
        if key == "monday" and days == 1:
            continue  # tomorrow says it
        if key == "in_a_week" and days == to_monday:
            continue
        day = local.date() + timedelta(days=days)
        moment = _morning(day, zone, week)
        if moment.date() != day and key in ("tomorrow", "monday"):
            continue  # closed then
        if moment not in (at for _key, at in offered):
            offered.append((key, moment))
    return offered


def _later(now: datetime, zone: ZoneInfo, week: Week | None) -> datetime | None:
    """Return a moment later on this day, inside opening hours; None where there is none."""
    later = (now + LATER).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if week is not None and not is_open(week, later):
        opens = next_opening(week, now)
        if opens is None:
            return None
        later = opens.astimezone(zone)
    elif later.time() < _EARLIEST:
        return None
    is_today = later.date() == now.astimezone(zone).date()
    return later if is_today and later.hour < _EVENING else None


def _morning(day: date, zone: ZoneInfo, week: Week | None) -> datetime:
    """Return when work begins on a day, or on the next day it does."""
    eight = datetime.combine(day, MORNING, zone)
    if week is None:
        return eight
    first = datetime.combine(day, _EARLIEST, zone)
    if is_open(week, first):
        return eight if is_open(week, eight) else first
    opens = next_opening(week, first)
    return opens.astimezone(zone) if opens is not None else eight


def written(text: str, zone: ZoneInfo) -> datetime:
    """Return the moment of a date field ("2026-11-23T08:30"), read in `zone`; an offset it names wins.

    Raises ValueError naming `until`.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("until: choose a day and a time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
