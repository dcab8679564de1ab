"""What is told when waiting work of the inbox was given up (settings.AGENDA_DEAD_HANDLERS).

Whoever hangs in the air stands in "To do" by an alert with a sentence: nobody is forgotten because
something of ours failed.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from calls.models import Call
from inbox.models import Notice, Promise, Wait
from inbox.notices import morning
from messaging.alerts import raise_alert
from messaging.models import Contact, Conversation
from tenants import agenda
from tenants.scope import business_scope, current_business

REASON = "Something of ours failed."
_WAITS = "Somebody waits, and nobody is reminded of it any more: something of ours failed."
_MISSED = "A missed caller may have got nothing: something of ours failed."
_PROMISED = "Something was promised, and nobody is reminded of it: something of ours failed."
_SNOOZED = "A conversation did not come back from its snooze: something of ours failed."
_MORNING = "This morning's summary could not be made: something of ours failed."
_LOOK = "Look at this conversation now."
_TOMORROW = "Support has been told. It is tried again tomorrow."


def notice_died(item: agenda.Item, error: str) -> None:
    """One way of telling failed for good: the bell says so beside it."""
    if not item.schema:
        return
    with business_scope(item.schema):
        Notice.objects.filter(pk=int(item.subject), state=Notice.State.WAITING).update(
            state=Notice.State.FAILED, reason=REASON
        )


def wait_died(item: agenda.Item, error: str) -> None:
    """Nobody climbs the ladder of a wait any more."""
    if not item.schema:
        return
    with business_scope(item.schema):
        wait = Wait.objects.select_related("conversation").filter(pk=int(item.subject)).first()
        if wait is not None and wait.ended_at is None:
            _say("LADDER_STUCK", _WAITS, wait.conversation.contact_id)


def missed_died(item: agenda.Item, error: str) -> None:
    """Nobody knows whether a missed caller waits."""
    if not item.schema:
        return
    with business_scope(item.schema):
        call = Call.objects.filter(pk=int(item.subject)).first()
        if call is not None and call.contact_id is not None:
            _say("CALLER_STUCK", _MISSED, call.contact_id)


def promise_died(item: agenda.Item, error: str) -> None:
    """Nobody is warned before a promise breaks."""
    if not item.schema:
        return
    with business_scope(item.schema):
        row = Promise.objects.select_related("conversation").filter(pk=int(item.subject)).first()
        if row is not None and row.state == Promise.State.OPEN:
            _say("PROMISE_STUCK", _PROMISED, row.conversation.contact_id)


def wake_died(item: agenda.Item, error: str) -> None:
    """A snoozed conversation does not open by itself any more: it is opened as plainly as can be."""
    if not item.schema:
        return
    with business_scope(item.schema), transaction.atomic():
        contact = Contact.objects.filter(conversation=int(item.subject)).first()
        if contact is not None:
            _say("SNOOZE_STUCK", _SNOOZED, contact.pk)
            snoozed = Conversation.objects.filter(contact=contact, state="snoozed")
            snoozed.update(state="open", snoozed_until=None)


def morning_died(item: agenda.Item, error: str) -> None:
    """A morning's summary was given up; the next one is planned."""
    if not item.schema:
        return
    with business_scope(item.schema), transaction.atomic():
        now = timezone.now()
        raise_alert("MORNING_STUCK", _MORNING, fix=_TOMORROW, at=now)
        morning.plan(current_business(), now)


def _say(code: str, sentence: str, contact_id: int) -> None:
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact_id)
        raise_alert(
            code, sentence, fix=_LOOK, subject=contact.phone, contact=contact, at=timezone.now()
        )
