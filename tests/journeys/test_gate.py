"""What the gate holds for the hour waits as a row of the agenda, and leaves when it may.

The hands of the clock are moved: every moment the product asks for is the test's, in 2027, and
what is due by then is due. The other business sees nothing of any of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from calls.models import Call
from messaging.models import Contact, Message, Refusal
from tests.support.hooks import a_caller, texts_to
from tests.support.moved import alerts, last_said, the_text, waiting
from tests.support.rules import change_rule

pytestmark = pytest.mark.usefixtures("apart")


def test_a_text_held_for_the_night_leaves_in_the_morning(
    strict_night, plumber, stand_in, clock, go
):
    message = the_text(plumber)
    morning = datetime(2027, 1, 14, 15, 15, tzinfo=UTC)  # 9:15 in Illinois
    assert (message.status, message.hold_code) == ("held", "QUIET_HOURS_STRICT")
    # Asked once more soon, for what was committed beside the question; then in the morning.
    assert message.held_until == morning and waiting(message) == [clock.now + timedelta(seconds=30)]
    assert message.expires_at == clock.now + timedelta(hours=12)
    with plumber.scope():
        call = Call.objects.get()
    assert (call.decision, call.decision_reason) == ("hold", "QUIET_HOURS_STRICT")
    assert "9:00 AM" in call.receipt["sentence"]
    clock.at("2027-01-14 09:14:59")
    go()
    assert stand_in.requests == [] and the_text(plumber).status == "held"
    clock.at("2027-01-14 09:15")
    go()
    (sent,) = texts_to(stand_in.requests, strict_night)
    assert "Lakeside Plumbing" in sent["form"]["Body"]
    message = the_text(plumber)
    assert message.status == "sent" and waiting(message) == [] and message.hold_code == ""
    first, *_, last = message.clearances
    assert (first["result"], first["code"]) == ("hold", "QUIET_HOURS_STRICT")
    assert (last["result"], last["code"]) == ("send", "ALLOW_RESPONSIVE_DELAYED")
    assert first["local_times"] == [["America/Chicago", "Wed 11:30 PM"]]
    assert last["local_times"] == [["America/Chicago", "Thu 9:15 AM"]]


def test_without_strict_hours_the_same_call_is_answered_at_once(missed, plumber, stand_in, clock):
    clock.at("2027-01-13 23:30")
    caller = missed()
    assert len(texts_to(stand_in.requests, caller)) == 1
    (entry,) = the_text(plumber).clearances
    assert entry["code"] == "ALLOW_RESPONSIVE_IMMEDIATE"


def test_a_night_too_long_for_the_answer_is_not_waited_out(
    missed, choose, plumber, stand_in, clock
):
    choose(strict_quiet_hours=True)
    clock.at("2027-01-13 20:50")  # morning comes after more than twelve hours
    missed()
    with plumber.scope():
        refusal = Refusal.objects.get()
        assert refusal.code == "QUIET_HOURS_STRICT" and "too late" in refusal.clearance["sentence"]
        assert not Message.objects.exists()
    assert stand_in.requests == []


def test_a_changed_policy_asks_what_is_held_again_at_once(
    strict_night, plumber, choose, stand_in, clock, go
):
    clock.forward(minutes=2)
    choose(strict_quiet_hours=False)
    go()
    assert len(texts_to(stand_in.requests, strict_night)) == 1
    assert the_text(plumber).clearances[-1]["code"] == "ALLOW_RESPONSIVE_IMMEDIATE"


def test_a_changed_policy_frees_nothing_that_came_late_meanwhile(
    strict_night, plumber, choose, stand_in, clock, go
):
    clock.forward(minutes=10)
    choose(strict_quiet_hours=False)
    go()
    message = the_text(plumber)
    assert stand_in.requests == []
    assert (message.status, message.hold_code) == ("held", "QUIET_HOURS")
    assert message.held_until == datetime(2027, 1, 14, 15, 15, tzinfo=UTC)
    assert len(message.clearances) == 2


def test_a_stricter_posture_drops_what_is_held(strict_night, plumber, choose, stand_in, clock, go):
    choose(posture="press_one")
    go()
    assert last_said(the_text(plumber)) == ("cancelled", "CONSENT_LEVEL_TOO_LOW")
    assert len(alerts(plumber, "CONSENT_LEVEL_TOO_LOW")) == 1
    clock.at("2027-01-14 12:00")
    go()
    assert stand_in.requests == []


def test_an_answer_the_rule_delays_past_five_minutes_keeps_to_the_hours(
    missed, plumber, stand_in, clock, go
):
    with plumber.scope():
        change_rule(delay=timedelta(minutes=7))
    clock.at("2027-01-13 23:30")
    caller = missed()
    assert the_text(plumber).status == "queued"
    clock.forward(minutes=7)
    go()
    message = the_text(plumber)
    assert (message.status, message.hold_code) == ("held", "QUIET_HOURS")
    assert stand_in.requests == []
    clock.at("2027-01-14 09:15")
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert [entry["code"] for entry in the_text(plumber).clearances] == [
        "ALLOW_RESPONSIVE_IMMEDIATE", "QUIET_HOURS", "ALLOW_RESPONSIVE_DELAYED",
    ]  # fmt: skip


def test_a_delayed_answer_within_the_hours_leaves(missed, plumber, stand_in, clock, go):
    with plumber.scope():
        change_rule(delay=timedelta(minutes=7))
    clock.at("2027-01-13 15:00")
    caller = missed()
    clock.forward(minutes=7)
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1


@pytest.mark.parametrize(
    ("evening", "morning", "hours"),
    [
        ("2027-11-06 23:00", "2027-11-07 09:15", 11.25),  # clocks go back
        ("2027-11-05 23:00", "2027-11-06 09:15", 10.25),
        ("2027-03-13 23:00", "2027-03-14 09:15", 9.25),  # clocks go forward
    ],
)
def test_clocks_that_change_during_a_hold(
    evening, morning, hours, choose, missed, plumber, stand_in, clock, go
):
    choose(strict_quiet_hours=True)
    began = clock.at(evening)
    caller = missed()
    opens = began + timedelta(hours=hours)
    assert the_text(plumber).held_until == opens
    clock.now = opens - timedelta(seconds=1)
    go()
    assert stand_in.requests == []
    assert clock.at(morning) == opens
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1


def test_somebody_between_two_zones_waits_for_both(choose, missed, plumber, stand_in, clock, go):
    choose(strict_quiet_hours=True)
    clock.at("2027-01-13 23:30")
    caller = missed(a_caller("850"))  # Florida, Eastern or Central
    (entry,) = the_text(plumber).clearances
    assert entry["zones"] == ["America/Chicago", "America/New_York"]
    clock.at("2027-01-14 07:30")  # 8:30 Eastern
    go()
    assert stand_in.requests == []
    clock.at("2027-01-14 08:15")
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1


def test_a_zone_that_does_not_exist_is_no_place(choose, missed, plumber, stand_in, clock, go):
    choose(strict_quiet_hours=True)
    clock.at("2027-01-13 23:30")
    caller = a_caller()
    with plumber.scope():
        Contact.objects.create(
            phone=caller, created_at=clock.now - timedelta(days=9), state="HI", zone="Mars/Olympus",
            place_source="stated", place_at=clock.now,
        )  # fmt: skip
    missed(caller)
    message = the_text(plumber)
    # Not Hawaii, where it is half past seven: the area code's place stands.
    assert message.hold_code == "QUIET_HOURS_STRICT"
    assert message.clearances[0]["zones"] == ["America/Chicago"]
    clock.at("2027-01-14 09:15")
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1
