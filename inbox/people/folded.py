"""What a number that is shown with another means for the conversation that is shown, beyond its row.

The row itself follows by a trigger (tenants migration 0013). Of the numbers that stand alone, which
are nearly all, nothing is asked.
"""

from __future__ import annotations

from inbox.models import Wait
from inbox.waits import services as waits
from messaging.models import Contact, Conversation, Message
from messaging.outbox import ANSWERS
from messaging.people import shown_conversation
from messaging.providers.base import TextEvent
from tenants import live


def text_received(contact: Contact, message: Message, event: TextEvent) -> None:
    """A text came in (settings.TEXT_RECEIVED_HANDLERS): whoever opts out waits nowhere any more.

    What else waits of the same person, by another number, goes on waiting.
    """
    if contact.merged_into_id is None or contact.opted_out_at != message.created_at:
        return
    shown = shown_conversation(contact.pk)
    if shown is not None and shown.waiting_since is None:
        waits.end(shown.pk, Wait.Ended.OPTED_OUT, message.created_at)


def text_queued(contact: Contact, message: Message) -> None:
    """A text is on its way (settings.TEXT_QUEUED_HANDLERS): by whichever number, the person is answered."""
    if contact.merged_into_id is None or message.author not in ANSWERS:
        return
    shown = shown_conversation(contact.pk)
    if shown is None:
        return
    # What else it ends where the person is shown, messaging/answered.py ends.
    Conversation.objects.filter(pk=shown.pk).update(waiting_since=None)
    waits.end(
        shown.pk, Wait.Ended.ANSWERED, message.created_at, by=message.author_user,
        by_name=message.author_name,
    )  # fmt: skip
    live.changed(shown.pk)
