"""A member's text that has not left yet: taken back, called off, let go at once.

A text of a member waits for as long as it can be taken back, or for the hour he chose. It waits as
a row of the agenda, like everything else; whoever changes it holds the person's lock, which the
claim takes too, so a text is either taken back or sent, never both.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from messaging.answered import answered
from messaging.models import Contact, Message
from messaging.people import forget_failed_texts, lock_whole_person
from messaging.upward import text_queued, texts_settled
from tenants import agenda, live

# A text can be taken back for half a minute at most (inbox MemberSettings); what waits longer than
# a minute waits for an hour somebody chose.
CHOSEN_FROM = timedelta(seconds=60)
# Why a text was called off before it left; a timeline does not tell the first two.
UNDONE, REPLACED, CALLED_OFF = "UNDONE", "REPLACED", "CALLED_OFF"


class HasLeft(Exception):
    """The text is on its way already, or was called off by somebody else."""


def is_chosen(created_at: datetime, send_after: datetime | None) -> bool:
    """Whether a text waits for an hour somebody chose, not just to be taken back."""
    return send_after is not None and send_after > created_at + CHOSEN_FROM


def waiting(message_id: str) -> Message | None:
    """Return a member's or a program's text that has not left, None when there is none such."""
    return Message.objects.filter(
        pk=message_id, author__in=["person", "api"], status__in=["queued", "held"]
    ).first()


def call_off(message: Message, business_id: int, *, code: str, sentence: str) -> Message:
    """Keep a text from leaving. Raises HasLeft.

    code: UNDONE, REPLACED or CALLED_OFF; sentence: by whom, for people.
    """
    with transaction.atomic():
        lock_whole_person(message.conversation_id)
        done = Message.objects.filter(pk=message.pk, status__in=["queued", "held"]).update(
            status="cancelled", error_code=code, error_sentence=sentence
        )
        if not done:
            raise HasLeft
        agenda.drop("messaging.deliver", str(message.pk), business_id)
        forget_failed_texts(message.conversation_id)
        texts_settled([str(message.pk)])
        live.changed(message.conversation_id)
    return message


def send_now(message: Message, business_id: int) -> None:
    """Let a text that waits for its hour go at once; the gate is asked as ever. Raises HasLeft."""
    now = timezone.now()
    with transaction.atomic():
        lock_whole_person(message.conversation_id)
        done = Message.objects.filter(pk=message.pk, status__in=["queued", "held"]).update(
            send_after=None, held_until=None, hold_code=""
        )
        if not done:
            raise HasLeft
        it_leaves(str(message.pk), now)
        agenda.put(
            "messaging.deliver", str(message.pk), lane="realtime", business_id=business_id,
            due_at=now, expires_at=message.expires_at,
        )  # fmt: skip
        live.changed(message.conversation_id)


def it_answers(message_id: str, now: datetime) -> None:
    """End what a text answers that could be taken back until now. Must hold the whole person's lock."""
    message = Message.objects.get(pk=message_id)
    contact = Contact.objects.only("pk").get(conversation=message.conversation_id)
    answered(contact.pk, by=message.author_name, written_at=message.created_at, at=now)


def it_leaves(message_id: str, now: datetime) -> None:
    """Give a text whose hour has come its place in the conversation, as if it were written now.

    Until then nobody was texted and nothing was answered. Must hold the whole person's lock.
    """
    Message.objects.filter(pk=message_id).update(created_at=now)
    message = Message.objects.get(pk=message_id)
    contact = Contact.objects.get(conversation=message.conversation_id)
    Contact.objects.filter(pk=contact.pk).update(last_person_text_at=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_conversation SET waiting_since = NULL, last_line = %s, "
            "last_direction = 'out', last_at = GREATEST(last_at, %s) WHERE id = %s",
            [(message.body or "Picture")[:200], now, message.conversation_id],
        )
    answered(contact.pk, by=message.author_name, written_at=now, at=now)
    text_queued(contact, message)
