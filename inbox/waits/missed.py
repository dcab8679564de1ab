"""Who called and got nothing, or left a voicemail, waits for a call back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from calls.decision import Decision
from calls.models import Call
from inbox.models import Wait
from inbox.waits import promising, services
from inbox.waits.policy import answering
from messaging.models import Contact, Conversation, Message
from messaging.people import shown_conversation
from tenants import agenda, live

MISSED = "inbox.missed"
# A late word that it was answered after all, or a text by another rule, gets this long.
_LATE = timedelta(seconds=10)
USEFUL_FOR = timedelta(hours=24)
_LOST = (Message.Status.FAILED, Message.Status.UNDELIVERED)
_MISSED = (Call.Outcome.MISSED, Call.Outcome.VOICEMAIL)
# No text because there was one just now, because it is no call of its own, or nobody to call back.
_NO_WAIT = frozenset(
    {"COOL_DOWN", "DUPLICATE_SUPPRESSED", "IN_CONVERSATION", "SAME_CALL", "IGNORED_CALLER",
     "TEST_CALL", "NOT_TO_US", "ANSWERED"}
)  # fmt: skip


def call_ended(call: Call, contact: Contact | None, decision: Decision) -> None:
    """A call was decided (settings.CALL_ENDED_HANDLERS): an answered one ends the waiting."""
    if contact is None or call.is_test:
        return
    if call.outcome == Call.Outcome.ANSWERED:
        spoke_at = call.ended_at or timezone.now()
        services.spoken_with(contact.pk, spoke_at)
        promising.spoken_with(contact.pk, spoke_at)
        return
    without = call.outcome in _MISSED and decision.action == "skip"
    if without and decision.code not in _NO_WAIT and contact.ignored_at is None:
        _look_soon(call)


def text_settled(message: Message) -> None:
    """A text-back did not reach its caller (settings.TEXT_SETTLED_HANDLERS): he got nothing, and waits."""
    # One that waited for morning, and may not go by then because of a bill, is lost as well.
    is_unpaid = (message.status, message.error_code) == (Message.Status.CANCELLED, "BILLING")
    is_lost = message.status in _LOST or is_unpaid
    if message.author == Message.Author.RULE and is_lost and message.call:
        call = Call.objects.filter(pk=message.call, is_test=False).first()
        if call is not None and call.contact is not None and call.contact.ignored_at is None:
            _look_soon(call)


def voicemail_left(call: Call, contact: Contact) -> None:
    """Somebody left a voicemail (settings.VOICEMAIL_LEFT_HANDLERS), whether or not he was texted."""
    if not call.is_test and contact.ignored_at is None:
        _look_soon(call)


def _look_soon(call: Call) -> None:
    now = timezone.now()
    agenda.put(
        MISSED, str(call.pk), lane="housekeeping", business_id=answering().business_id,
        due_at=now + _LATE, expires_at=now + USEFUL_FOR,
    )  # fmt: skip


def missed(item: agenda.Item) -> None:
    """Agenda: begin the wait of a caller who was missed, if that still holds. Idempotent."""
    with transaction.atomic():
        found = Call.objects.filter(pk=int(item.subject)).values_list("contact_id", flat=True)
        contact_id = found.first()
        if contact_id is None:
            return
        contact = Contact.objects.select_for_update().get(pk=contact_id)
        call = Call.objects.get(pk=int(item.subject))
        if call.outcome not in _MISSED or call.same_as_id is not None or contact.erased_at:
            return
        at = call.ended_at or call.started_at
        if _has_been_answered(call, contact, at):
            return
        left = call.outcome == Call.Outcome.VOICEMAIL
        texted = Message.objects.filter(call=call.pk, author="rule").exclude(status__in=_LOST)
        if not left and texted.exists():
            return
        thread = shown_conversation(contact.pk)
        if thread is None or thread.hidden:
            return
        if thread.state == Conversation.State.CLOSED and (thread.closed_at or at) > at:
            return  # somebody has dealt with it
        if thread.waiting_since is None or thread.waiting_since > at:
            Conversation.objects.filter(pk=thread.pk).update(waiting_since=at)
        services.begin(thread.pk, Wait.Kind.VOICEMAIL if left else Wait.Kind.CALL, at)
        live.changed(thread.pk)


def _has_been_answered(call: Call, contact: Contact, at: datetime) -> bool:
    """Whether a member wrote to them or spoke with them since."""
    wrote = contact.last_person_text_at
    if wrote is not None and wrote > at:
        return True
    later = Call.objects.filter(
        contact=contact.pk, started_at__gt=call.started_at, outcome=Call.Outcome.ANSWERED
    )
    return later.exists()
