"""A promise to call is kept by a call, not by the next bubble; who got no text-back waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from inbox.models import Notice, Promise, StaffPhone, Wait
from inbox.notices import phones
from inbox.waits import missed, promising
from messaging.models import Conversation, Message
from messaging.services import send_as
from tenants.models import AgendaItem, User

MARIA = "+13125550142"


def write(body):
    return send_as(MARIA, body, author="person", author_name="Dana", author_user=1)


@pytest.fixture
def promise(plumber, twilio, work):
    with plumber.scope():
        write("I'll call you back within 20 minutes.")
        return Promise.objects.get()


def test_the_next_bubble_keeps_no_promise_of_a_call(plumber, dentist, promise):
    with plumber.scope():
        write("We will be there Tuesday 9 to 11.")
        promise.refresh_from_db()
        assert promise.state == Promise.State.OPEN
        with transaction.atomic():
            promising.spoken_with(promise.conversation.contact_id, timezone.now())
        promise.refresh_from_db()
        assert promise.state == Promise.State.KEPT
    with dentist.scope():
        assert not Promise.objects.exists()


def test_to_be_in_touch_is_kept_by_a_later_text_alone(plumber):
    with plumber.scope():
        write("We'll get back to you within 20 minutes.")
        promise = Promise.objects.get()
        write("It is noted.")
        promise.refresh_from_db()
        assert promise.state == Promise.State.OPEN
        Promise.objects.update(created_at=timezone.now() - timedelta(minutes=5))
        write("The part costs 40 dollars.")
        promise.refresh_from_db()
        assert promise.state == Promise.State.KEPT


def test_whose_text_back_never_arrived_waits(plumber, dentist, twilio, work):
    call = twilio.call(MARIA)
    call.arrives()
    call.dial_ends("no-answer")
    call.ends()
    work()
    with plumber.scope():
        text = Message.objects.get(author="rule")
        assert not Wait.objects.exists()
        Message.objects.filter(pk=text.pk).update(status="undelivered")
        text.refresh_from_db()
        missed.text_settled(text)
        row = AgendaItem.objects.get(kind=missed.MISSED)
        missed.missed(row)
        assert Wait.objects.get().kind == Wait.Kind.CALL
        assert Conversation.objects.get().waiting_since is not None
    with dentist.scope():
        assert not Wait.objects.exists()


def test_an_invitation_carries_a_name_and_no_message(plumber, work):
    with plumber.scope():
        user = User.objects.get(pk=plumber.owner.pk)
        user.name = "FREE PRIZE claim now at http://evil.example/win?x=1 -- IRS final notice"
        phones.ask(user, "+13125550177")
        body = Message.objects.get(purpose="staff_invite").body
    assert "evil.example" not in body and "http" not in body and "IRS" not in body


def test_no_number_is_asked_again_and_again_whoever_asks(plumber):
    with plumber.scope():
        owner = User.objects.get(pk=plumber.owner.pk)
        for _ in range(phones.MOST_A_NUMBER):
            phones.ask(owner, "+13125550177")
            StaffPhone.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
            Message.objects.update(client_token=None)  # as if a second had passed
        with pytest.raises(phones.PhoneError, match="asked already"):
            phones.ask(owner, "+13125550177")


def test_a_promised_call_is_kept_by_no_text(plumber, dentist, promise):
    with plumber.scope():
        assert promise.what == "call"
        Promise.objects.update(created_at=timezone.now() - timedelta(minutes=5))
        write("The part costs 40 dollars.")
        promise.refresh_from_db()
        assert promise.state == Promise.State.OPEN
        # Another moment for it is another promise.
        write("I'll call you in 2 hours instead.")
        assert list(Promise.objects.order_by("pk").values_list("state", flat=True)) == [
            "called_off", "open",
        ]  # fmt: skip
        second = Promise.objects.get(state="open")
        assert promising.settle(second.pk, "kept", plumber.owner, timezone.now())
    with dentist.scope():
        assert not Promise.objects.exists()


def test_a_call_that_is_due_says_so(plumber, promise, work, pass_time):
    with plumber.scope():
        Promise.objects.update(
            warn_at=timezone.now(), due_at=timezone.now() + timedelta(minutes=10)
        )
    pass_time(3600)
    work()
    with plumber.scope():
        told = Notice.objects.filter(kind="promise").first()
        assert told is not None and "expects a call within" in told.title
