"""How a moment is written on staff pages and in what staff are told: one style, in the reader's language.

English: 3:12 PM. Spanish, as it is written in the United States: 3:12 p. m. Its spaces do not break.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.translation import get_language

_HALVES = {"en": (" AM", " PM"), "es": ("\u00a0a.\u00a0m.", "\u00a0p.\u00a0m.")}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ENGLISH = re.compile(rf"(?:\b({'|'.join(_DAYS)}) )?(\d?\d:\d\d) (AM|PM)\b")


def of_day(moment: datetime | time) -> str:
    """Return the time of day as it stands on the clock of `moment`: 3:12 PM."""
    return f"{moment.hour % 12 or 12}:{moment:%M}{_halves()[moment.hour >= 12]}"


def weekday(day: date) -> str:
    """Return a weekday in short: Mon."""
    return str(WEEKDAYS_ABBR[day.weekday()])


def day_and_month(day: date, today: date) -> str:
    """Return 12 Nov, with its year once that is not obvious."""
    short = f"{day.day} {str(MONTHS_3[day.month]).capitalize()}"
    return short if day.year == today.year else f"{short} {day.year}"


def near(local: datetime, today: date) -> str:
    """Return a moment by its distance: 8:15 AM, Sun 8:15 AM, 12 Nov 8:15 AM. `today` is that of its zone."""
    if local.date() == today:
        return of_day(local)
    close = abs((local.date() - today).days) < 7
    return f"{weekday(local) if close else day_and_month(local.date(), today)} {of_day(local)}"


def dated(local: datetime) -> str:
    """Return a moment with its weekday and day: Mon 23 Nov, 1:22 AM."""
    return (
        f"{weekday(local)} {local.day} {str(MONTHS_3[local.month]).capitalize()}, {of_day(local)}"
    )


def in_words(sentence: str) -> str:
    """Return a sentence with the English times in it, "Mon 8:15 AM", in the reader's way."""
    halves = _halves()

    def written(found: re.Match[str]) -> str:
        day = f"{WEEKDAYS_ABBR[_DAYS.index(found[1])]} " if found[1] else ""
        return f"{day}{found[2]}{halves[found[3] == 'PM']}"

    return _ENGLISH.sub(written, sentence)


def _halves() -> tuple[str, str]:
    return _HALVES.get((get_language() or "en").partition("-")[0], _HALVES["en"])
