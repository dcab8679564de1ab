"""When a business's own phone may be rung to see whether it forwards."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from calls.forwarding.quiet import next_look
from calls.hours import Span, Week, is_open

CHICAGO = ZoneInfo("America/Chicago")
NINE_TO_FIVE = Week(CHICAGO, tuple(Span(day, time(9), time(17)) for day in range(5)), frozenset())
ALWAYS = Week(CHICAGO, tuple(Span(day, time(0), time(23, 59)) for day in range(7)), frozenset())


@pytest.mark.parametrize("pick", [0, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("day", [3, 7, 8, 14])  # March 2027: the clock changes on the 14th
def test_the_phone_is_rung_while_closed_and_nobody_sleeps(day, hour, pick):
    now = datetime(2027, 3, day, hour, 17, tzinfo=UTC)
    at = next_look(NINE_TO_FIVE, now, lambda n: int(n * pick))
    local = at.astimezone(CHICAGO)
    assert time(7) <= local.time() < time(21) and not is_open(NINE_TO_FIVE, at)
    assert timedelta(hours=1) < at - now < timedelta(hours=48)


def test_who_never_closes_is_called_early():
    now = datetime(2027, 1, 13, 18, tzinfo=UTC)
    at = next_look(ALWAYS, now, lambda n: n - 1).astimezone(CHICAGO)
    assert at.hour == 7


def test_the_minute_is_not_the_same_every_day():
    now = datetime(2027, 1, 13, 12, tzinfo=UTC)
    seen = {next_look(NINE_TO_FIVE, now, lambda n, k=k: k % n) for k in range(50)}
    assert len(seen) == 50
