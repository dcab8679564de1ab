"""What the verbs about calls promise beside the outcome: neighbours' texts, locks, honest receipts."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from calls.models import Call
from messaging.models import Contact, Message
from messaging.services import send_as
from tenants import agenda
from tenants.models import PhoneNumber, ProviderEvent
from tests.support.agenda import unfinished
from tests.support.hooks import texts_to
from tests.support.rules import change_rule


def test_a_late_answered_takes_back_only_the_rule_s_own_text(twilio, work, stand_in):
    with twilio.biz.scope():
        change_rule(delay=timedelta(minutes=5))
    PhoneNumber.objects.filter(e164=twilio.biz.number).update(press_one=False)
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    stand_in.control({"mode": "429", "times": 1})
    with twilio.biz.scope():
        send_as(call.caller, "We'll be there at 3", author="person")
    work()
    call.dial_ends("completed", "true", DialCallDuration="30")
    work()
    with twilio.biz.scope():
        assert Message.objects.get(author="rule").status == "cancelled"
        assert Message.objects.get(author="person").status == "queued"
        assert Call.objects.get().decision_reason == "ANSWERED"


def test_the_receipt_never_says_no_text_where_one_was_sent(twilio, work, stand_in):
    PhoneNumber.objects.filter(e164=twilio.biz.number).update(press_one=False)
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    call.dial_ends("completed", "true", DialCallDuration="30")
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    with twilio.biz.scope():
        row = Call.objects.get()
        assert row.outcome == "answered"
        assert not row.receipt["sentence"].startswith("No text") and row.decision != "skip"


def test_the_fallback_s_greeting_is_no_conversation(twilio, work, stand_in, pass_time):
    """The Dial's word was lost, the provider fell back to our greeting: nobody took the call."""
    PhoneNumber.objects.filter(e164=twilio.biz.number).update(press_one=False)
    with twilio.biz.scope():
        change_rule(ring_at_least=timedelta(0))
    call = twilio.call()
    call.arrives()
    assert b"Say" in call.falls_back().content
    call.ends("completed", 14)
    work()
    pass_time(30)
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    with twilio.biz.scope():
        assert Call.objects.get().outcome == "missed"


def test_a_recording_s_own_callback_finds_its_call(twilio, work, dentist):
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    assert call.recording_is_ready(21).status_code == 200
    work()
    assert set(ProviderEvent.objects.values_list("state", flat=True)) == {"processed"}
    with twilio.biz.scope():
        row = Call.objects.get()
        assert (row.outcome, row.voicemail_seconds) == ("voicemail", 21) and row.voicemail_url
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_staff_leg_s_event_takes_the_person_s_lock_before_the_call_s(twilio, work):
    """Two orders of locking would be a deadlock between a screen and a Dial event."""
    call = twilio.call()
    call.arrives()
    work()
    call.screened("1")

    def work_apart() -> None:
        try:
            agenda.run_due("realtime")
        finally:
            connection.close()

    worker = threading.Thread(target=work_apart)
    with twilio.biz.scope(), transaction.atomic():
        Contact.objects.select_for_update().get(phone=call.caller)
        worker.start()
        until = time.monotonic() + 10
        while not _somebody_waits() and time.monotonic() < until:
            time.sleep(0.01)
        assert _somebody_waits()
        # Whoever waits for the person must not hold the call meanwhile.
        assert Call.objects.select_for_update(nowait=True).get(provider_id=call.sid)
    worker.join()
    with twilio.biz.scope():
        assert Call.objects.get().outcome == "answered"
    assert not unfinished().exists()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_missed_call_is_unread_once(twilio, work):
    call = twilio.call()
    call.arrives()
    for _ in range(2):
        call.dial_ends("no-answer")
    call.ends("completed", 8)
    work()
    with twilio.biz.scope():
        contact = Contact.objects.get()
        assert contact.conversation.unread == 1


@pytest.mark.parametrize("status", ["ringing", "in-progress", "queued", "initiated", ""])
def test_a_callback_about_a_call_that_goes_on_ends_nothing(
    status, twilio, work, stand_in, pass_time
):
    call = twilio.call()
    call.arrives()
    call.ends(status)
    work()
    pass_time(300)
    work()
    assert stand_in.requests == []
    with twilio.biz.scope():
        assert Call.objects.get().outcome == "in_progress"
