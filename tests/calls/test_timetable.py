"""Opening hours as typed, kept and shown; what cannot be is named with both its sides."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hours import Span, Week, is_open
from calls.timetable import (
    DAYS_END,
    MIDNIGHT,
    BadHours,
    Opening,
    as_stored,
    clock_changes,
    read_time,
    read_week,
    shown,
    stored,
    words,
)

NEW_YORK = ZoneInfo("America/New_York")


def week(**days: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return [days.get(name, []) for name in names]


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("9:00", time(9)), ("09:30", time(9, 30)), ("17:05:00", time(17, 5)), ("9", time(9)),
        ("5 pm", time(17)), ("5:30PM", time(17, 30)), ("12 am", time(0)), ("12 p.m.", time(12)),
        ("24:00", time(0)), ("9.15", time(9, 15)),
        ("25:00", None), ("9:60", None), ("13 pm", None), ("0 am", None), ("noon", None),
        ("", None), ("9:0", None), ("٩:00", None), ("9:00\x00", None),
    ],
)  # fmt: skip
def test_times_as_people_type_them(typed, moment):
    assert read_time(typed) == moment


def test_several_spans_a_day_are_kept_as_they_are():
    read = read_week(week(mon=[("8:00", "12:00"), ("13:00", "17:00"), ("", "")]), [])
    assert stored(read) == [Span(0, time(8), time(12)), Span(0, time(13), time(17))]
    # Touching is not overlapping.
    assert len(read_week(week(mon=[("8:00", "12:00"), ("12:00", "17:00")]), [])) == 2


def test_past_midnight_is_kept_as_two_and_shown_as_one():
    (opening,) = read_week(week(fri=[("22:00", "02:00")]), [])
    kept = stored([opening])
    assert kept == [Span(4, time(22), DAYS_END), Span(5, MIDNIGHT, time(2))]
    assert shown(kept)[4] == [opening] and shown(kept)[5] == []
    assert str(opening) == "Friday 10:00 PM to 2:00 AM"


def test_the_week_closes_on_itself():
    read = read_week(week(sun=[("20:00", "03:00")], mon=[("9:00", "17:00")]), [])
    kept = stored(read)
    assert kept[0] == Span(0, MIDNIGHT, time(3))
    assert shown(kept)[6] == [Opening(6, time(20), time(3))]
    assert shown(kept)[0] == [Opening(0, time(9), time(17))]


def test_around_the_clock_is_a_whole_day_and_stays_one():
    read = read_week(week(tue=[("9:00", "10:00")], wed=[("0:00", "2:00")]), [1])
    kept = stored(read)
    assert kept[0] == Span(1, MIDNIGHT, DAYS_END)
    assert shown(kept)[1] == [Opening(1, MIDNIGHT, MIDNIGHT)] and len(shown(kept)[2]) == 1
    every_day = stored(read_week(week(), range(7)))
    assert [len(day) for day in shown(every_day)] == [1] * 7
    always = Week(NEW_YORK, tuple(every_day))
    assert is_open(always, datetime(2026, 3, 3, 4, 59, 59, 999_000, tzinfo=UTC))


@pytest.mark.parametrize("closes", ["24:00", "0:00", "23:59", "12 am"])
def test_the_end_of_a_day_is_its_end(closes):
    (opening,) = read_week(week(mon=[("18:00", closes)]), [])
    (span,) = stored([opening])
    assert span.closes == DAYS_END and words(opening.closes) == "midnight"
    assert as_stored(time(23, 59)) == DAYS_END and as_stored(time(23, 58)) == time(23, 58)


@pytest.mark.parametrize(
    ("typed", "all_day", "where", "sentence"),
    [
        (week(mon=[("9:00", "17:00"), ("16:00", "18:00")]), [], (0, 1),
         "Monday 9:00 AM to 5:00 PM and Monday 4:00 PM to 6:00 PM overlap."),
        (week(fri=[("22:00", "02:00")], sat=[("1:00", "5:00")]), [], (5, 0),
         "Friday 10:00 PM to 2:00 AM and Saturday 1:00 AM to 5:00 AM overlap."),
        (week(fri=[("22:00", "02:00")]), [5], (5, 0),
         "Saturday around the clock and Friday 10:00 PM to 2:00 AM overlap."),
        (week(sun=[("22:00", "02:00")], mon=[("0:00", "9:00")]), [], (6, 0), "overlap."),
        (week(mon=[("9:00", "9:00")]), [], (0, 0), "“24 hours”"),
        (week(mon=[("", "9:00")]), [], (0, 0), "A time is missing."),
        (week(mon=[("nine", "17:00")]), [], (0, 0), "“nine” is no time."),
        (week(mon=[("1:00", "2:00")] * 8), [], (0, 6), "At most 6 spans a day."),
    ],
)  # fmt: skip
def test_what_cannot_be_names_both_sides_where_it_stands(typed, all_day, where, sentence):
    with pytest.raises(BadHours) as wrong:
        read_week(typed, all_day)
    assert where in wrong.value.problems
    said = wrong.value.problems[where]
    assert sentence in said or set(sentence.split()) == set(said.split())


def test_every_wrong_span_is_named_at_once():
    with pytest.raises(BadHours) as wrong:
        read_week(week(mon=[("x", "y")], tue=[("9", "9")], wed=[("9", "17")]), [])
    assert set(wrong.value.problems) == {(0, 0), (1, 0)}


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 95), st.integers(1, 95)), min_size=1, max_size=6
    )
)
def test_what_is_kept_is_shown_as_it_was_typed(drawn):
    def clock(quarter: int) -> str:
        return f"{quarter // 4 % 24}:{quarter % 4 * 15:02d}"

    typed = week()
    for weekday, start, length in drawn:
        typed[weekday].append((clock(start), clock(start + length)))
    try:
        read = read_week(typed, [])
    except BadHours:
        return
    kept = stored(read)
    again = [opening for day in shown(kept) for opening in day]
    assert stored(again) == kept
    now = datetime(2026, 6, 1, tzinfo=UTC)
    for minute in range(0, 7 * 24 * 60, 97):
        moment = datetime.fromtimestamp(now.timestamp() + minute * 60, UTC)
        assert is_open(Week(NEW_YORK, tuple(kept)), moment) is is_open(
            Week(NEW_YORK, tuple(stored(again))), moment
        )


def test_the_days_on_which_clocks_change():
    assert clock_changes(NEW_YORK, date(2026, 1, 5)) == [
        (date(2026, 3, 8), 60),
        (date(2026, 11, 1), -60),
    ]
    assert clock_changes(ZoneInfo("America/Phoenix"), date(2026, 1, 5)) == []


def test_across_the_change_the_clock_on_the_wall_counts():
    spans = tuple(stored(read_week(week(sun=[("1:00", "4:00")]), [])))
    hours = Week(NEW_YORK, spans)
    # 8 March 2026: 2:00 to 3:00 does not happen; 1:59 EST and 3:00 EDT are a minute apart.
    assert is_open(hours, datetime(2026, 3, 8, 6, 59, tzinfo=UTC))
    assert is_open(hours, datetime(2026, 3, 8, 7, 0, tzinfo=UTC))
    assert not is_open(hours, datetime(2026, 3, 8, 8, 0, tzinfo=UTC))
    # 1 November: 1:00 to 2:00 happens twice, and both are open.
    assert is_open(hours, datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    assert is_open(hours, datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
