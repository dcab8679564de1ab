"""Targets are counted in opening hours: evenings, weekends, holidays and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hours import Span, Week
from calls.timetable import DAYS_END
from inbox.waits.targets import counted_seconds, due_at, is_counting

CHICAGO = ZoneInfo("America/Chicago")
WEEKDAYS = tuple(Span(day, time(8), time(17)) for day in range(5))
WEEK = Week(CHICAGO, WEEKDAYS, frozenset({date(2026, 11, 26)}))
LUNCH = Week(CHICAGO, tuple(
    span for day in range(5)
    for span in (Span(day, time(8), time(12)), Span(day, time(13), time(17)))
))  # fmt: skip
ALWAYS = Week(CHICAGO, tuple(Span(day, time(0), DAYS_END) for day in range(7)))
NIGHT = Week(CHICAGO, (Span(4, time(22), DAYS_END), Span(5, time(0), time(2))))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("week", "began", "minutes", "due"),
    [
        (WEEK, "2026-11-20 10:00", 15, "2026-11-20 10:15"),
        (WEEK, "2026-11-20 16:55", 15, "2026-11-23 08:10"),
        (WEEK, "2026-11-20 16:45", 15, "2026-11-20 17:00"),
        (WEEK, "2026-11-20 17:00", 15, "2026-11-23 08:15"),
        (WEEK, "2026-11-21 12:00", 15, "2026-11-23 08:15"),
        (WEEK, "2026-11-20 03:00", 60, "2026-11-20 09:00"),
        (WEEK, "2026-11-25 16:50", 15, "2026-11-27 08:05"),  # Thanksgiving between
        (WEEK, "2026-11-26 09:00", 15, "2026-11-27 08:15"),
        (WEEK, "2026-11-20 10:00", 9 * 60, "2026-11-23 10:00"),
        (WEEK, "2026-11-20 10:00", 45 * 60, "2026-11-30 10:00"),
        (LUNCH, "2026-11-20 11:50", 30, "2026-11-20 13:20"),
        (LUNCH, "2026-11-20 12:30", 30, "2026-11-20 13:30"),
        (None, "2026-11-20 16:55", 15, "2026-11-20 17:10"),
        (ALWAYS, "2026-11-20 23:55", 15, "2026-11-21 00:10"),
        (ALWAYS, "2026-10-31 23:30", 180, "2026-11-01 01:30"),  # the hour that comes twice
        (NIGHT, "2026-11-20 23:30", 60, "2026-11-21 00:30"),
        (NIGHT, "2026-11-21 01:30", 60, "2026-11-27 22:30"),
        (Week(CHICAGO, ()), "2026-11-20 16:55", 15, "2026-11-20 17:10"),
    ],
)
def test_when_somebody_must_be_answered(week, began, minutes, due):
    found = due_at(at(began), minutes * 60, week)
    if (began, minutes) == ("2026-10-31 23:30", 180):
        assert found - at(began).astimezone(UTC) == timedelta(hours=3)
    else:
        assert found == at(due)


def test_a_day_on_which_the_clocks_change_has_its_own_length():
    spring = at("2026-03-07 23:00")
    assert due_at(spring, 3 * 3600, ALWAYS).astimezone(CHICAGO).time() == time(3)
    assert counted_seconds(at("2026-03-08 00:00"), at("2026-03-09 00:00"), ALWAYS) == 23 * 3600
    assert counted_seconds(at("2026-11-01 00:00"), at("2026-11-02 00:00"), ALWAYS) == 25 * 3600


def test_whoever_is_never_open_in_sight_counts_all_time():
    closed = Week(
        CHICAGO, WEEKDAYS, frozenset(date(2026, 11, 1) + timedelta(days=n) for n in range(90))
    )
    assert due_at(at("2026-11-20 10:00"), 900, closed) == at("2026-11-20 10:15")


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("2026-11-20 16:55", "2026-11-23 08:10", 15),
        ("2026-11-20 18:00", "2026-11-21 18:00", 0),
        ("2026-11-20 08:00", "2026-11-20 17:00", 540),
        ("2026-11-20 10:00", "2026-11-20 09:00", 0),
        ("2026-11-25 16:00", "2026-11-27 09:00", 120),
    ],
)
def test_what_they_waited_is_counted_the_same_way(since, until, minutes):
    assert counted_seconds(at(since), at(until), WEEK) == minutes * 60


@pytest.mark.parametrize(
    ("moment", "counts"),
    [("2026-11-20 16:59", True), ("2026-11-20 17:00", False), ("2026-11-20 08:00", True),
     ("2026-11-26 10:00", False), ("2026-11-21 10:00", False)],
)  # fmt: skip
def test_whether_the_clock_runs(moment, counts):
    assert is_counting(WEEK, at(moment)) is counts
    assert is_counting(None, at(moment))


@given(
    st.integers(0, 365 * 24 * 60).map(
        lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
    ),
    st.integers(1, 3 * 24 * 3600),
    st.sampled_from([WEEK, LUNCH, ALWAYS, NIGHT]),
)
def test_who_is_answered_when_it_is_due_waited_exactly_the_target(began, seconds, week):
    due = due_at(began, seconds, week)
    if due == began + timedelta(seconds=seconds):
        return
    assert counted_seconds(began, due, week) == seconds
    assert counted_seconds(began, due - timedelta(seconds=1), week) == seconds - 1
