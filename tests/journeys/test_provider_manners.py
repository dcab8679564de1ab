"""The provider is busy, broken, silent or refuses: one text at most, and people are told why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import UsageRecord
from calls.models import Call
from messaging.models import ConsentEvent, Contact, Message
from tests.support.agenda import unfinished
from tests.support.hooks import texts_to
from tests.support.rules import change_rule


@pytest.fixture
def missed(twilio, work):
    """A missed call, worked on once."""

    def run(caller: str | None = None):
        call = twilio.call(caller)
        assert call.dial_ends("no-answer").status_code == 200
        work()
        return call

    return run


def taken(stand_in, number: str) -> int:
    """How many texts to a number the provider really took."""
    return sum(record["to"] == number for record in stand_in.taken.values())


def the_message(twilio) -> Message:
    with twilio.biz.scope():
        return Message.objects.get(direction="out")


@pytest.mark.parametrize("times", [1, 3])
def test_too_busy_is_tried_again_later(times, twilio, stand_in, missed, pass_time, work, dentist):
    stand_in.control({"mode": "429", "times": times})
    call = missed()
    assert the_message(twilio).status == "queued" and taken(stand_in, call.caller) == 0
    for _ in range(times):
        pass_time(200)
        work()
    assert the_message(twilio).status == "sent"
    assert taken(stand_in, call.caller) == 1 and len(stand_in.requests) == times + 1
    with dentist.scope():
        assert not Message.objects.exists()


def test_busy_until_it_is_too_late_is_given_up_with_a_reason(
    twilio, stand_in, missed, pass_time, work
):
    with twilio.biz.scope():
        change_rule(expires_after=timedelta(seconds=20))
    stand_in.control({"mode": "429"})
    missed()
    for _ in range(12):
        pass_time(200)
        work()
    message = the_message(twilio)
    assert message.status == "failed" and "too late" in message.error_sentence
    asked = len(stand_in.requests)
    stand_in.control({"mode": "ok"})
    pass_time(2000)
    work()
    assert len(stand_in.requests) == asked and not unfinished().exists()


@pytest.mark.parametrize("mode", ["accept_then_timeout", "accept_then_close"])
def test_an_answer_that_never_came_is_found_out_and_not_sent_again(
    mode, twilio, stand_in, missed, pass_time, work
):
    stand_in.control({"mode": mode, "times": 1})
    call = missed()
    message = the_message(twilio)
    assert message.status == "sending" and message.unknown_since is not None
    for _ in range(4):
        pass_time(60)
        work()
    message = the_message(twilio)
    (sid,) = stand_in.taken
    assert (message.status, message.provider_id) == ("sent", sid)
    assert taken(stand_in, call.caller) == len(stand_in.requests) == 1
    assert UsageRecord.objects.count() == 1 and not unfinished().exists()


@pytest.mark.parametrize("mode", ["timeout", "500"])
def test_a_text_the_provider_says_twice_it_never_got_is_sent_again(
    mode, twilio, stand_in, missed, pass_time, work
):
    stand_in.control({"mode": mode, "times": 1})
    call = missed()
    assert the_message(twilio).status == "sending"
    for _ in range(4):
        pass_time(60)
        work()
    assert the_message(twilio).status == "sent"
    assert taken(stand_in, call.caller) == 1 and len(stand_in.requests) == 2


def test_a_text_found_to_have_failed_keeps_its_reason(twilio, stand_in, missed, pass_time, work):
    stand_in.control({"mode": "accept_then_timeout", "times": 1})
    call = missed()
    (record,) = stand_in.taken.values()
    record.update(status="undelivered", error_code=30006)
    for _ in range(3):
        pass_time(60)
        work()
    message = the_message(twilio)
    assert (message.status, message.error_code) == (
        "undelivered",
        "30006",
    ) and "landline" in message.error_sentence
    with twilio.biz.scope():
        assert Contact.objects.get(phone=call.caller).untextable_at is not None


def test_an_unreachable_provider_gets_the_text_once_it_is_back(
    twilio, stand_in, settings, missed, pass_time, work
):
    there, settings.TWILIO_API_BASE_URL = settings.TWILIO_API_BASE_URL, "http://127.0.0.1:9"
    call = missed()
    assert the_message(twilio).status == "queued"
    settings.TWILIO_API_BASE_URL = there
    pass_time(200)
    work()
    assert taken(stand_in, call.caller) == 1


@pytest.mark.parametrize(
    ("code", "opted_out", "untextable"),
    [
        ("21610", True, False),
        ("30004", True, False),
        ("21614", False, True),
        ("21211", False, True),
        ("30005", False, True),
        ("30006", False, True),
        ("21606", False, False),
        ("21408", False, False),
        ("30007", False, False),
        ("99999", False, False),
    ],
)
def test_a_refusal_has_its_consequences_and_a_sentence(
    code, opted_out, untextable, twilio, stand_in, missed, pass_time, work, dentist
):
    stand_in.control({"mode": "refuse", "code": code})
    call = missed()
    message = the_message(twilio)
    assert (message.status, message.error_code) == (
        "failed",
        code,
    ) and message.error_sentence.endswith(".")
    with twilio.biz.scope():
        contact = Contact.objects.get()
        assert (contact.opted_out_at is not None, contact.untextable_at is not None) == (
            opted_out,
            untextable,
        )
        ledger = list(ConsentEvent.objects.exclude(kind="consent").values_list("kind", "channel"))
        assert ledger == ([("opt_out", "provider")] if opted_out else [])
    stand_in.control({"mode": "ok"})
    pass_time(600)
    work()
    assert len(stand_in.requests) == 1
    again = missed(call.caller)
    with twilio.biz.scope():
        row = Call.objects.get(provider_id=again.sid)
        assert row.decision == ("skip" if opted_out or untextable else "send")
    with dentist.scope():
        assert not Contact.objects.exists()


@pytest.mark.parametrize("code", ["21611", "30001", "20429", "30022"])
def test_a_refusal_for_now_is_tried_again(code, twilio, stand_in, missed, pass_time, work):
    stand_in.control({"mode": "refuse", "code": code, "times": 1})
    call = missed()
    assert the_message(twilio).status == "queued"
    pass_time(200)
    work()
    assert taken(stand_in, call.caller) == 1 and the_message(twilio).status == "sent"


def test_what_waited_too_long_is_not_sent(twilio, stand_in, missed, pass_time, work):
    stand_in.control({"mode": "429", "times": 1})
    missed()
    with twilio.biz.scope():
        Message.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    pass_time(200)
    work()
    message = the_message(twilio)
    assert (message.status, message.error_code) == ("cancelled", "STALE_INQUIRY")
    assert taken(stand_in, message.their_number) == 0


def test_two_alike_texts_whose_answers_were_lost_are_two(twilio, stand_in, pass_time, work):
    from messaging.services import send_as

    stand_in.control({"mode": "accept_then_close", "times": 2})
    with twilio.biz.scope():
        for _ in range(2):
            send_as("+17735561234", "ok", author="person")
    work()
    for _ in range(6):
        pass_time(60)
        work()
    with twilio.biz.scope():
        assert {m.status for m in Message.objects.all()} == {"sent"}
        assert {m.provider_id for m in Message.objects.all()} == set(stand_in.taken)
    assert len(stand_in.taken) == 2


def test_what_is_sent(twilio, stand_in, missed):
    call = missed()
    (sent,) = texts_to(stand_in.requests, call.caller)
    form = sent["form"]
    assert set(form) == {"To", "From", "Body", "StatusCallback", "ValidityPeriod"}
    assert 1 <= int(form["ValidityPeriod"]) <= 30 * 60
    query = form["StatusCallback"].partition("?")[2].split("&")
    assert query == sorted(query) and f"message={the_message(twilio).pk}" in query
