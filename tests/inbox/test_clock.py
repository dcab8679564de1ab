"""One way of writing times, in English and in Spanish: pure."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from inbox import clock

ZONE = ZoneInfo("America/Chicago")
SUNDAY = datetime(2026, 11, 22, 13, 5, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("at", "english", "spanish"),
    [
        (time(0, 0), "12:00 AM", "12:00 a. m."), (time(0, 41), "12:41 AM", "12:41 a. m."),
        (time(9, 5), "9:05 AM", "9:05 a. m."), (time(12, 0), "12:00 PM", "12:00 p. m."),
        (time(23, 59), "11:59 PM", "11:59 p. m."),
    ],
)  # fmt: skip
def test_a_time_of_day(at, english, spanish):
    with translation.override("en"):
        assert clock.of_day(at) == english
    with translation.override("es"):
        written = clock.of_day(at)
    # Its parts stay on one line.
    assert written.replace("\u00a0", " ") == spanish and " " not in written


def test_a_moment_by_its_distance():
    with translation.override("en"):
        assert clock.near(SUNDAY, date(2026, 11, 22)) == "1:05 PM"
        assert clock.near(SUNDAY, date(2026, 11, 20)) == "Sun 1:05 PM"
        assert clock.near(SUNDAY, date(2026, 12, 22)) == "22 Nov 1:05 PM"
        assert clock.near(SUNDAY, date(2027, 1, 2)) == "22 Nov 2026 1:05 PM"
        assert clock.dated(SUNDAY) == "Sun 22 Nov, 1:05 PM"
    with translation.override("es"):
        assert clock.near(SUNDAY, date(2026, 11, 20)) == "dom 1:05\u00a0p.\u00a0m."


def test_english_times_in_a_kept_sentence_are_written_like_the_others():
    kept = "Waits until Mon 8:15 AM (21:15 PM2, AM, 8:15 PM)"
    with translation.override("en"):
        assert clock.in_words(kept) == kept
    with translation.override("es"):
        said = clock.in_words(kept)
    assert said == "Waits until lun 8:15\u00a0a.\u00a0m. (21:15 PM2, AM, 8:15\u00a0p.\u00a0m.)"
