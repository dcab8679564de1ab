"""Delivery receipts in any order, before our own answer, twice, contradicting each other."""

from __future__ import annotations

import threading
import time
from itertools import permutations

import pytest
from django.db import connection

from billing.models import UsageRecord
from messaging.models import Contact, Message
from messaging.services import send_as
from tenants.models import ProviderEvent
from tests.support.agenda import unfinished
from tests.support.hooks import a_sid, texts_to


@pytest.fixture
def sent(twilio, stand_in, work):
    """A text that the provider took: (its callback, its id)."""

    def run():
        call = twilio.call()
        call.dial_ends("no-answer")
        work()
        request = stand_in.requests[-1]
        return request["form"]["StatusCallback"], request["sid"]

    return run


def status_of(twilio, sid: str) -> str:
    with twilio.biz.scope():
        return str(Message.objects.get(provider_id=sid).status)


def test_any_order_ends_delivered(twilio, sent, work):
    for order in permutations(["queued", "sending", "sent", "delivered"]):
        callback, sid = sent()
        for status in (*order, *order):
            assert twilio.receipt(callback, status, sid).status_code == 200
        work()
        assert status_of(twilio, sid) == "delivered"


@pytest.mark.parametrize("first", ["delivered", "undelivered", "failed"])
@pytest.mark.parametrize("second", ["delivered", "undelivered", "failed", "read", "sent"])
def test_the_first_final_word_stays(first, second, twilio, sent, work):
    callback, sid = sent()
    for status in (first, second):
        twilio.receipt(
            callback, status, sid, **({"ErrorCode": "30003"} if status != "delivered" else {})
        )
        work()
    assert status_of(twilio, sid) == first


def test_a_failure_says_why_and_draws_its_consequences(twilio, sent, work, dentist):
    callback, sid = sent()
    twilio.receipt(callback, "undelivered", sid, ErrorCode="30006")
    work()
    with twilio.biz.scope():
        message = Message.objects.get(provider_id=sid)
        assert (message.status, message.error_code) == (
            "undelivered",
            "30006",
        ) and "landline" in message.error_sentence
        assert Contact.objects.get().untextable_at is not None
    with dentist.scope():
        assert not Contact.objects.exists()


def test_an_opt_out_at_the_carrier_cancels_what_waits(twilio, sent, work, stand_in):
    callback, sid = sent()
    with twilio.biz.scope():
        phone = Contact.objects.get().phone
        send_as(phone, "Are you there?", author="person")
    twilio.receipt(callback, "failed", sid, ErrorCode="21610")
    from tenants import agenda

    agenda.run_due("bulk")
    work()
    with twilio.biz.scope():
        assert Contact.objects.get().opted_out_at is not None
        assert Message.objects.get(author="person").status == "cancelled"
    assert len(stand_in.requests) == 1


def test_a_receipt_that_comes_before_our_answer(twilio, stand_in, work):
    stand_in.latency = 0.6

    def work_apart() -> None:
        try:
            work()
        finally:
            connection.close()

    twilio.call().dial_ends("no-answer")
    worker = threading.Thread(target=work_apart)
    worker.start()
    until = time.monotonic() + 10
    while not stand_in.taken and time.monotonic() < until:
        time.sleep(0.005)
    (request,) = stand_in.requests
    for status in ("sent", "delivered"):
        twilio.receipt(request["form"]["StatusCallback"], status, request["sid"])
    from tenants import agenda

    agenda.run_due("bulk")
    assert worker.is_alive() and status_of(twilio, request["sid"]) == "delivered"
    worker.join()
    assert status_of(twilio, request["sid"]) == "delivered"
    assert UsageRecord.objects.count() == 1
    waiting = unfinished()
    assert list(waiting.values_list("kind", "claimed_by", "last_error")) == []


def test_a_receipt_settles_a_text_whose_answer_was_lost(
    twilio, stand_in, work, pass_time, monkeypatch
):
    stand_in.control({"mode": "accept_then_close", "times": 1})
    twilio.call().dial_ends("no-answer")
    work()
    (request,) = stand_in.requests
    twilio.receipt(request["form"]["StatusCallback"], "sent", request["sid"])
    work()
    assert status_of(twilio, request["sid"]) == "sent" and UsageRecord.objects.count() == 1
    monkeypatch.setattr(stand_in, "list_messages", None)  # asking now would break
    pass_time(120)
    work()
    assert len(stand_in.requests) == 1 and not unfinished().exists()


def test_a_receipt_for_a_text_that_is_not_ours(twilio, work):
    for callback in (
        "/webhooks/twilio/messaging/status",
        "/webhooks/twilio/messaging/status?message=" + "0" * 32,
    ):
        assert twilio.receipt(callback, "delivered", a_sid("SM")).status_code == 200
    work()
    assert set(ProviderEvent.objects.values_list("state", flat=True)) == {"processed"}
    assert all(ProviderEvent.objects.values_list("note", flat=True))


def test_one_id_never_serves_two_texts(twilio, sent, work):
    """A receipt that names one text and carries another's id is believed in its id."""
    (one, one_sid), (_two, two_sid) = sent(), sent()
    twilio.receipt(one, "delivered", two_sid)
    work()
    assert (status_of(twilio, one_sid), status_of(twilio, two_sid)) == ("sent", "delivered")


def test_a_receipt_that_names_no_sender_is_found_by_its_own_callback(twilio, work, stand_in):
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    (sent,) = texts_to(stand_in.requests, call.caller)
    path = sent["form"]["StatusCallback"].removeprefix(twilio.public)
    fields = {
        "AccountSid": twilio.biz.account_sid,
        "MessageSid": sent["sid"],
        "MessageStatus": "delivered",
    }
    assert twilio.post(path, fields).status_code == 200
    work()
    with twilio.biz.scope():
        assert Message.objects.get().status == "delivered"
