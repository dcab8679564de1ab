"""What happens when a text came in: the handlers of settings.TEXT_RECEIVED_HANDLERS, STOP first.

A handler is called with (contact, message, event) in the transaction that stored the text, with
the contact's row locked.
"""

from __future__ import annotations

from messaging import consent, keywords
from messaging.models import Contact, Message
from messaging.providers import provider
from messaging.providers.base import TextEvent

_PROVIDER_SAYS = {"STOP": "opt_out", "START": "opt_in", "HELP": "help"}


def obey_keywords(contact: Contact, message: Message, event: TextEvent) -> None:
    """Obey STOP, START and HELP before anything else sees the text (compliance.md R-REV-2, R-REV-9).

    An opt-out is for the whole business and cancels what waits. Exactly one side confirms: the
    provider for the keywords it knows, we for the rest (R-REV-6).
    """
    from messaging.services import cancel_waiting

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
    if meaning == "opt_out":
        cancel_waiting(message.conversation_id, "The person opted out.")
    if new and not provider(message.provider).answers_keyword(event):
        _answer(contact, message, meaning, was_out)


def _answer(contact: Contact, message: Message, meaning: str, was_out: bool) -> None:
    """Confirm what the provider does not: one text, nothing but the confirmation (R-REV-5, R-CTIA-7)."""
    from datetime import timedelta

    from messaging.services import NotAllowed, queue_message
    from tenants.scope import current_business

    business = current_business()
    if meaning == "opt_out" and not was_out:
        body = f"{business.name}: You're unsubscribed and won't get more texts from us. Reply START to resubscribe."
    elif meaning == "opt_in" and was_out:
        body = f"{business.name}: You're subscribed again. Reply STOP to opt out, HELP for help."
    elif meaning == "help":
        body = f"{business.name}: Call us for help. Msg frequency varies. Msg&data rates may apply. Reply STOP to opt out."
    else:
        return
    try:
        queue_message(
            contact,
            body,
            our_number=message.our_number,
            provider_name=message.provider,
            author=Message.Author.SYSTEM,
            author_name="Ringback",
            category="C0",
            now=message.created_at,
            expires_at=message.created_at + timedelta(minutes=5),
        )
    except NotAllowed:
        return
