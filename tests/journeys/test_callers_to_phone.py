"""Who calls again and again, who matters, and whom nobody vouches for: a person is told, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from calls.models import Call
from messaging.models import Alert, Contact, Refusal
from messaging.people import lock_contact
from messaging.services import send_as
from tests.support.hooks import a_caller, texts_to
from tests.support.moved import alerts, the_text

pytestmark = pytest.mark.usefixtures("apart")


@pytest.fixture
def known(plumber, clock):
    """Make the plumber know a caller, marked as he likes."""

    def make(**marks) -> str:
        caller = a_caller()
        with plumber.scope(), transaction.atomic():
            contact = lock_contact(caller, clock.now - timedelta(days=1), "Maria Lopez")
            Contact.objects.filter(pk=contact.pk).update(**marks)
        return caller

    return make


def test_a_second_and_a_third_call_are_one_alert_and_no_more_texts(
    missed, plumber, stand_in, clock
):
    clock.at("2027-01-13 09:12")
    caller = missed()
    assert alerts(plumber, "CALLED_AGAIN") == []
    clock.forward(minutes=3)
    missed(caller)
    clock.forward(minutes=4)
    missed(caller)
    assert len(texts_to(stand_in.requests, caller)) == 1
    (alert,) = alerts(plumber, "CALLED_AGAIN")
    assert "called 3 times since 9:12 AM" in alert.sentence and alert.fix == "Phone them."
    assert alert.times == 2 and alert.contact_id is not None


def test_the_alert_is_settled_when_somebody_writes_to_them(missed, plumber, clock, go):
    caller = missed()
    missed(caller)
    assert len(alerts(plumber, "CALLED_AGAIN")) == 1
    clock.forward(minutes=1)
    with plumber.scope():
        send_as(caller, "On our way!", author="person", author_name="Dana")
        assert Alert.objects.get().resolved_by == "Dana"
    go()
    # From then on they are counted anew.
    clock.forward(minutes=5)
    missed(caller)
    assert alerts(plumber, "CALLED_AGAIN") == []
    missed(caller)
    (alert,) = alerts(plumber, "CALLED_AGAIN")
    assert "called 2 times" in alert.sentence


def test_the_alert_is_settled_when_they_are_answered(missed, twilio, plumber, clock, go):
    caller = missed()
    missed(caller)
    assert len(alerts(plumber, "CALLED_AGAIN")) == 1
    call = twilio.call(caller)
    call.arrives()
    call.screened("1")
    call.dial_ends("completed", "true", DialCallDuration="60")
    go()
    assert alerts(plumber, "CALLED_AGAIN") == []


def test_a_vip_is_told_of_at_once_whatever_the_rule_does(missed, known, plumber, stand_in, clock):
    caller = known(vip_at=clock.now)
    clock.at("2027-01-13 09:12")
    missed(caller)
    assert len(texts_to(stand_in.requests, caller)) == 1
    (alert,) = alerts(plumber, "VIP_CALLED")
    assert alert.sentence == "Maria Lopez, a VIP, called at 9:12 AM and was missed."
    clock.forward(minutes=2)
    missed(caller)
    (alert,) = alerts(plumber, "VIP_CALLED")
    assert "called 2 times since 9:12 AM" in alert.sentence
    assert alerts(plumber, "CALLED_AGAIN") == []


def test_who_is_ignored_is_no_alarm(missed, known, plumber, stand_in, clock):
    caller = known(ignored_at=clock.now, vip_at=clock.now)
    missed(caller)
    missed(caller)
    assert stand_in.requests == []
    with plumber.scope():
        assert not Alert.objects.exists()


def test_a_caller_who_hid_the_number_is_nobodys_alert(twilio, plumber, go):
    for _ in range(3):
        call = twilio.call("anonymous")
        call.arrives()
        call.dial_ends("no-answer")
    go()
    with plumber.scope():
        assert not Alert.objects.exists() and Call.objects.count() == 3


@pytest.mark.parametrize(
    ("stir", "sends"),
    [
        ("TN-Validation-Passed-A", True),
        ("TN-Validation-Passed-B", False),
        ("TN-Validation-Passed-C", False),
        ("No-TN-Validation", False),
        ("", False),
    ],
)
def test_a_new_caller_nobody_vouches_for_is_phoned_where_the_business_wants_it(
    twilio, choose, plumber, stand_in, go, stir, sends
):
    choose(only_vouched=True)
    call = twilio.call(None, **({"StirVerstat": stir} if stir else {}))
    call.arrives()
    call.dial_ends("no-answer")
    go()
    assert len(texts_to(stand_in.requests, call.caller)) == int(sends)
    if not sends:
        with plumber.scope():
            assert Refusal.objects.get().code == "NOT_VOUCHED"
        (alert,) = alerts(plumber, "NOT_VOUCHED")
        assert alert.fix == "Phone them back."


def test_a_customer_needs_nobody_to_vouch_for_him(missed, known, choose, plumber, stand_in):
    choose(only_vouched=True)
    caller = known(tags=["customer"])
    missed(caller)
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert the_text(plumber).clearances[0]["occasion"]["is_known"] is True


def test_whoever_forges_a_number_does_not_become_known_by_calling_again(missed, choose, stand_in):
    """The first call makes a contact; no number of calls makes it somebody the business knows."""
    choose(only_vouched=True)
    caller = a_caller()
    for _ in range(3):
        missed(caller)
    assert not texts_to(stand_in.requests, caller)
