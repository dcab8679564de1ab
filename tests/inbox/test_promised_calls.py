"""A promised call is kept once a member rang them, whoever picked up; to be in touch wants a talk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Call
from inbox.models import Promise
from messaging.models import Conversation
from messaging.services import send_as
from tests.inbox.test_thread_with_others import told


@pytest.mark.parametrize(
    ("rang", "words", "state"),
    [
        ("no-answer", "We'll call you within 60 minutes.", "kept"),
        ("busy", "We'll call you within 60 minutes.", "kept"),
        ("failed", "We'll call you within 60 minutes.", "open"),
        (
            "",
            "We'll call you within 60 minutes.",
            "open",
        ),  # the member's own phone was not picked up
        ("no-answer", "We'll get back to you within 60 minutes.", "open"),
    ],
)
def test_a_call_that_rang_keeps_a_promised_call(
    owner, plumber, dentist, person, work, twilio, rang, words, state
):
    with plumber.scope():
        thread = Conversation.objects.get(contact=person).pk
        send_as(person.phone, words, author="person", author_name="Ada", author_user=7)
        Promise.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    owner.post(f"/c/{thread}/call/", {"phone": plumber.staff, "token": "t"}, 303)
    with plumber.scope():
        call = Call.objects.get()
        Call.objects.filter(pk=call.pk).update(facts=call.facts | {"placed_state": "placed"})
        Conversation.objects.filter(pk=thread).update(waiting_since=timezone.now())
    path = f"voice/placed?call={call.pk}"
    if rang:
        told(twilio, path, DialCallStatus=rang, DialBridged="false", CallStatus="in-progress")
    else:
        told(twilio, path, CallStatus="no-answer", CallDuration="0")
    work()
    with plumber.scope():
        assert Promise.objects.get().state == state
        # Whoever did not pick up waits still.
        assert Conversation.objects.get(pk=thread).waiting_since is not None
    with dentist.scope():
        assert not Promise.objects.exists()
