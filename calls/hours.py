"""Whether a business is open, and when it opens next. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Span:
    """One opening span: weekday (Monday is 0) with local times opens < closes."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Week:
    """A business's opening hours in its own zone, with the dates on which it is closed."""

    zone: ZoneInfo
    spans: tuple[Span, ...]
    holidays: frozenset[date] = frozenset()


def is_open(week: Week, now: datetime) -> bool:
    """Whether the business is open at `now` (aware)."""
    local = now.astimezone(week.zone)
    if local.date() in week.holidays:
        return False
    clock = local.time()
    return any(s.weekday == local.weekday() and s.opens <= clock < s.closes for s in week.spans)


def state(week: Week, now: datetime) -> str:
    """Return "open", "closed" or "holiday" at `now` (aware)."""
    if now.astimezone(week.zone).date() in week.holidays:
        return "holiday"
    return "open" if is_open(week, now) else "closed"


def next_opening(week: Week, now: datetime) -> datetime | None:
    """Return the next moment (aware, business zone) at which it opens after `now`, within 14 days."""
    today = now.astimezone(week.zone).date()
    for day in (today + timedelta(days=n) for n in range(15)):
        if day in week.holidays:
            continue
        for span in _of_day(week.spans, day.weekday()):
            opens = datetime.combine(day, span.opens, tzinfo=week.zone)
            # Through UTC, so that a time skipped by daylight saving becomes a real one.
            opens = opens.astimezone(UTC).astimezone(week.zone)
            if opens > now:
                return opens
    return None


def _of_day(spans: Iterable[Span], weekday: int) -> list[Span]:
    return sorted((s for s in spans if s.weekday == weekday), key=lambda s: s.opens)


_DAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")


def in_words(moment: datetime | None, now: datetime, language: str = "") -> str:
    """Return a moment as people say it ("8:00 AM", "tomorrow at 8:00 AM", "Monday at 8:00 AM").

    language: "es", or anything else for English.
    """
    if language == "es":
        return _in_spanish(moment, now)
    if moment is None:
        return "soon"
    clock = moment.strftime("%I:%M %p").lstrip("0")
    days = (moment.date() - now.astimezone(moment.tzinfo).date()).days
    if days == 0:
        return f"{clock} today"
    if days == 1:
        return f"tomorrow at {clock}"
    return (
        f"{moment.strftime('%A')} at {clock}"
        if days < 7
        else f"{moment.strftime('%B')} {moment.day}"
    )


def _in_spanish(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "pronto"
    clock = moment.strftime("%I:%M %p").lstrip("0")
    clock = f"a la{'' if clock.startswith('1:') else 's'} {clock}"
    days = (moment.date() - now.astimezone(moment.tzinfo).date()).days
    if days == 0:
        return f"hoy {clock}"
    if days == 1:
        return f"mañana {clock}"
    if days < 7:
        return f"el {_DAYS_ES[moment.weekday()]} {clock}"
    return f"el {moment.day}/{moment.month}"
