"""What happens between the question and the sending: others' replies, later words, later calls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import clearing, inbound
from messaging.models import Alert, ConsentEvent, Contact, Message
from messaging.services import send_as
from tenants import registration
from tenants.models import AgendaItem, PhoneNumber
from tests.support.hooks import a_caller, texts_to


def test_one_person_s_answer_moves_nobody_else_s_text(twilio, stand_in, work):
    """A text whose provider did not answer is asked about in its own time (never sent twice)."""
    stand_in.control({"mode": "accept_then_timeout", "times": 1})
    twilio.call(a_caller()).dial_ends("no-answer")
    work()
    (waiting,) = AgendaItem.objects.filter(kind="messaging.deliver").values_list(
        "due_at", flat=True
    )
    doubtful = a_caller()
    twilio.text(doubtful, "too many texts")
    twilio.text(doubtful, "Sorry, wrong thread. When can you come?")
    assert list(
        AgendaItem.objects.filter(
            kind="messaging.deliver", subject__in=_unknown(twilio.biz)
        ).values_list("due_at", flat=True)
    ) == [waiting]


def _unknown(biz):
    with biz.scope():
        return [
            str(pk) for pk in Message.objects.filter(status="sending").values_list("pk", flat=True)
        ]


def test_a_stop_holds_although_its_confirmation_cannot_be_made(twilio, stand_in, work, monkeypatch):
    def broken(*_args: object) -> None:
        raise RuntimeError("no confirmation today")

    monkeypatch.setattr(inbound, "_answer", broken)
    sender = a_caller()
    assert twilio.text(sender, "please stop texting me").status_code == 200
    with twilio.biz.scope():
        assert Contact.objects.get(phone=sender).opted_out_at is not None


def test_a_stop_that_cannot_be_obeyed_at_once_is_obeyed_by_the_worker(twilio, work, monkeypatch):
    from messaging import consent

    real, calls = consent.record, []

    def broken_once(*args: object, **more: object):
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("not now")
        return real(*args, **more)

    monkeypatch.setattr(consent, "record", broken_once)
    sender = a_caller()
    assert twilio.text(sender, "stop texting me").status_code == 200
    work()
    with twilio.biz.scope():
        assert Contact.objects.get(phone=sender).opted_out_at is not None


def test_a_lint_that_fails_holds_the_text_and_tells(twilio, stand_in, work, monkeypatch):
    def broken(*_args: object) -> None:
        raise RuntimeError("no lint today")

    monkeypatch.setattr(clearing.lint, "lint", broken)
    twilio.call(a_caller()).dial_ends("no-answer")
    work()
    assert stand_in.requests == []
    with twilio.biz.scope():
        assert Message.objects.get().hold_code == "FAIL_CLOSED"
        assert Alert.objects.get().code == "FAIL_CLOSED"


@pytest.mark.parametrize("words", ["please stop texting me", "unsubscribe me please"])
def test_a_later_stop_overtakes_what_was_said_before(words, twilio, stand_in, work):
    sender = a_caller()
    twilio.text(sender, "please stop")
    work()
    twilio.text(sender, "you can text me again")
    twilio.text(sender, words)
    work()
    bodies = [request["form"]["Body"] for request in texts_to(stand_in.requests, sender)]
    assert not any("subscribed again" in body for body in bodies)
    with twilio.biz.scope():
        assert Contact.objects.get(phone=sender).opted_out_at is not None


def test_an_approval_beside_the_question_is_not_lost(twilio, stand_in, work, pass_time):
    number = PhoneNumber.objects.get(e164=twilio.biz.number)
    now = timezone.now()
    registration.change(number.pk, "pending", reason="filed", actor="test", at=now)
    sender = a_caller()
    with twilio.biz.scope():
        assert send_as(sender, "We are on our way", author="person").status == "held"
    # As if it had been committed before the held text was to be seen.
    PhoneNumber.objects.filter(pk=number.pk).update(registration="approved")
    pass_time(31)
    work()
    assert len(texts_to(stand_in.requests, sender)) == 1


def test_what_let_a_held_text_go_names_the_consent_it_relied_on(twilio, stand_in, work, pass_time):
    number = PhoneNumber.objects.get(e164=twilio.biz.number)
    PhoneNumber.objects.filter(pk=number.pk).update(registration="pending")
    twilio.call(a_caller()).dial_ends("no-answer")
    work()
    PhoneNumber.objects.filter(pk=number.pk).update(registration="approved")
    pass_time(31)
    work()
    with twilio.biz.scope():
        message, consent = Message.objects.get(), ConsentEvent.objects.get(kind="consent")
        assert [entry["consent_event"] for entry in message.clearances] == [consent.pk] * 2
        assert message.clearances[-1]["result"] == "send"


def test_who_was_answered_later_is_not_told_that_we_missed_him(twilio, stand_in, work, pass_time):
    number = PhoneNumber.objects.get(e164=twilio.biz.number)
    PhoneNumber.objects.filter(pk=number.pk).update(registration="pending")
    caller = a_caller()
    twilio.call(caller).dial_ends("no-answer")
    work()
    again = twilio.call(caller)
    again.arrives()
    again.screened("1")
    again.dial_ends("completed", bridged="true", DialCallDuration="300")
    again.ends("completed", 320)
    work()
    PhoneNumber.objects.filter(pk=number.pk).update(registration="approved")
    pass_time(31)
    work()
    assert texts_to(stand_in.requests, caller) == []
    with twilio.biz.scope():
        assert Message.objects.get().status == "cancelled"


def test_who_never_got_the_first_text_is_introduced_by_the_next(twilio, stand_in, work):
    stand_in.control({"mode": "refuse", "code": "30007"})
    caller = a_caller()
    twilio.call(caller).dial_ends("no-answer")
    work()
    stand_in.control({"mode": "ok"})
    with twilio.biz.scope():
        send_as(caller, "Hello, when suits you?", author="person")
    work()
    body = texts_to(stand_in.requests, caller)[-1]["form"]["Body"]
    assert "Lakeside Plumbing" in body and "STOP" in body


def test_yes_to_our_question_is_confirmed_once(twilio, stand_in, work):
    sender = a_caller()
    twilio.text(sender, "this is annoying")
    work()
    twilio.text(sender, "YES")
    work()
    bodies = [request["form"]["Body"] for request in texts_to(stand_in.requests, sender)]
    assert len(bodies) == 2 and "unsubscribed" in bodies[-1]


def test_an_older_start_does_not_undo_a_newer_stop(twilio):
    from django.db import transaction

    from messaging import consent
    from messaging.people import lock_contact

    now, sender = timezone.now(), a_caller()
    with twilio.biz.scope(), transaction.atomic():
        contact = lock_contact(sender, now)
        consent.record(contact, "opt_out", at=now, channel="sms")
        consent.record(contact, "opt_in", at=now - timedelta(seconds=8), channel="sms")
        assert Contact.objects.get(phone=sender).opted_out_at is not None


def test_a_late_event_brings_nobody_back_who_was_erased(twilio, work):
    from calls.models import Call
    from messaging.erasure import erase

    caller = a_caller()
    call = twilio.call(caller)
    call.arrives()
    call.dial_ends("no-answer")
    work()
    with twilio.biz.scope():
        contact = Contact.objects.get()
        erase(contact.pk, actor="owner", door="page", at=timezone.now())
    call.ends("completed", 40)
    work()
    with twilio.biz.scope():
        assert not Contact.objects.filter(phone=caller).exists()
        assert (
            Call.objects.get().contact_id == contact.pk and caller not in Call.objects.get().caller
        )
