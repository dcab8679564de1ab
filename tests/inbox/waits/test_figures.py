"""The figures: medians, shares, days, hours and members."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inbox.waits.figures import (
    Waited,
    busy_hours,
    by_day,
    by_hour,
    by_member,
    percentile,
    summary,
)

ZONE = ZoneInfo("America/Chicago")
AT = datetime(2026, 11, 17, 16, tzinfo=UTC)  # Tuesday 10:00 in Chicago


def waited(seconds: int, how: str = "answered", by: str = "Dana", at: datetime = AT, first=False):
    return Waited(at, how, seconds, 900, by, first)


def test_a_summary():
    rows = [waited(60), waited(120), waited(600), waited(2000), waited(50, "closed", "")]
    found = summary(rows)
    assert (found.count, found.answered, found.closed, found.waiting) == (5, 4, 1, 0)
    assert (found.median, found.p90, found.share) == (360, 2000, 75)


def test_nobody_waited():
    found = summary([])
    assert (found.count, found.median, found.p90, found.share) == (0, None, None, None)


def test_who_still_waits_is_judged_only_once_it_is_too_long():
    assert summary([waited(60), waited(100, "")]).share == 100
    assert summary([waited(60), waited(1000, "")]).share == 50
    assert summary([waited(60), waited(1000, "")]).waiting == 1


@pytest.mark.parametrize(
    ("times", "percent", "value"),
    [([1], 90, 1), ([1, 2], 90, 2), (list(range(1, 11)), 90, 9), (list(range(1, 101)), 90, 90),
     ([], 90, None), ([5, 6], 50, 5)],
)  # fmt: skip
def test_percentiles_are_values_that_were(times, percent, value):
    assert percentile(times, percent) == value


def test_days_are_those_of_the_business_and_none_is_left_out():
    late = datetime(2026, 11, 18, 3, tzinfo=UTC)  # still Tuesday evening in Chicago
    found = by_day(
        [waited(60), waited(9999, at=late)], ZONE, date(2026, 11, 16), date(2026, 11, 18)
    )
    assert [(day.day.day, day.in_time, day.late) for day in found] == [
        (16, 0, 0), (17, 1, 1), (18, 0, 0),
    ]  # fmt: skip


def test_hours_of_the_week():
    rows = [waited(9999), waited(9999), waited(60), waited(60)]
    cell = by_hour(rows, ZONE)[1][10]
    assert (cell.count, cell.late, cell.step) == (4, 2, 3)
    assert by_hour(rows, ZONE)[2][10].step == -1
    assert by_hour([waited(60)] * 3, ZONE)[1][10].step == 0
    assert busy_hours(by_hour(rows, ZONE)) == range(8, 19)
    night = [waited(60, at=AT - timedelta(hours=7))]
    assert busy_hours(by_hour(night, ZONE)) == range(3, 19)


def test_members_by_how_many_they_answered():
    rows = [waited(60, by="Ada"), waited(60), waited(70), waited(5, "called", "")]
    assert [(name, each.answered) for name, each in by_member(rows)] == [("Dana", 2), ("Ada", 1)]
