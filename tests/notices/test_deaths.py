"""Waiting work of the inbox that was given up: nobody is forgotten without a word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string

from config.wiring import AGENDA_DEAD_HANDLERS, AGENDA_HANDLERS
from inbox.models import Notice, Promise, Wait
from messaging.models import Alert, Contact, Conversation, Message
from tenants import agenda
from tenants.models import AgendaItem
from tests.support.hooks import a_caller


def died(biz, kind, subject):
    """Let a row of this kind be given up, as the drain does it after the last attempt."""
    row = AgendaItem.objects.create(
        lane="realtime", kind=kind, business_id=biz.business.pk, subject=str(subject),
        unique_key=f"death:{kind}", due_at=timezone.now(), attempts=agenda.MAX_ATTEMPTS,
        claimed_by="test",
    )  # fmt: skip
    item = agenda.Item(
        row.pk, row.lane, kind, biz.business.pk, biz.business.schema_name, str(subject),
        row.due_at, None, agenda.MAX_ATTEMPTS,
    )  # fmt: skip
    agenda.fail(item, RuntimeError("what broke"))
    assert AgendaItem.objects.get(pk=row.pk).state == "dead"


@pytest.fixture
def thread(plumber, twilio, work):
    """Somebody who wrote and waits."""
    twilio.text(a_caller(), "My boiler leaks")
    work()
    with plumber.scope():
        return Conversation.objects.select_related("contact").get()


def test_every_kind_of_the_inbox_has_a_word_for_its_death():
    kinds = {kind for kind in AGENDA_HANDLERS if kind.startswith("inbox.")}
    assert len(kinds) >= 8 and kinds <= set(AGENDA_DEAD_HANDLERS)
    assert all(callable(import_string(AGENDA_DEAD_HANDLERS[kind])) for kind in kinds)


@pytest.mark.parametrize(
    ("kind", "code"), [("inbox.wait", "LADDER_STUCK"), ("inbox.promise", "PROMISE_STUCK")]
)
def test_who_hangs_in_the_air_stands_in_to_do(plumber, dentist, thread, kind, code):
    now = timezone.now()
    with plumber.scope():
        promise = Promise.objects.create(
            conversation=thread, message="0" * 32, words="within 30 minutes", created_at=now,
            due_at=now + timedelta(minutes=30), warn_at=now + timedelta(minutes=20),
        )  # fmt: skip
        wait = Wait.objects.get()
    died(plumber, kind, wait.pk if kind == "inbox.wait" else promise.pk)
    with plumber.scope():
        alert = Alert.objects.get(code=code)
        assert alert.contact_id == thread.contact_id and alert.sentence and alert.fix
        found = Conversation.objects.get()
        assert found.escalated_at is not None and found.actionable_at is not None
        Wait.objects.update(ended_at=now, ended_how="closed", waited_seconds=1)
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_wait_that_is_over_has_nothing_to_say(plumber, thread):
    with plumber.scope():
        wait = Wait.objects.get()
        Wait.objects.update(ended_at=timezone.now(), ended_how="closed", waited_seconds=1)
    died(plumber, "inbox.wait", wait.pk)
    with plumber.scope():
        assert not Alert.objects.exists()


def test_a_snoozed_conversation_comes_back_all_the_same(plumber, dentist, thread):
    with plumber.scope():
        Conversation.objects.update(
            state="snoozed", snoozed_until=timezone.now() - timedelta(minutes=9)
        )
    died(plumber, "inbox.wake", thread.pk)
    with plumber.scope():
        found = Conversation.objects.get()
        assert found.state == "open" and found.actionable_at is not None
        assert Alert.objects.get().code == "SNOOZE_STUCK"
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_way_of_telling_that_failed_is_said_beside_the_notice(plumber, dentist, thread):
    now = timezone.now()
    with plumber.scope():
        notice = Notice.objects.create(
            key="x:email:1", kind="waiting", channel="email", user=plumber.owner.pk, created_at=now
        )
    died(plumber, "inbox.notice", notice.pk)
    with plumber.scope():
        notice.refresh_from_db()
        assert (notice.state, notice.reason) == ("failed", "Something of ours failed.")


def test_a_morning_that_failed_is_followed_by_another(plumber, dentist):
    died(plumber, "inbox.morning", "daily")
    with plumber.scope():
        assert Alert.objects.get().code == "MORNING_STUCK"
    again = AgendaItem.objects.filter(
        kind="inbox.morning", business_id=plumber.business.pk, state="waiting"
    )
    assert again.get().due_at > timezone.now()
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_missed_caller_nobody_looked_at(plumber, dentist, twilio, work):
    caller = twilio.call(a_caller())
    caller.arrives()
    caller.dial_ends("no-answer")
    caller.ends("completed", 20)
    work()
    with plumber.scope():
        call = Contact.objects.get().calls.get()
    died(plumber, "inbox.missed", call.pk)
    with plumber.scope():
        assert Alert.objects.get(code="CALLER_STUCK").contact_id == call.contact_id
        assert Message.objects.filter(direction="out").count() == 1
    with dentist.scope():
        assert not Alert.objects.exists()
