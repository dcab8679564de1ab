"""Opening hours in the business's own zone: edges, holidays, and the two odd nights of the year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hours import Span, Week, in_words, is_open, next_opening

CHICAGO, PHOENIX = ZoneInfo("America/Chicago"), ZoneInfo("America/Phoenix")
OFFICE = tuple(Span(day, time(9), time(17)) for day in range(5))
WEEK = Week(CHICAGO, OFFICE)


def at(*parts: int, zone: ZoneInfo = CHICAGO, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(2026, 3, 2, 8, 59, 59), False),
        (at(2026, 3, 2, 9), True),
        (at(2026, 3, 2, 16, 59, 59), True),
        (at(2026, 3, 2, 17), False),
        (at(2026, 2, 28, 12), False),
        # The same moment, given in other zones.
        (at(2026, 3, 2, 9).astimezone(UTC), True),
        (at(2026, 3, 2, 9).astimezone(ZoneInfo("Asia/Tokyo")), True),
        # Monday in UTC, still Sunday in Chicago.
        (datetime(2026, 3, 2, 4, tzinfo=UTC), False),
    ],
)
def test_open_from_the_first_second_and_closed_from_the_last(moment, expected):
    assert is_open(WEEK, moment) is expected


def test_a_lunch_break_and_a_week_without_hours():
    week = Week(CHICAGO, (Span(0, time(9), time(12)), Span(0, time(13), time(17))))
    assert [is_open(week, at(2026, 3, 2, hour)) for hour in (11, 12, 13)] == [True, False, True]
    assert next_opening(week, at(2026, 3, 2, 12, 30)) == at(2026, 3, 2, 13)
    assert next_opening(Week(CHICAGO, ()), at(2026, 3, 2, 12)) is None


def test_a_holiday_is_closed_all_day_and_skipped():
    week = Week(CHICAGO, OFFICE, frozenset({date(2026, 12, 24), date(2026, 12, 25)}))
    assert not is_open(week, at(2026, 12, 24, 12))
    assert is_open(week, at(2026, 12, 23, 12))
    assert next_opening(week, at(2026, 12, 23, 18)) == at(2026, 12, 28, 9)
    # The holiday is the business's own day, not UTC's.
    assert is_open(week, at(2026, 12, 23, 16).astimezone(UTC))


def test_closed_for_two_weeks_there_is_no_next_opening():
    closed = frozenset(date(2026, 7, 1) + timedelta(days=n) for n in range(30))
    assert next_opening(Week(CHICAGO, OFFICE, closed), at(2026, 7, 1, 12)) is None


def test_spring_forward_keeps_local_hours_and_a_skipped_opening_is_a_real_moment():
    # 8 March 2026, 02:00 becomes 03:00 in Chicago.
    week = Week(CHICAGO, (Span(6, time(2, 30), time(5)),))
    opening = next_opening(week, at(2026, 3, 7, 12))
    assert opening is not None
    assert opening.astimezone(UTC) == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    assert (opening.hour, opening.minute) == (3, 30) and is_open(week, opening)
    before, after = next_opening(WEEK, at(2026, 3, 6, 8)), next_opening(WEEK, at(2026, 3, 9, 8))
    assert before and after
    assert (before.astimezone(UTC).hour, after.astimezone(UTC).hour) == (15, 14)


def test_fall_back_is_open_through_both_passes_of_the_repeated_hour():
    # 1 November 2026, 02:00 becomes 01:00 in Chicago.
    week = Week(CHICAGO, (Span(6, time(1), time(3)),))
    assert is_open(week, at(2026, 11, 1, 1, 30, fold=0)) and is_open(
        week, at(2026, 11, 1, 1, 30, fold=1)
    )
    first = next_opening(week, at(2026, 10, 31, 12))
    assert first is not None and first.astimezone(UTC) == datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_a_zone_without_daylight_saving():
    week = Week(PHOENIX, OFFICE)
    hours = {
        next_opening(week, at(2026, month, 2, 1, zone=PHOENIX)).astimezone(UTC).hour
        for month in (2, 7)
    }
    assert hours == {16}


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (at(2026, 3, 2, 9), "9:00 AM today"),
        (at(2026, 3, 3, 9), "tomorrow at 9:00 AM"),
        (at(2026, 3, 6, 12, 5), "Friday at 12:05 PM"),
        (at(2026, 3, 9, 9), "March 9"),
        (None, "soon"),
        (at(2026, 3, 2, 0, 30), "12:30 AM today"),
    ],
)
def test_moments_in_words(moment, words):
    assert in_words(moment, at(2026, 3, 2, 0, 10)) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (at(2026, 3, 2, 9), "hoy a las 9:00 AM"),
        (at(2026, 3, 3, 13), "mañana a la 1:00 PM"),
        (at(2026, 3, 6, 12, 5), "el viernes a las 12:05 PM"),
        (at(2026, 3, 9, 9), "el 9/3"),
        (None, "pronto"),
    ],
)
def test_moments_in_spanish_words(moment, words):
    assert in_words(moment, at(2026, 3, 2, 0, 10), "es") == words


def test_today_is_the_business_s_today():
    # 23:30 on Sunday in Chicago is Monday in UTC; Monday 9:00 is still tomorrow.
    assert (
        in_words(at(2026, 3, 2, 9), datetime(2026, 3, 2, 5, 30, tzinfo=UTC))
        == "tomorrow at 9:00 AM"
    )


_SPANS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 22), st.integers(1, 59)).map(
        lambda t: Span(t[0], time(t[1]), time(t[1] + 1, t[2]))
    ),
    min_size=1,
    max_size=8,
).map(tuple)
_ZONES = st.sampled_from(
    ["America/Chicago", "America/Phoenix", "America/St_Johns", "Pacific/Honolulu", "UTC"]
)


@given(_SPANS, _ZONES, st.integers(0, 3 * 366 * 24 * 60))
def test_the_next_opening_is_open_later_and_the_first(spans, zone, minutes):
    week = Week(ZoneInfo(zone), spans)
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    opening = next_opening(week, now)
    assert opening is not None and opening > now
    # Only a time that daylight saving skipped may fall behind its own span.
    skipped = opening.time() not in {span.opens for span in spans}
    assert is_open(week, opening) or skipped
    steady = now.astimezone(week.zone).utcoffset() == opening.utcoffset()
    if not is_open(week, now) and steady and not skipped:
        assert not is_open(week, now + (opening - now) / 2)
