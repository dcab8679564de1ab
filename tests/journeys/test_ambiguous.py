"""What could mean STOP: the machines are silent, one question is asked, the staff knows and decides."""

from __future__ import annotations

import pytest
from django.utils import timezone

from messaging.models import Alert, ConsentEvent, Contact, Message
from messaging.services import send_as
from tests.support.hooks import a_caller, texts_to


def contact_of(biz, phone):
    with biz.scope():
        return Contact.objects.get(phone=phone)


def held(biz):
    with biz.scope():
        return list(Message.objects.filter(status="held").values_list("hold_code", flat=True))


@pytest.fixture
def doubtful(twilio, work):
    """Somebody who was texted back and answered something that could mean STOP."""
    sender = a_caller()
    twilio.call(sender).dial_ends("no-answer")
    work()
    twilio.text(sender, "too many texts")
    work()
    return sender


def test_one_question_is_asked_and_everything_else_waits(doubtful, twilio, stand_in, work, dentist):
    _, question = texts_to(stand_in.requests, doubtful)
    assert "Should we stop texting you?" in question["form"]["Body"]
    assert contact_of(twilio.biz, doubtful).paused_until > timezone.now()
    with twilio.biz.scope():
        assert send_as(doubtful, "Your plumber is on the way", author="api").status == "held"
        alert = Alert.objects.get()
        assert alert.code == "COULD_MEAN_STOP" and alert.contact.phone == doubtful
    twilio.text(doubtful, "annoying")
    twilio.call(doubtful).dial_ends("no-answer")
    work()
    assert len(texts_to(stand_in.requests, doubtful)) == 2
    assert "SOFT_PAUSED" in held(twilio.biz)
    with dentist.scope():
        assert not Alert.objects.exists() and not ConsentEvent.objects.exists()


def test_an_ordinary_answer_ends_the_pause_and_what_waited_goes(doubtful, twilio, stand_in, work):
    with twilio.biz.scope():
        send_as(doubtful, "Your plumber is on the way", author="api")
    twilio.text(doubtful, "Sorry, that was for my brother. My sink leaks, can you come?")
    work()
    assert contact_of(twilio.biz, doubtful).paused_until is None
    assert "on the way" in texts_to(stand_in.requests, doubtful)[-1]["form"]["Body"]
    with twilio.biz.scope():
        kinds = list(ConsentEvent.objects.order_by("seq").values_list("kind", flat=True))
        assert kinds[-2:] == ["resume", "consent"] and not Alert.objects.filter(resolved_at=None)


@pytest.mark.parametrize("word", ["yes", "Yes please", "STOP"])
def test_yes_to_the_question_means_stop(word, doubtful, twilio, stand_in, work):
    twilio.text(doubtful, word)
    work()
    contact = contact_of(twilio.biz, doubtful)
    assert contact.opted_out_at is not None and contact.paused_until is None


def test_no_to_the_question_is_left_to_a_person(doubtful, twilio, work):
    twilio.text(doubtful, "no")
    work()
    contact = contact_of(twilio.biz, doubtful)
    assert contact.opted_out_at is None and contact.paused_until is not None


def test_a_bare_no_to_a_member_s_question_is_an_answer(twilio, stand_in, work):
    sender = a_caller()
    twilio.text(sender, "My sink leaks")
    work()
    with twilio.biz.scope():
        send_as(sender, "Do you have a dog?", author="person")
    work()
    twilio.text(sender, "No")
    work()
    assert contact_of(twilio.biz, sender).paused_until is None
    assert len(texts_to(stand_in.requests, sender)) == 1


def test_a_picture_alone_means_nothing_of_the_kind(twilio, work):
    sender = a_caller()
    twilio.text(
        sender, "", NumMedia="1", MediaUrl0="https://example.com/x", MediaContentType0="image/png"
    )
    work()
    contact = contact_of(twilio.biz, sender)
    assert contact.paused_until is None and contact.opted_out_at is None


def test_words_alone_do_not_lift_what_the_carrier_blocks_but_start_does(twilio, work):
    sender = a_caller()
    twilio.text(sender, "STOP")
    twilio.text(sender, "You can text me again")
    work()
    assert contact_of(twilio.biz, sender).opted_out_at is not None
    with twilio.biz.scope():
        assert Alert.objects.get(resolved_at=None).code == "WANTS_TEXTS_AGAIN"
    twilio.text(sender, "START")
    work()
    assert contact_of(twilio.biz, sender).opted_out_at is None


def test_a_booking_and_an_opt_out_in_one_text_is_an_opt_out(twilio, stand_in, work):
    sender = a_caller()
    twilio.text(sender, "Thursday at 2 works, see you then. But please stop texting me")
    work()
    assert contact_of(twilio.biz, sender).opted_out_at is not None
    (confirmation,) = texts_to(stand_in.requests, sender)
    assert "unsubscribed" in confirmation["form"]["Body"]


def test_delete_my_data_is_an_opt_out_and_a_task(twilio, work):
    sender = a_caller()
    twilio.text(sender, "unsubscribe me and delete my data")
    work()
    assert contact_of(twilio.biz, sender).opted_out_at is not None
    with twilio.biz.scope():
        assert Alert.objects.filter(code="ERASURE_REQUESTED", resolved_at=None).exists()
