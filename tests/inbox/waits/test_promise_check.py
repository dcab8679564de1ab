"""A rule's text is not to promise what nobody is there to keep."""

from __future__ import annotations

from datetime import time

import pytest

from calls.hours import Span, Week
from inbox.waits.promise_check import out_of_hours
from tests.inbox.waits.test_promises import NOW, WEEK, ZONE


@pytest.mark.parametrize(
    "body",
    [
        "{business}: sorry we missed you. We'll call you back within 30 minutes.",
        "We'll be there in an hour",
        "We'll call you tomorrow",  # said on a Friday
        "Le llamamos en 30 minutos",
        "We'll call you by 9 pm",
    ],
)
def test_a_promise_for_a_closed_hour_is_found(body):
    found = out_of_hours(body, WEEK, NOW)
    assert found is not None and found[0] > NOW


@pytest.mark.parametrize(
    "body",
    [
        "{business}: sorry we missed you. How can we help?",
        "We'll call you back {next_open}.",
        "We'll get back to you within one business day",
        "Reply here and a person answers within 30 minutes of opening",
        "We'll call you Tuesday at 10",
        "",
    ],
)
def test_what_can_be_kept_is_left_alone(body):
    assert out_of_hours(body, WEEK, NOW) is None


def test_who_is_always_there_may_promise_anything():
    always = Week(ZONE, tuple(Span(day, time(0), time.max) for day in range(7)))
    body = "We'll call you back within 30 minutes."
    assert out_of_hours(body, always, NOW) is None
    assert out_of_hours(body, Week(ZONE, ()), NOW) is None
