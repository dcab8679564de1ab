"""A missed call is texted back, from the webhook to the caller's reply in the inbox."""

from __future__ import annotations

from calls.models import Call
from messaging.models import Conversation, Message
from tests.support.hooks import a_caller, texts_to


def test_a_missed_call_is_texted_and_the_other_business_saw_nothing(
    twilio, work, stand_in, dentist
):
    caller = a_caller()
    call = twilio.call(caller)
    assert b"<Dial" in call.arrives().content
    answer = call.dial_ends("no-answer")
    assert b"we may text this number" in answer.content and b"<Record" in answer.content
    work()

    (sent,) = texts_to(stand_in.requests, caller)
    assert sent["form"]["From"] == twilio.biz.number
    assert "Lakeside Plumbing" in sent["form"]["Body"]
    assert "STOP" in sent["form"]["Body"]
    with twilio.biz.scope():
        row = Call.objects.get(provider_id=call.sid)
        assert (row.outcome, row.missed_because, row.decision) == ("missed", "no_answer", "send")
        assert row.receipt["questions"][0]["asked"] == "Was the call missed?"
        message = Message.objects.get(author="rule")
        assert (message.status, message.provider_id) == ("sent", sent["sid"])
    with dentist.scope():
        assert not Call.objects.exists() and not Message.objects.exists()
        assert not Conversation.objects.exists()


def test_the_receipt_moves_forward_only_and_the_reply_lands_in_the_thread(twilio, work, stand_in):
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    (sent,) = texts_to(stand_in.requests, call.caller)
    for status in ("delivered", "sent", "sending"):
        assert (
            twilio.receipt(sent["form"]["StatusCallback"], status, sent["sid"]).status_code == 200
        )
    twilio.text(call.caller, "My sink is leaking")
    work()
    with twilio.biz.scope():
        assert Message.objects.get(direction="out").status == "delivered"
        assert Message.objects.get(direction="in").body == "My sink is leaking"
        conversation = Conversation.objects.get()
        assert conversation.last_line == "My sink is leaking" and conversation.unread == 2
