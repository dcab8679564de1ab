"""Months of a business, what use costs above its plan, where it is going, and who is told when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.budget import Day, Prices, cost, every_day, forecast, levels_reached, month_of, to_tell

CHICAGO, PHOENIX = ZoneInfo("America/Chicago"), ZoneInfo("America/Phoenix")
PRICES = Prices(texts=100, turns=10, text=150, turn=900)


def test_a_month_is_the_businesss_own():
    # One in the morning of March 1 in London is the last evening of February in Chicago.
    month = month_of(datetime(2026, 3, 1, 1, tzinfo=UTC), CHICAGO)
    assert month.first == date(2026, 2, 1)
    assert (month.start, month.end) == (
        datetime(2026, 2, 1, 6, tzinfo=UTC), datetime(2026, 3, 1, 6, tzinfo=UTC)
    )  # fmt: skip
    # The clocks change within March there, and never in Phoenix.
    march = month_of(datetime(2026, 3, 15, tzinfo=UTC), CHICAGO)
    assert march.end - march.start == timedelta(days=31, hours=-1)
    march = month_of(datetime(2026, 3, 15, tzinfo=UTC), PHOENIX)
    assert march.end - march.start == timedelta(days=31)


@pytest.mark.parametrize(
    ("texts", "turns", "cents"),
    [(100, 10, 0), (101, 10, 2), (102, 10, 3), (200, 0, 150), (0, 11, 9), (101, 11, 11)],
)
def test_only_what_is_above_the_plan_costs(texts, turns, cents):
    assert cost(texts, turns, PRICES) == cents


def test_what_is_not_sold_costs_nothing():
    assert cost(10_000, 10_000, Prices(texts=1, turns=1)) == 0


def test_the_forecast_goes_on_like_this():
    month = month_of(datetime(2026, 4, 11, 7, tzinfo=UTC), PHOENIX)  # ten days of thirty
    found = forecast(50, 3, PRICES, month, datetime(2026, 4, 11, 7, tzinfo=UTC))
    assert (found.texts, found.turns, found.cents, found.is_early) == (150, 9, 75, False)
    early = forecast(50, 3, PRICES, month, month.start + timedelta(hours=3))
    assert (early.texts, early.is_early) == (50, True)
    over = forecast(50, 3, PRICES, month, month.end)
    assert (over.texts, over.is_early) == (50, False)


@given(
    st.integers(0, 5000), st.integers(0, 500), st.integers(0, 31 * 24), st.sampled_from([CHICAGO, PHOENIX])
)  # fmt: skip
def test_a_forecast_is_never_below_what_is_used_already(texts, turns, hours, zone):
    month = month_of(datetime(2026, 3, 15, tzinfo=UTC), zone)
    found = forecast(texts, turns, PRICES, month, month.start + timedelta(hours=hours))
    assert found.texts >= texts and found.turns >= turns
    assert found.cents >= cost(texts, turns, PRICES)


def test_each_level_is_told_once_and_the_highest_alone():
    told: list[int] = []
    for cents in (0, 499, 500, 700, 1200, 1300):
        level = to_tell(levels_reached(cents, 1000), told)
        told += [level] if level else []
    assert told == [50, 100]
    assert levels_reached(10_000, None) == ()
    assert levels_reached(0, 0) == () and levels_reached(1, 0) == (50, 80, 100)


def test_every_day_of_the_month_has_its_place():
    month = month_of(datetime(2026, 2, 10, tzinfo=UTC), CHICAGO)
    days = every_day([Day(date(2026, 2, 3), 5, 1)], month, CHICAGO)
    assert len(days) == 28
    assert days[2] == Day(date(2026, 2, 3), 5, 1)
    assert sum(day.texts for day in days) == 5
