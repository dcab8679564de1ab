"""What the gate holds for another reason than the hour: opt-outs, pauses, its own failure, registration, consent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from calls.models import Call
from messaging import compliance
from messaging.models import ConsentEvent, Contact, Message, Refusal
from messaging.services import NotAllowed, send_as
from tenants import registration
from tenants.models import PhoneNumber
from tests.support.hooks import a_caller, a_sid, texts_to
from tests.support.moved import Clock, alerts, last_said, the_text, waiting

pytestmark = pytest.mark.usefixtures("apart")


# -- Who opted out, or may have.


def test_an_opt_out_purges_what_is_held(strict_night, twilio, plumber, stand_in, clock, go):
    held = the_text(plumber)
    clock.forward(minutes=5)
    twilio.text(strict_night, "STOP")
    message = the_text(plumber)
    assert message.status == "cancelled" and waiting(held) == []
    clock.at("2027-01-14 12:00")
    go()
    assert texts_to(stand_in.requests, strict_night) == []


def test_a_held_text_is_refused_even_if_the_purge_missed_it(
    strict_night, plumber, stand_in, clock, go
):
    """The gate is asked again under lock: what an opt-out did not cancel does not leave."""
    with plumber.scope():
        Contact.objects.update(opted_out_at=clock.now)
    clock.at("2027-01-14 09:15")
    go()
    assert last_said(the_text(plumber)) == ("cancelled", "OPTOUT_NEW_CALL_NO_TEXT")
    assert stand_in.requests == []


def test_an_opt_out_while_a_text_is_being_handed_over(twilio, plumber, stand_in, missed, clock, go):
    """It may have left; it is not handed over a second time."""
    stand_in.control({"mode": "429", "times": 1})
    states = []

    def stop(caller: str) -> None:
        states.append(the_text(plumber).status)
        twilio.text(caller, "STOP")
        connection.close()

    def meanwhile(seen: dict[str, Any]) -> None:
        stand_in.on_text = lambda seen: None
        with ThreadPoolExecutor(1) as pool:
            pool.submit(stop, seen["form"]["To"]).result()

    stand_in.on_text = meanwhile
    caller = missed()
    assert states == ["sending"]
    for _ in range(5):
        clock.forward(minutes=1)
        go()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert last_said(the_text(plumber)) == ("cancelled", "OPTOUT_NEW_CALL_NO_TEXT")


def test_an_opt_out_while_an_answer_is_awaited(twilio, plumber, stand_in, missed, clock, go):
    """The provider took it and fell silent: it is asked about, never sent again, and STOP holds."""
    stand_in.control({"mode": "accept_then_timeout", "times": 1})
    caller = missed()
    assert the_text(plumber).status == "sending"
    twilio.text(caller, "STOP")
    for _ in range(4):
        clock.forward(minutes=2)
        go()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert the_text(plumber).status == "sent"
    with plumber.scope(), pytest.raises(NotAllowed, match="opted out"):
        send_as(caller, "Hello?", author="person")


def test_two_opt_outs_at_once(strict_night, twilio, plumber, stand_in, clock, go):
    words = ["STOP", "please stop texting me"] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda word: twilio.text(strict_night, word, sid=a_sid("SM")), words)
        )
    assert {answer.status_code for answer in answers} == {200}
    go()
    with plumber.scope():
        contact = Contact.objects.get(phone=strict_night)
        assert contact.opted_out_at == clock.now
        assert Message.objects.filter(category="C1", status="cancelled").count() == 1
        assert set(
            ConsentEvent.objects.filter(kind="opt_out").values_list("contact", flat=True)
        ) == {contact.pk}
    clock.at("2027-01-14 12:00")
    go()
    # At most one confirmation, and nothing else, ever.
    bodies = [sent["form"]["Body"] for sent in texts_to(stand_in.requests, strict_night)]
    assert len(bodies) <= 1 and all("unsubscribed" in body for body in bodies)


@pytest.fixture
def paused(twilio, plumber, missed, clock, go) -> str:
    """Somebody who could have meant STOP on a Wednesday noon, and a text for him that waits."""
    clock.at("2027-01-13 12:00")
    caller = missed()
    twilio.text(caller, "too many texts")
    go()
    with plumber.scope():
        assert Contact.objects.get(phone=caller).paused_until == clock.now + timedelta(days=7)
        message = send_as(caller, "Your plumber comes at four.", author="api")
    assert (message.status, message.hold_code) == ("held", "SOFT_PAUSED")
    # A pause keeps a text no longer than it is wanted.
    assert message.expires_at == clock.now + timedelta(hours=12)
    return caller


def bodies_to(stand_in: Any, caller: str) -> list[str]:
    return [sent["form"]["Body"] for sent in texts_to(stand_in.requests, caller)]


def test_a_pause_ends_with_an_ordinary_answer(paused, twilio, plumber, stand_in, clock, go):
    clock.forward(hours=10)
    go()
    assert not any("at four" in body for body in bodies_to(stand_in, paused))
    twilio.text(paused, "Sorry! Yes, I still need somebody for the leaking sink.")
    go()
    assert sum("at four" in body for body in bodies_to(stand_in, paused)) == 1
    with plumber.scope():
        assert Contact.objects.get(phone=paused).paused_until is None


def test_a_pause_nobody_ends_drops_what_waited(paused, plumber, stand_in, clock, go):
    before = len(stand_in.requests)
    clock.forward(days=7)
    go()
    assert last_said(the_text(plumber, author="api")) == ("cancelled", "STALE_INQUIRY")
    assert len(stand_in.requests) == before


# -- The gate itself fails.


def test_an_error_in_the_gate_holds_the_text_tells_and_frees_it_after_the_repair(
    missed, plumber, stand_in, clock, go, monkeypatch
):
    def broken(asked: object) -> None:
        raise KeyError("rules")

    rows = compliance.ROWS
    monkeypatch.setattr(compliance, "ROWS", (broken, *rows))
    clock.at("2027-01-13 12:00")
    caller = missed()
    message = the_text(plumber)
    assert (message.status, message.hold_code) == ("held", "FAIL_CLOSED")
    assert message.held_until == clock.now + timedelta(minutes=5)
    assert stand_in.requests == []
    for _ in range(3):
        clock.forward(minutes=5)
        go()
    assert stand_in.requests == [] and the_text(plumber).status == "held"
    (alert,) = alerts(plumber, "FAIL_CLOSED")
    assert alert.times >= 3 and "check" in alert.sentence
    monkeypatch.setattr(compliance, "ROWS", rows)
    clock.forward(minutes=5)
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1
    codes = [entry["code"] for entry in the_text(plumber).clearances]
    assert codes == ["FAIL_CLOSED", "ALLOW_RESPONSIVE_DELAYED"]


def test_the_staff_learns_of_a_failing_gate_with_the_first_text_it_holds(
    missed, plumber, clock, monkeypatch
):
    def broken(asked: object) -> None:
        raise KeyError("rules")

    monkeypatch.setattr(compliance, "ROWS", (broken, *compliance.ROWS))
    missed()
    (alert,) = alerts(plumber, "FAIL_CLOSED")
    assert alert.times == 1


def test_a_gate_that_stays_broken_sends_nothing_late(
    missed, plumber, stand_in, clock, go, monkeypatch
):
    def broken(asked: object) -> None:
        raise KeyError("rules")

    rows = compliance.ROWS
    monkeypatch.setattr(compliance, "ROWS", (broken, *rows))
    clock.at("2027-01-13 06:00")
    missed()
    with plumber.scope():
        send_as(a_caller(), "On our way", author="person")
    for _ in range(3):
        clock.forward(hours=5)
        go()
    monkeypatch.setattr(compliance, "ROWS", rows)
    clock.forward(minutes=5)
    go()
    assert stand_in.requests == []
    with plumber.scope():
        ended = Message.objects.filter(direction="out").values_list("status", "error_code")
        assert set(ended) == {("cancelled", "FAIL_CLOSED")}


# -- Our number's registration.


def register(biz: Any, state: str, clock: Clock) -> None:
    with biz.scope():
        number = PhoneNumber.objects.get(e164=biz.number)
        registration.change(number.pk, state, reason="Said so.", actor="sam", at=clock.now)


@pytest.fixture
def unregistered(plumber, missed, clock) -> str:
    """A call to a number whose registration is pending: the answer waits."""
    clock.at("2027-01-13 12:00")
    register(plumber, "pending", clock)
    return missed()


def test_without_a_registration_a_text_waits_a_quarter_of_an_hour(
    unregistered, plumber, stand_in, clock, go
):
    message = the_text(plumber)
    assert (message.status, message.hold_code) == ("held", "SENDER_NOT_REGISTERED")
    assert message.held_until == message.expires_at == clock.now + timedelta(minutes=15)
    clock.forward(minutes=14)
    go()
    assert the_text(plumber).status == "held"
    clock.forward(minutes=1)
    go()
    assert last_said(the_text(plumber)) == ("cancelled", "SENDER_NOT_REGISTERED")
    assert len(alerts(plumber, "SENDER_NOT_REGISTERED")) == 1
    register(plumber, "approved", clock)
    go()
    assert stand_in.requests == []


def test_an_approval_frees_what_waits_at_once(unregistered, plumber, stand_in, clock, go):
    clock.forward(minutes=3)
    register(plumber, "approved", clock)
    go()
    assert len(texts_to(stand_in.requests, unregistered)) == 1
    assert the_text(plumber).clearances[-1]["code"] == "ALLOW_RESPONSIVE_IMMEDIATE"
    # The next caller is answered as ever.
    assert the_text(plumber, their_number=unregistered).status == "sent"


# -- Washington.


def test_a_caller_from_washington_who_was_not_told_how_to_decline_gets_no_text(
    twilio, missed, plumber, stand_in, clock, go
):
    call = twilio.call(a_caller("206"))
    call.arrives()
    call.dial_ends("no-answer")
    call.ends("completed", 60)
    go()
    clock.forward(minutes=10)
    go()
    assert stand_in.requests == []
    with plumber.scope():
        assert not Message.objects.exists()
        refusal = Refusal.objects.get()
        row = Call.objects.get()
    assert (refusal.code, row.decision) == ("CONSENT_LEVEL_TOO_LOW", "skip")
    assert "Washington" in row.receipt["sentence"]
    (alert,) = alerts(plumber, "CONSENT_LEVEL_TOO_LOW")
    assert "phone" in alert.fix.lower()
    # A caller from Chicago who heard as little is answered.
    assert len(texts_to(stand_in.requests, missed())) == 1


def test_a_caller_from_washington_who_wrote_to_us_first_is_answered(
    twilio, missed, plumber, stand_in, clock, go
):
    caller = a_caller("206")
    twilio.text(caller, "Do you repair boilers?")
    go()
    clock.forward(days=3)
    missed(caller)
    assert len(texts_to(stand_in.requests, caller)) == 1


@pytest.mark.parametrize("source", ["stated", "verified"])
def test_somebody_in_washington_with_another_state_s_number_is_refused_at_once_and_once(
    source, twilio, plumber, stand_in, clock, go
):
    """No later word can prove more here, and one call is refused and told of once."""
    call = twilio.call(a_caller("312"))
    with plumber.scope():
        Contact.objects.create(
            phone=call.caller, created_at=clock.now - timedelta(days=9), state="WA",
            zone="America/Los_Angeles", place_source=source, place_at=clock.now,
        )  # fmt: skip
    call.arrives()
    call.dial_ends("no-answer")
    go()
    with plumber.scope():
        assert Refusal.objects.exists() and Call.objects.get().decision == "skip"
    for status in ("completed", "completed", "busy"):
        call.ends(status, 4)
        go()
    call.dial_ends("no-answer", DialCallDuration="0")
    go()
    assert stand_in.requests == []
    with plumber.scope():
        assert Refusal.objects.get().code == "CONSENT_LEVEL_TOO_LOW"
        assert Call.objects.get().facts["refused_level"] == 1
    (alert,) = alerts(plumber, "CONSENT_LEVEL_TOO_LOW")
    assert alert.times == 1


def test_somebody_who_moved_from_washington_is_texted(twilio, plumber, stand_in, clock, go):
    call = twilio.call(a_caller("206"))
    with plumber.scope():
        Contact.objects.create(
            phone=call.caller, created_at=clock.now - timedelta(days=9), state="IL",
            zone="America/Chicago", place_source="stated", place_at=clock.now,
        )  # fmt: skip
    call.arrives()
    call.dial_ends("no-answer")
    go()
    assert len(texts_to(stand_in.requests, call.caller)) == 1


def test_a_refused_call_is_not_asked_about_again_because_the_person_moved(
    twilio, plumber, stand_in, clock, go
):
    """Only more proof asks again: an address that is corrected later proves nothing of the call."""
    call = twilio.call(a_caller("206"))
    call.arrives()
    call.dial_ends("no-answer")
    call.ends("completed", 4)
    go()
    with plumber.scope():
        Contact.objects.update(
            state="IL", zone="America/Chicago", place_source="stated", place_at=clock.now
        )
    call.recording_is_ready(0)
    go()
    assert stand_in.requests == []
    with plumber.scope():
        assert Refusal.objects.count() == 1
        assert Call.objects.get().decision_reason == "CONSENT_LEVEL_TOO_LOW"
