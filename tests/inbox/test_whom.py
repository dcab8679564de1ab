"""Which number of a person is called and texted from an open page, and what a call nobody placed says."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from calls.models import Call
from inbox.activity import Actor
from inbox.models import Merge
from inbox.people import merging
from inbox.people.merging import merge
from messaging.models import Contact, Conversation, Message
from messaging.numbers import national
from messaging.people import lock_contact, touch_conversation
from tenants.models import AgendaItem
from tests.support.hooks import a_caller


def a_thread(phone: str, name: str = "") -> Conversation:
    with transaction.atomic():
        contact = lock_contact(phone, timezone.now(), name)
        touch_conversation(contact.pk, at=timezone.now(), line="Missed call", direction="call")
    return Conversation.objects.select_related("contact").get(contact=contact.pk)


def test_a_call_no_worker_took_says_so(owner, plumber, dentist, work, stand_in):
    with plumber.scope():
        thread = a_thread(a_caller("312")).pk
    owner.post(f"/c/{thread}/call/", {"phone": plumber.staff, "token": "t"}, 303)
    # Ten minutes without a worker.
    ago = timedelta(minutes=10)
    with plumber.scope():
        call = Call.objects.get()
        Call.objects.filter(pk=call.pk).update(started_at=call.started_at - ago)
    row = AgendaItem.objects.get(kind="calls.call_back")
    AgendaItem.objects.filter(pk=row.pk).update(
        due_at=row.due_at - ago, expires_at=row.expires_at - ago
    )
    assert "It could not be placed" in owner.get(f"/c/{thread}/timeline/")
    work()
    assert stand_in.requests == []
    with plumber.scope():
        call = Call.objects.get()
        assert call.facts["placed_state"] == "failed"
        assert "in time" in call.facts["placed_problem"]
    assert not AgendaItem.objects.filter(kind="calls.call_back").exists()
    with dentist.scope():
        assert not Call.objects.exists()


def test_the_call_goes_to_the_number_it_names(owner, plumber, dentist):
    with plumber.scope():
        home, cell = a_thread(a_caller("312"), "Maria"), a_thread(a_caller("847"))
        kept, folded = home.contact, cell.contact
        merge(kept.pk, folded.pk, actor=Actor(1, "Olga"), at=timezone.now())
        Contact.objects.filter(pk=folded.pk).update(last_inbound_at=timezone.now())
    path = f"/c/{home.pk}/call/"
    page = owner.get(path)
    assert f'<option value="{folded.pk}" selected>' in page and national(folded.phone) in page
    typed = {"phone": plumber.staff, "token": "t"}
    # A question asked before the merge names nobody: two numbers could be meant.
    assert "no longer" in owner.post(path, typed | {"whom": ""}, 422)
    owner.post(path, typed | {"whom": str(folded.pk)}, 303)
    with plumber.scope():
        assert Call.objects.get().contact_id == folded.pk
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_call_from_another_number_is_called_back_there(owner, plumber, dentist):
    with plumber.scope():
        home, cell = a_thread(a_caller("312"), "Maria"), a_thread(a_caller("847"))
        now = timezone.now()
        Contact.objects.filter(pk=home.contact.pk).update(last_inbound_at=now - timedelta(hours=1))
        merge(home.contact.pk, cell.contact.pk, actor=Actor(1, "Olga"), at=now)
        Call.objects.create(
            provider="twilio", provider_id="CA-cell", contact=cell.contact, our_number=plumber.number,
            caller=cell.contact.phone, outcome="missed", missed_because="no_answer", started_at=now,
        )  # fmt: skip
    page = owner.get(f"/c/{home.pk}/call/")
    assert f'<option value="{cell.contact_id}" selected>' in page
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_reply_box_drawn_before_a_merge_sends_to_nobody_else(owner, plumber, dentist):
    with plumber.scope():
        kept, other = a_thread(a_caller("312"), "Maria"), a_thread(a_caller("847"), "Mario")
        fields = {"body": "Only for Mario", "client_token": "a"}
    drawn = owner.get(f"/c/{other.pk}/")
    assert f'<input type="hidden" name="whom" value="{other.contact_id}">' in drawn
    with plumber.scope():
        merge(kept.contact.pk, other.contact.pk, actor=Actor(1, "Olga"), at=timezone.now())
    owner.post(f"/c/{other.pk}/reply/", fields | {"whom": str(other.contact_id)}, 303)
    with plumber.scope():
        assert Message.objects.get().their_number == other.contact.phone
        taken_apart = merging.undo(
            Merge.objects.get().pk, actor=Actor(1, "Olga"), at=timezone.now()
        )
        assert taken_apart is not None
    # Drawn while they were one: it names who is somebody else again.
    stale = fields | {"client_token": "b", "whom": str(other.contact_id)}
    page = owner.post(f"/c/{kept.pk}/reply/", stale, 422)
    assert "no longer this person" in page and "Only for Mario</textarea>" in page
    with plumber.scope():
        assert Message.objects.count() == 1
    with dentist.scope():
        assert not Message.objects.exists()
