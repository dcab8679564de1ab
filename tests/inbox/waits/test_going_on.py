"""Waits that go on: what was put away and came back climbs at once; a member's phone waits for nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from inbox import handling
from inbox.activity import Actor
from inbox.models import StaffPhone, Wait
from inbox.notices import phones
from inbox.people import merging
from inbox.thread import new
from messaging.models import Contact, Conversation
from tenants import agenda
from tenants.models import AgendaItem

DANA = Actor(7, "Dana")


def put_off() -> timedelta:
    return AgendaItem.objects.get(kind="inbox.wait").due_at - timezone.now()


@pytest.mark.parametrize("back", ["writes", "reopens", "undoes"])
def test_what_was_snoozed_and_came_back_climbs_at_once(
    writes, work, pass_time, plumber, dentist, back
):
    thread = writes()
    now = timezone.now()
    with plumber.scope():
        done = handling.snooze([thread.pk], now + timedelta(days=3), DANA, now)
    pass_time(500)
    work()
    assert put_off() > timedelta(days=1), "nobody is told while it is put away"
    if back == "writes":
        writes("Hello? Water everywhere", thread.contact.phone)
    else:
        with plumber.scope():
            if back == "reopens":
                handling.reopen([thread.pk], DANA, timezone.now())
            else:
                handling.take_back(done, DANA, timezone.now())
    assert put_off() < timedelta(hours=1)
    with dentist.scope():
        assert not Wait.objects.exists()


def test_a_member_s_phone_waits_for_nobody_and_somebody_s_again_does(
    writes, work, plumber, dentist
):
    phone = writes().contact.phone
    with plumber.scope():
        phones.ask(plumber.owner, phone)
    work()
    writes("JOIN", phone)
    with plumber.scope():
        assert not Wait.objects.filter(ended_at=None).exists()
        with transaction.atomic():
            phones.forget(StaffPhone.objects.get())
    writes("I am a customer now: it leaks!", phone)
    with plumber.scope():
        assert Wait.objects.filter(ended_at=None).count() == 1
    assert AgendaItem.objects.filter(kind="inbox.wait").count() == 1
    with dentist.scope():
        assert not Wait.objects.exists()


def test_members_phones_and_merged_numbers_are_never_the_same(writes, plumber, dentist):
    kept, folded, alone = writes(), writes("My other phone"), writes("Somebody else")
    with plumber.scope():
        merging.merge(kept.contact_id, folded.contact_id, actor=DANA, at=timezone.now())
        for thread in (kept, folded):
            with pytest.raises(phones.PhoneError, match="several"):
                phones.ask(plumber.owner, thread.contact.phone)
            phones.hide(Contact.objects.get(pk=thread.contact_id))
        phones.ask(plumber.owner, alone.contact.phone)
        with pytest.raises(merging.MergeRefused, match="own phone"):
            merging.merge(kept.contact_id, alone.contact_id, actor=DANA, at=timezone.now())
        hidden = dict(Conversation.objects.values_list("pk", "hidden"))
        assert hidden == {kept.pk: "", folded.pk: "merged", alone.pk: ""}
    with dentist.scope():
        assert not StaffPhone.objects.exists()


def test_whom_a_new_text_may_be_for_is_found_by_name_firm_and_number(writes, plumber, dentist):
    thread = writes()
    with plumber.scope():
        Contact.objects.filter(pk=thread.contact_id).update(name="Maria Lopez", company="Acme")
        for typed in ("lopez", "Mar", "acme", thread.contact.phone[-7:]):
            assert [each["phone"] for each in new.people(typed)] == [thread.contact.phone], typed
        assert new.people("nobody here") == new.people("x") == []
    with dentist.scope():
        assert new.people("lopez") == []


def test_a_snooze_that_is_over_and_did_not_end_is_asked_in_a_while(writes, work, plumber, dentist):
    """The row that wakes it had died: it is put back, and the ladder does not ask without end."""
    thread = writes()
    now = timezone.now()
    with plumber.scope():
        handling.snooze([thread.pk], now + timedelta(days=1), DANA, now)
        Conversation.objects.update(snoozed_until=now - timedelta(minutes=1))
    waking = AgendaItem.objects.filter(kind="inbox.wake")
    waking.update(state="dead", attempts=8)
    AgendaItem.objects.filter(kind="inbox.wait").update(due_at=now)
    assert agenda.run_due("realtime") < 5  # it is asked once, not again and again
    assert put_off() > timedelta(seconds=30)
    work()
    with plumber.scope():
        assert Conversation.objects.get().state == "open"
        assert Wait.objects.get().step == 1
    assert not waking.exists()
    with dentist.scope():
        assert not Wait.objects.exists()
