"""Who calls in test calls, among a business's contacts: marked, tidied up after, never taken for others."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from calls.backtest.past import PastPerson
from calls.models import Call
from calls.trials.expecting import Past
from messaging.callers import TEST_CALL
from messaging.models import Alert, Contact, Conversation

TAG = TEST_CALL  # lists and figures leave them out
_REMEMBERED = timedelta(days=31)  # no pause between texts is longer than a month


def is_played(phone: str) -> bool:
    """Whether nobody real is behind a number: it is unknown here, or marked as one of test calls."""
    return not Contact.objects.filter(phone=phone).exclude(tags__contains=[TAG]).exists()


def past_of(phone: str, now: datetime) -> Past:
    """Return what a number that really calls did in earlier test calls, as rules will meet it."""
    contact = Contact.objects.filter(phone=phone, erased_at=None).first()
    if contact is None:
        return Past(PastPerson())
    person = PastPerson(
        created_at=contact.created_at,
        is_vip=contact.vip_at is not None,
        is_ignored=contact.ignored_at is not None,
        tags=frozenset(contact.tags),
        line_type=contact.line_type,
        untextable_at=contact.untextable_at,
        opted=((contact.opted_out_at, True),) if contact.opted_out_at else (),
        inbound=(contact.last_inbound_at,) if contact.last_inbound_at else (),
    )
    texted = Call.objects.filter(
        contact=contact, decision="send", started_at__gte=now - _REMEMBERED
    ).order_by("started_at")
    return Past(person, tuple(texted.values_list("started_at", flat=True)[:100]))


def mark(found: QuerySet[Contact], since: datetime) -> list[int]:
    """Mark the contact a test call made; one who was there before it is somebody real: left alone.

    since: when the test call began (aware). Returns the ids of those who are only played.
    """
    played = []
    for contact in found:
        if TAG not in contact.tags:
            if contact.created_at < since or contact.name:
                continue
            Contact.objects.filter(pk=contact.pk).update(
                tags=[*contact.tags, TAG], name="Test caller"
            )
        played.append(contact.pk)
    # What a played caller says stands in no queue, from its first moment on.
    Conversation.objects.filter(contact__in=played, hidden="").update(
        hidden=Conversation.Hidden.TEST
    )
    return played


def tidy(phone: str, since: datetime, now: datetime) -> None:
    """Close the conversation with a played caller, and whatever asks to phone him back."""
    for contact_id in mark(Contact.objects.filter(phone=phone), since):
        Conversation.objects.filter(contact=contact_id).update(
            state="closed", unread=0, hidden="test"
        )
        # Nobody need phone somebody back who was only played.
        Alert.objects.filter(contact=contact_id, resolved_at=None).update(
            resolved_at=now, resolved_by="A test call"
        )
