"""What happens when a text came in: the handlers of settings.TEXT_RECEIVED_HANDLERS, STOP first.

A handler is called with (contact, message, event) in the transaction that stored the text, with
the contact's row locked.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta

from messaging import consent, keywords
from messaging.models import ConsentEvent, Contact, Message
from messaging.outbox import Draft, NotAllowed, cancel_waiting, queue
from messaging.providers import provider
from messaging.providers.base import TextEvent
from messaging.services import sender_of
from tenants.models import Business
from tenants.scope import current_business

_PROVIDER_SAYS = {"STOP": "opt_out", "START": "opt_in", "HELP": "help"}
# One confirmation within five minutes is presumed consented to; later there is none (R-REV-5).
CONFIRM_WITHIN = timedelta(minutes=5)


def obey_keywords(contact: Contact, message: Message, event: TextEvent) -> None:
    """Obey STOP, START and HELP before anything else sees the text (compliance.md R-REV-2, R-REV-9).

    An opt-out is for the whole business and cancels what waits. Exactly one side confirms: the
    provider for the keywords it knows, we for the rest (R-REV-6).
    """
    reading = keywords.read(event.body)
    meaning = _PROVIDER_SAYS.get(event.opt_out, reading.meaning)
    if meaning == "none":
        return
    was_out = contact.opted_out_at is not None
    new = consent.record(
        contact,
        meaning,
        channel="sms",
        raw_text=event.body,
        matched=event.opt_out or reading.matched,
        provider=message.provider,
        provider_id=event.message_id,
        at=message.created_at,
    )
    business = current_business()
    if meaning == "opt_out":
        cancel_waiting(message.conversation_id, business.pk, "The person opted out.")
    if new and not provider(message.provider).answers_keyword(event):
        _answer(contact, message, meaning, was_out, business)


def _helped_lately(contact: Contact, message: Message) -> bool:
    """Whether HELP was answered within a day: two machines must not help each other for ever (row 7)."""
    since = message.created_at - timedelta(hours=24)
    asked = ConsentEvent.objects.filter(contact=contact, kind="help", occurred_at__gt=since)
    return asked.count() > 1


def _answer(
    contact: Contact, message: Message, meaning: str, was_out: bool, business: Business
) -> None:
    """Confirm what the provider does not: one text, nothing but the confirmation (R-REV-5, R-CTIA-7)."""
    if meaning == "opt_out" and not was_out:
        body = "You're unsubscribed and won't get more texts from us. Reply START to resubscribe."
    elif meaning == "opt_in" and was_out:
        body = "You're subscribed again. Reply STOP to opt out, HELP for help."
    elif meaning == "help" and not _helped_lately(contact, message):
        body = "Call us for help. Msg frequency varies. Msg&data rates may apply. Reply STOP to opt out."
    else:
        return
    draft = Draft(
        f"{business.name}: {body}",
        "system",
        author_name="Ringback",
        category="C0",
        expires_at=message.created_at + CONFIRM_WITHIN,
    )
    with contextlib.suppress(NotAllowed, ValueError):
        queue(contact, draft, sender_of(business, contact), message.created_at)
