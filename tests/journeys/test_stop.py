"""STOP, START and HELP: obeyed before the answer, per business, once, and nothing waiting escapes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from messaging.models import ConsentEvent, Contact, Message
from messaging.services import NotAllowed, send_as
from tests.support.hooks import Provider, a_caller, a_sid, texts_to
from tests.support.rules import change_rule


def contact_of(biz, phone):
    with biz.scope():
        return Contact.objects.filter(phone=phone).first()


@pytest.mark.parametrize(
    "word", ["STOP", "stop", "Unsubscribe", "please stop", "S T O P", "Opt-out"]
)
def test_stop_is_obeyed_before_the_answer_with_no_worker_at_all(word, twilio, stand_in, dentist):
    sender = a_caller()
    answer = twilio.text(sender, word)
    assert (
        answer.status_code == 200
        and b"<Response" in answer.content
        and b"Message" not in answer.content
    )
    contact = contact_of(twilio.biz, sender)
    assert contact.opted_out_at is not None
    with twilio.biz.scope():
        event = ConsentEvent.objects.get()
        assert (event.kind, event.phone, event.raw_text) == ("opt_out", sender, word)
        assert Message.objects.get(direction="in").body == word
    assert contact_of(dentist, sender) is None
    assert stand_in.requests == []


def test_what_the_provider_says_it_made_of_a_text_counts(twilio):
    sender = a_caller()
    twilio.text(sender, "arrêtez", OptOutType="STOP")
    assert contact_of(twilio.biz, sender).opted_out_at is not None
    twilio.text(sender, "recommencez", OptOutType="START")
    assert contact_of(twilio.biz, sender).opted_out_at is None


def test_who_opted_out_gets_no_text_back_and_no_reply_until_he_starts_again(twilio, stand_in, work):
    sender = a_caller()
    twilio.text(sender, "STOP")
    call = twilio.call(sender)
    call.dial_ends("no-answer")
    work()
    assert texts_to(stand_in.requests, sender) == []
    with twilio.biz.scope(), pytest.raises(NotAllowed, match="opted out"):
        send_as(sender, "Hello?", author="person")
    twilio.text(sender, "START")
    call = twilio.call(sender)
    call.dial_ends("no-answer")
    work()
    assert len(texts_to(stand_in.requests, sender)) == 1
    with twilio.biz.scope():
        assert list(ConsentEvent.objects.order_by("pk").values_list("kind", flat=True)) == [
            "opt_out",
            "opt_in",
        ]


def test_opting_out_of_one_business_is_not_opting_out_of_another(
    twilio, stand_in, work, dentist, web_url
):
    sender = a_caller()
    twilio.text(sender, "STOP")
    Provider(dentist, web_url).call(sender).ends("completed", 9)
    work()
    (sent,) = texts_to(stand_in.requests, sender)
    assert sent["form"]["From"] == dentist.number
    assert contact_of(dentist, sender).opted_out_at is None


def test_stop_cancels_every_text_that_waits(twilio, stand_in, work, pass_time):
    sender = a_caller()
    with twilio.biz.scope():
        from datetime import timedelta

        change_rule(delay=timedelta(seconds=60))
    twilio.call(sender).dial_ends("no-answer")
    work()
    with twilio.biz.scope():
        send_as(sender, "We are on our way", author="person")
        assert Message.objects.filter(status="queued").count() == 2
    twilio.text(sender, "STOP")
    with twilio.biz.scope():
        assert Message.objects.filter(direction="out", status="cancelled").count() == 2
    pass_time(120)
    work()
    assert texts_to(stand_in.requests, sender) == []


def test_only_words_the_provider_does_not_answer_are_confirmed_by_us(twilio, stand_in, work):
    exact, loose, helped = a_caller(), a_caller(), a_caller()
    twilio.text(exact, "STOP")
    twilio.text(loose, "please stop")
    twilio.text(helped, "Help!")
    work()
    assert texts_to(stand_in.requests, exact) == []
    (confirmation,) = texts_to(stand_in.requests, loose)
    assert (
        "unsubscribed" in confirmation["form"]["Body"]
        and "Lakeside Plumbing" in confirmation["form"]["Body"]
    )
    (answer,) = texts_to(stand_in.requests, helped)
    assert "STOP" in answer["form"]["Body"]
    twilio.text(loose, "stop it please now")  # no instruction: and no second confirmation either
    twilio.text(loose, "please stop")
    work()
    assert len(texts_to(stand_in.requests, loose)) == 1


def test_the_same_stop_twenty_times_at_once_is_one(twilio, stand_in, work):
    sender, sid = a_caller(), a_sid("SM")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: twilio.text(sender, "STOP please", sid=sid), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    work()
    with twilio.biz.scope():
        assert (
            ConsentEvent.objects.count() == 1
            and Message.objects.filter(direction="in").count() == 1
        )
    assert len(texts_to(stand_in.requests, sender)) == 1


def test_stop_from_the_fallback_address_is_obeyed_too(twilio):
    sender, sid = a_caller(), a_sid("SM")
    fields = {
        "AccountSid": twilio.biz.account_sid,
        "MessageSid": sid,
        "From": sender,
        "To": twilio.biz.number,
        "Body": "STOP",
        "NumMedia": "0",
        "ErrorCode": "11200",
        "ErrorUrl": "http://ringback.test/x",
    }
    assert twilio.post("fallback", fields).status_code == 200
    assert contact_of(twilio.biz, sender).opted_out_at is not None
    assert twilio.text(sender, "STOP", sid=sid).status_code == 200
    with twilio.biz.scope():
        assert ConsentEvent.objects.count() == 1 and Message.objects.count() == 1


def test_stop_from_nobody_is_stored_and_quiet(twilio, work):
    for sender in ("anonymous", "53079", "", "BANK"):
        assert twilio.text(sender, "STOP").status_code == 200
    work()
    with twilio.biz.scope():
        assert not Contact.objects.exists()


def test_a_suspended_business_still_obeys(twilio, stand_in, work):
    from tenants.models import Business

    Business.objects.filter(pk=twilio.biz.business.pk).update(suspended_at="2026-01-01T00:00:00Z")
    sender, caller = a_caller(), a_caller()
    twilio.text(sender, "STOP")
    twilio.call(caller).dial_ends("no-answer")
    work()
    assert contact_of(twilio.biz, sender).opted_out_at is not None
    assert stand_in.requests == []


def test_yes_is_an_ordinary_answer(twilio, work):
    sender = a_caller()
    twilio.text(sender, "STOP")
    twilio.text(sender, "YES")
    work()
    assert contact_of(twilio.biz, sender).opted_out_at is not None
    with twilio.biz.scope():
        assert Message.objects.filter(body="YES").exists()


def test_a_call_of_somebody_who_opted_out_is_a_task_for_the_staff(twilio, stand_in, work, dentist):
    from messaging.models import Alert, Refusal

    sender = a_caller()
    twilio.text(sender, "please stop")
    work()
    for _ in range(2):
        twilio.call(sender).dial_ends("no-answer")
    work()
    assert len(texts_to(stand_in.requests, sender)) == 1  # the confirmation alone
    with twilio.biz.scope():
        alert = Alert.objects.get(resolved_at=None)
        assert (alert.code, alert.times) == ("OPTOUT_NEW_CALL_NO_TEXT", 2) and alert.fix
        assert set(Refusal.objects.values_list("code", flat=True)) == {"OPTOUT_NEW_CALL_NO_TEXT"}
    with dentist.scope():
        assert not Alert.objects.exists() and not Refusal.objects.exists()
