"""Carriers refuse a number's texts: its state, its history and what the business is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Alert, Contact, Message
from messaging.registration import NOT_REGISTERED
from tenants import registration
from tenants.models import PhoneNumber, RegistrationChange, User
from tests.admin.conftest import Support
from tests.support.hooks import a_caller


@pytest.fixture
def support(world) -> Support:
    """A member of platform support on the public host."""
    return Support(User.objects.create_user("sam@ringback.example", "x", name="Sam", is_staff=True))


@pytest.fixture
def missed(twilio, work):
    """A missed call, worked on."""

    def run(caller: str | None = None):
        call = twilio.call(caller)
        assert call.dial_ends("no-answer").status_code == 200
        work()
        return call

    return run


def the_number(biz) -> PhoneNumber:
    return PhoneNumber.objects.get(e164=biz.number)


def put(biz, after: str, at=None) -> None:
    registration.change(
        the_number(biz).pk, after, reason="Said so.", actor="sam", at=at or timezone.now()
    )


def alerts(biz) -> list[Alert]:
    """Return what the business was told of its number, resolved or not."""
    with biz.scope():
        return list(Alert.objects.filter(code=NOT_REGISTERED, subject=biz.number))


def untouched(biz) -> bool:
    """Whether nothing happened to a business's number and nobody there was told anything."""
    with biz.scope():
        nothing = not Alert.objects.exists() and not Message.objects.exists()
    return nothing and the_number(biz).registration == "declared"


@pytest.mark.parametrize(
    ("code", "state"),
    [("30034", "unregistered"), ("30032", "unregistered"), ("30990", "suspended")],
)
def test_a_refusal_at_the_send(code, state, twilio, stand_in, missed, plumber, dentist):
    stand_in.control({"mode": "refuse", "code": code})
    call = missed()
    with plumber.scope():
        message = Message.objects.get(their_number=call.caller)
        assert (message.status, message.error_code) == ("failed", code)
        contact = Contact.objects.get(phone=call.caller)
        assert contact.opted_out_at is None and contact.untextable_at is None
    number = the_number(plumber)
    assert number.registration == state and number.registration_changed_at is not None
    (row,) = registration.history(number.pk)
    assert (row.before, row.after, row.actor) == ("declared", state, "provider")
    assert code in row.reason
    (alert,) = alerts(plumber)
    assert (alert.subject, alert.resolved_at) == (plumber.number, None)
    assert "(312) 555-0100" in alert.sentence and "Calls and incoming texts work" in alert.sentence
    assert alert.fix.endswith("Call people back meanwhile.")
    assert untouched(dentist)


def test_calls_and_incoming_texts_work_while_texts_wait(
    twilio, stand_in, missed, work, plumber, dentist
):
    stand_in.control({"mode": "refuse", "code": "30034", "times": 1})
    missed()
    assert the_number(plumber).registration == "unregistered"
    answer = twilio.call().arrives()
    assert answer.status_code == 200 and "<Dial" in answer.text
    writer = a_caller()
    assert twilio.text(writer, "Are you open today?").status_code == 200
    work()
    with plumber.scope():
        assert Message.objects.get(direction="in").body == "Are you open today?"
        assert Contact.objects.filter(phone=writer).exists()
    # The other business goes on texting.
    twilio.biz = dentist
    call = missed()
    with dentist.scope():
        assert Message.objects.get(their_number=call.caller).status == "sent"
        assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("code", "state"),
    [("30032", "unregistered"), ("30034", "unregistered"), ("30990", "suspended")],
)
def test_a_refusal_in_a_receipt(code, state, twilio, stand_in, missed, work, plumber, dentist):
    PhoneNumber.objects.filter(e164=plumber.number).update(sender_kind="toll_free")
    missed()
    (request,) = stand_in.requests
    for _ in range(2):  # receipts come twice
        twilio.receipt(
            request["form"]["StatusCallback"], "undelivered", request["sid"], ErrorCode=code
        )
        work()
    number = the_number(plumber)
    assert number.registration == state
    assert [row.actor for row in registration.history(number.pk)] == ["provider"]
    (alert,) = alerts(plumber)
    assert "toll-free verification" in alert.sentence and alert.times == 1
    assert untouched(dentist)


def test_a_refusal_learnt_by_asking(twilio, stand_in, missed, pass_time, work, plumber, dentist):
    stand_in.control({"mode": "accept_then_timeout", "times": 1})
    missed()
    (record,) = stand_in.taken.values()
    record.update(status="undelivered", error_code=30034)
    for _ in range(3):
        pass_time(60)
        work()
    assert the_number(plumber).registration == "unregistered"
    assert len(alerts(plumber)) == 1 and untouched(dentist)


@pytest.mark.parametrize("state", ["pending", "unregistered", "suspended"])
def test_a_state_that_stops_texts_already_stays(
    state, twilio, stand_in, missed, work, plumber, dentist
):
    missed()
    put(plumber, state)
    (request,) = stand_in.requests
    twilio.receipt(
        request["form"]["StatusCallback"], "undelivered", request["sid"], ErrorCode="30034"
    )
    work()
    assert the_number(plumber).registration == state
    assert RegistrationChange.objects.count() == 1  # support's own
    (alert,) = alerts(plumber)
    assert registration.explain(state, "local")[0] in alert.sentence
    assert untouched(dentist)


def test_several_refusals_are_one_change_and_one_alert(
    twilio, stand_in, missed, work, plumber, dentist
):
    for _ in range(3):
        missed()
    for request in stand_in.requests:
        twilio.receipt(
            request["form"]["StatusCallback"], "undelivered", request["sid"], ErrorCode="30034"
        )
    work()
    assert RegistrationChange.objects.count() == 1
    (alert,) = alerts(plumber)
    assert alert.times == 3 and untouched(dentist)


def test_a_later_approval_resolves_the_alert(
    support, twilio, stand_in, missed, work, plumber, dentist
):
    for biz in (plumber, dentist):
        twilio.biz = biz
        stand_in.control({"mode": "refuse", "code": "30034", "times": 1})
        missed()
    stand_in.control({"mode": "ok"})
    path = f"tenants/phonenumber/{the_number(plumber).pk}/set_registration/"
    wish = {"_form_submitted": "on", "state": "pending", "reason": "Campaign filed."}
    support.post(path, wish, 200)
    (alert,) = alerts(plumber)
    assert alert.resolved_at is None and "is pending" in alert.sentence
    assert alert.fix.startswith("Nothing to do here")
    support.post(path, {**wish, "state": "approved", "reason": "Campaign live."}, 200)
    (alert,) = alerts(plumber)
    assert alert.resolved_at is not None and alert.resolved_by == "sam@ringback.example"
    (theirs,) = alerts(dentist)
    assert theirs.resolved_at is None and theirs.subject == dentist.number
    twilio.biz = plumber
    call = missed()
    with plumber.scope():
        assert Message.objects.get(their_number=call.caller).status == "sent"
    assert [row.after for row in registration.history(the_number(plumber).pk)] == [
        "approved",
        "pending",
        "unregistered",
    ]


def test_a_receipt_from_before_the_approval_is_old_news(
    twilio, stand_in, missed, work, plumber, dentist
):
    missed()
    (request,) = stand_in.requests
    put(plumber, "approved")
    twilio.receipt(
        request["form"]["StatusCallback"], "undelivered", request["sid"], ErrorCode="30034"
    )
    work()
    assert the_number(plumber).registration == "approved" and alerts(plumber) == []
    # A text that left since then says how it is now.
    missed()
    request = stand_in.requests[-1]
    twilio.receipt(
        request["form"]["StatusCallback"], "undelivered", request["sid"], ErrorCode="30034"
    )
    work()
    assert the_number(plumber).registration == "unregistered" and len(alerts(plumber)) == 1
    assert untouched(dentist)


def test_a_number_that_went_to_another_business_is_left_alone(
    twilio, stand_in, missed, work, plumber, dentist
):
    missed()
    (request,) = stand_in.requests
    PhoneNumber.objects.filter(e164=plumber.number).update(business=dentist.business)
    with plumber.scope():
        message = Message.objects.get()
    from django.db import transaction

    from messaging.registration import note_refusal

    with plumber.scope(), transaction.atomic():
        note_refusal(message, "30034", plumber.business.pk, timezone.now() + timedelta(seconds=1))
    assert the_number(plumber).registration == "declared"
    assert not RegistrationChange.objects.exists() and alerts(plumber) == []
    assert request["sid"]


@pytest.mark.parametrize("code", ["30035", "21610", "30006", "21606"])
def test_other_refusals_say_nothing_of_the_registration(
    code, twilio, stand_in, missed, plumber, dentist
):
    stand_in.control({"mode": "refuse", "code": code, "times": 1})
    missed()
    assert the_number(plumber).registration == "declared" and alerts(plumber) == []
    assert not RegistrationChange.objects.exists() and untouched(dentist)
