"""A promise of ours: warned of, kept by a call or a text, broken when its time is over, gone with its text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inbox.activity import Actor
from inbox.models import Notice, Promise
from inbox.people import merging
from inbox.waits import promising
from messaging.erasure import erase
from messaging.models import Conversation, Message, MessageTemplate
from messaging.scheduled import call_off
from tenants.models import AgendaItem
from tests.inbox.waits.conftest import answer

IN_AN_HOUR = "We'll get back to you within 60 minutes."
VISIT = "Our technician will be there in 3 hours."


def rows(biz) -> int:
    return AgendaItem.objects.filter(kind="inbox.promise", business_id=biz.business.pk).count()


def pass_promise(minutes: float) -> None:
    """As if the promise had been made so much earlier."""
    from django.db.models import F

    gone = timedelta(minutes=minutes)
    Promise.objects.update(
        due_at=F("due_at") - gone, warn_at=F("warn_at") - gone, created_at=F("created_at") - gone
    )


@pytest.fixture
def promised(writes, plumber):
    """Somebody who was promised to hear from us within the hour."""
    thread = writes()
    answer(plumber, thread.contact.phone, IN_AN_HOUR)
    return thread


def test_a_member_s_promise_is_kept_by_a_text(promised, plumber, dentist):
    with plumber.scope():
        promise = Promise.objects.get()
        assert (promise.what, promise.state) == ("contact", "open")
        assert promise.words == "We'll get back to you within 60 minutes"
        assert promise.due_at == Message.objects.get(direction="out").created_at + timedelta(
            hours=1
        )
        assert Conversation.objects.get().promise_at is None
    assert rows(plumber) == 1
    with plumber.scope():
        Promise.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    answer(plumber, promised.contact.phone, "It is done.")
    with plumber.scope():
        promise.refresh_from_db()
        assert (promise.state, promise.ended_by_name) == ("kept", "Dana")
    assert rows(plumber) == 0
    with dentist.scope():
        assert not Promise.objects.exists()


def test_it_is_warned_of_once_and_broken_once(promised, work, pass_time, plumber, dentist):
    with plumber.scope():
        pass_promise(50)
    pass_time(50 * 60)
    work()
    with plumber.scope():
        thread = Conversation.objects.get()
        assert thread.promise_at is not None and thread.actionable_at == thread.promise_at
        soon = Notice.objects.filter(kind="promise")
        assert soon.count() == 1 and "expects to hear from you" in soon.get().title
        pass_promise(20)
    pass_time(20 * 60)
    work()
    work()
    with plumber.scope():
        promise = Promise.objects.get()
        assert (promise.state, promise.ended_at) == ("broken", promise.due_at)
        told = Notice.objects.filter(kind="promise", title__contains="was not kept")
        assert told.filter(channel="email", user=plumber.owner.pk).count() == 1
        assert Conversation.objects.get().promise_at is not None
    assert rows(plumber) == 0
    answer(plumber, promised.contact.phone, "Sorry, here I am.")
    with plumber.scope():
        assert Conversation.objects.get().promise_at is None
        assert Promise.objects.get().state == "broken"
    with dentist.scope():
        assert not Notice.objects.exists()


def test_an_answered_call_keeps_it(promised, twilio, work, plumber):
    call = twilio.call(promised.contact.phone)
    call.arrives()
    call.screened("1")
    call.dial_ends("completed", bridged="true", DialCallDuration="60")
    call.ends(seconds=80)
    work()
    with plumber.scope():
        assert Promise.objects.get().state == "kept"


def test_their_own_text_keeps_nothing(promised, writes, plumber):
    writes("Are you there?", promised.contact.phone)
    with plumber.scope():
        assert Promise.objects.get().state == "open"


def test_a_new_promise_takes_the_place_of_the_old(promised, plumber):
    answer(plumber, promised.contact.phone, "I'll call you in 3 hours instead.")
    with plumber.scope():
        assert list(Promise.objects.order_by("pk").values_list("state", flat=True)) == [
            "called_off", "open",
        ]  # fmt: skip


def test_a_visit_is_kept_by_a_member_s_word_alone(writes, plumber):
    thread = writes()
    answer(plumber, thread.contact.phone, VISIT)
    answer(plumber, thread.contact.phone, "Ring the bell twice.")
    with plumber.scope():
        promise = Promise.objects.get()
        assert (promise.what, promise.state) == ("visit", "open")
        assert promising.settle(promise.pk, "kept", plumber.owner, timezone.now())
        assert not promising.settle(promise.pk, "called_off", plumber.owner, timezone.now())
        promise.refresh_from_db()
        assert (promise.state, promise.ended_by_name) == ("kept", str(plumber.owner))
        with pytest.raises(ValueError, match="state"):
            promising.settle(promise.pk, "broken", plumber.owner, timezone.now())
    assert rows(plumber) == 0


def test_what_was_taken_back_promised_nothing(writes, plumber):
    thread = writes()
    later = {"send_after": timezone.now() + timedelta(seconds=5)}
    message = answer(plumber, thread.contact.phone, IN_AN_HOUR, **later)
    with plumber.scope():
        assert Promise.objects.count() == 1
        call_off(message, plumber.business.pk, code="UNDONE", sentence="Taken back.")
        assert not Promise.objects.exists()
    assert rows(plumber) == 0


def test_what_kept_a_promise_and_was_taken_back_kept_nothing(promised, plumber):
    with plumber.scope():
        Promise.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    later = {"send_after": timezone.now() + timedelta(seconds=5)}
    message = answer(plumber, promised.contact.phone, "Hello", **later)
    with plumber.scope():
        assert Promise.objects.get().state == "kept"
        call_off(message, plumber.business.pk, code="UNDONE", sentence="Taken back.")
        assert Promise.objects.get().state == "open"
    assert rows(plumber) == 1


def test_a_rule_s_text_promises_and_an_api_client_s_does_not(writes, twilio, work, plumber):
    with plumber.scope():
        MessageTemplate.objects.update(
            body="{business}: Sorry we missed you. We'll call you back within 2 hours. Reply STOP to opt out."
        )
    twilio.call().dial_ends("no-answer")
    work()
    with plumber.scope():
        promise = Promise.objects.get()
        assert promise.words == "We'll call you back within 2 hours"
    thread = writes()
    answer(plumber, thread.contact.phone, IN_AN_HOUR, author="api", author_user=None)
    with plumber.scope():
        assert Promise.objects.count() == 1


def test_how_many_were_kept():
    assert promising.kept_rate(["kept", "kept", "broken", "open", "called_off"]) == 67
    assert promising.kept_rate(["open"]) is None


def test_an_erased_person_s_promises_have_no_words(promised, work, plumber):
    work()
    with plumber.scope():
        erase(promised.contact_id, actor="Dana", door="page", at=timezone.now())
        promise = Promise.objects.get()
        assert promise.state == "called_off" and "call" not in promise.words
    assert rows(plumber) == 0


def test_whoever_opts_out_is_promised_nothing_any_more(promised, writes, work, plumber, dentist):
    work()
    with plumber.scope():
        assert Promise.objects.get().state == "open"
    writes("STOP", promised.contact.phone)
    with plumber.scope():
        promise = Promise.objects.get()
        assert promise.state == "called_off" and promise.ended_at is not None
        assert Conversation.objects.get().promise_at is None
    assert rows(plumber) == 0
    with dentist.scope():
        assert not Promise.objects.exists()


def test_what_is_promised_to_a_second_number_of_a_person_counts(writes, plumber, dentist):
    kept, folded = writes(), writes("It is me, from my other phone")
    with plumber.scope():
        merging.merge(kept.contact_id, folded.contact_id, actor=Actor(7, "Dana"), at=timezone.now())
    answer(plumber, folded.contact.phone, IN_AN_HOUR)
    with plumber.scope():
        assert Promise.objects.get().conversation_id == folded.pk
    assert rows(plumber) == 1
    with dentist.scope():
        assert not Promise.objects.exists()
