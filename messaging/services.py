"""Texts: received, and sent by members and API clients. The only door out is messaging.delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from psycopg.types.json import Jsonb

from messaging import policies
from messaging.attachments import arriving
from messaging.clearing import Occasion, Wanted, completed
from messaging.models import Contact, Message
from messaging.numbers import normalise
from messaging.outbox import Draft, NotAllowed, Sender, queue
from messaging.people import TOUCH, lock_contact, lock_numbers
from messaging.providers import provider
from messaging.providers.base import TextEvent
from messaging.refusals import keep_refusal
from messaging.segments import measure
from tenants import agenda, live
from tenants.events import take_event
from tenants.models import MAY_SEND, Business, PhoneNumber, new_id
from tenants.scope import current_business

__all__ = ["NotAllowed", "handle_text_event", "receive_text", "send_as", "sender_of"]
log = structlog.get_logger(__name__)

# A text that came in, its thread, and the person's last word in one statement; one that was stored
# before changes nothing. Its person is locked by an earlier statement, so this one sees the first.
_RECEIVE = f"""
    WITH fresh AS MATERIALIZED (
        SELECT 1 WHERE NOT EXISTS (
            SELECT FROM messaging_message
            WHERE provider = %(provider)s AND provider_id = %(provider_id)s)
    ),
    person AS (
        -- Whoever writes has a line that takes texts, whatever was said of it.
        UPDATE messaging_contact SET last_inbound_at = %(at)s, untextable_at = NULL,
            line_type = CASE line_type WHEN 'landline' THEN '' ELSE line_type END
        WHERE id = %(contact)s AND EXISTS (SELECT FROM fresh)
    ),
    conversation AS ({TOUCH.format("EXISTS (SELECT FROM fresh)")})
    INSERT INTO messaging_message
        (id, conversation_id, direction, status, author, author_name, body, media, segments,
         encoding, our_number, their_number, purpose, category, provider, provider_id, error_code,
         error_sentence, attempts, absences, created_at, clearances, hold_code, template)
    SELECT %(id)s, conversation.id, 'in', 'received', 'contact', %(author_name)s, %(body)s,
           %(media)s, %(segments)s, %(encoding)s, %(our_number)s, %(their_number)s, 'manual', 'C1',
           %(provider)s, %(provider_id)s, '', '', 0, 0, %(at)s, '[]', '', ''
    FROM conversation RETURNING conversation_id
"""


def send_as(
    contact_phone: str,
    body: str,
    *,
    author: str,
    author_name: str = "",
    author_user: int | None = None,
    client_token: str | None = None,
    from_number: str | None = None,
    purpose: str = "manual",
    category: str = "",
    send_after: datetime | None = None,
    is_chosen: bool = False,
    attachments: Sequence[str] = (),
    under_lock: Callable[[Contact, datetime], None] | None = None,
) -> Message:
    """Queue a text of a member or an API client to a number. Raises NotAllowed, ValueError.

    `purpose` and `category` are those of messaging.clearance; the message may come back as held.
    send_after, is_chosen, attachments: as in messaging.outbox.Draft. under_lock: called with the locked contact
    and the moment just before the text is written; what it raises ends it.

    The sender is `from_number` if it is one of the business's, else the number this person last
    dealt with, else the business's first. A repeated `client_token` returns the first message.
    """
    now = timezone.now()
    phone = normalise(contact_phone)
    if not phone:
        raise ValueError("to: expected a phone number such as +13125550142")
    draft = Draft(
        body, author, author_name=author_name, author_user=author_user, category=category,
        occasion=Occasion(purpose=purpose), client_token=client_token, send_after=send_after,
        is_chosen=is_chosen, attachments=tuple(attachments),
    )  # fmt: skip
    try:
        with transaction.atomic():
            earlier = _by_token(client_token)
            if earlier:
                return earlier
            if author == Message.Author.PERSON:
                known = Contact.objects.filter(phone=phone).values_list("pk", flat=True).first()
                if known is not None:
                    lock_numbers(known)  # two who answer by two numbers are one after the other
            contact = lock_contact(phone, now)
            # Whoever waited for the lock comes after who had it, by the clock as well.
            now = timezone.now()
            if under_lock is not None:
                under_lock(contact, now)
            sender = sender_of(current_business(), contact, from_number)
            if author == Message.Author.API:
                draft = replace(draft, occasion=_in_haste(contact, draft.occasion, now))
            try:
                message = queue(contact, draft, sender, now)[0]
            except NotAllowed as refused:
                # The refusal itself is kept, so its transaction is not rolled back.
                refusal = refused
                keep_refusal(contact, draft, refused, now)
            else:
                return message
        raise refusal
    except IntegrityError:
        earlier = _by_token(client_token)
        if earlier:
            return earlier  # the same token won a race; its message is the answer
        raise


def _in_haste(contact: Contact, occasion: Occasion, now: datetime) -> Occasion:
    """Count what went to and fro in the last minute: two machines may be answering each other (row 20)."""
    lately = Message.objects.filter(
        conversation__contact=contact, created_at__gt=now - timedelta(seconds=60)
    ).values_list("direction", flat=True)
    ways = list(lately[:100])
    return replace(occasion, exchanges_last_minute=min(ways.count("in"), ways.count("out")))


def is_same_text(message: Message, phone: str, body: str) -> bool:
    """Whether a text found by its token is the one that is wanted now, with what we add to a first one."""
    wanted = Wanted(
        message.their_number, body.strip(), message.author, message.category, Occasion(), None,
        message.created_at, is_first=True,
    )  # fmt: skip
    as_first = completed(wanted, policies.current(current_business().pk))
    return message.their_number == normalise(phone) and message.body in (body.strip(), as_first)


def _by_token(client_token: str | None) -> Message | None:
    return Message.objects.filter(client_token=client_token).first() if client_token else None


def sender_of(business: Business, contact: Contact, wanted: str | None = None) -> Sender:
    """Return the line a text to this contact leaves from. Raises ValueError naming `from`."""
    numbers = list(
        PhoneNumber.objects.select_related("account").filter(business=business).order_by("id")
    )
    own = {number.e164 for number in numbers}
    own.update(normalise(str(staff)) for number in numbers for staff in number.staff_numbers)
    usable = [number for number in numbers if number.is_active]
    if wanted:
        usable = [number for number in usable if number.e164 == normalise(wanted)]
        if not usable:
            raise ValueError("from: that is not a number of this business")
    if not usable:
        raise ValueError("from: this business has no active number")
    last = None
    if (
        contact.pk is not None
    ):  # nobody is stored yet of whom one only asks (messaging/foretelling.py)
        texts = Message.objects.filter(conversation__contact=contact).order_by("-created_at")
        last = texts.values_list("our_number", flat=True).first()
    number = next((n for n in usable if n.e164 == last), usable[0])
    return Sender(
        business.pk,
        str(business.schema_name),
        number.e164,
        number.account.provider,
        frozenset(own - {""}),
        policies.current(business.pk),
        number.registration in MAY_SEND,
        number.use_case,
    )


def receive_text(event: TextEvent, provider_name: str, received_at: datetime) -> Message | None:
    """Store an incoming text and tell the handlers, STOP first. None when it was stored before.

    Must run in a transaction, in the business's schema. A sender that is no number (a short code,
    a name) gets no contact and so no thread: the stored webhook keeps it for support.
    """
    phone = normalise(event.sender)
    if not phone:
        log.info("text_from_no_number")
        return None
    contact = lock_contact(phone, received_at)
    size = measure(event.body)
    files = arriving.announced(event.media) if event.media else []
    message = Message(
        id=new_id(), direction="in", status="received", author="contact", author_name=contact.name,
        body=event.body, media=[file.as_json() for file in files], segments=size.segments, encoding=size.encoding,
        our_number=event.our_number, their_number=phone, provider=provider_name,
        provider_id=event.message_id, created_at=received_at,
    )  # fmt: skip
    if not _store(message, contact, event):
        return None
    if files:
        arriving.want(message, files, current_business().pk, received_at)
    for path in settings.TEXT_RECEIVED_HANDLERS:
        import_string(path)(contact, message, event)
    live.changed(message.conversation_id)
    return message


def _store(message: Message, contact: Contact, event: TextEvent) -> bool:
    """Write a text that came in; False when it is there already."""
    line = event.body.strip() or ("Picture" if event.media else "(empty text)")
    names = (
        "author_name",
        "body",
        "segments",
        "encoding",
        "our_number",
        "their_number",
        "provider",
    )
    values: dict[str, Any] = {
        **{name: getattr(message, name) for name in names}, "id": str(message.pk),
        "provider_id": message.provider_id, "media": Jsonb(message.media), "contact": contact.pk,
        "at": message.created_at, "line": line[:200], "direction": "in", "unread": 1,
        "mends": False, "news": True, "answers": False, "since": message.created_at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVE, values)
        stored = cursor.fetchone()
    if stored is None:
        return False
    (message.conversation_id,) = stored
    message._state.adding, message._state.db = False, connection.alias
    return True


def handle_text_event(item: agenda.Item) -> None:
    """Agenda: process a stored incoming text. Idempotent."""
    with transaction.atomic():
        event = take_event(int(item.subject))
        if event is not None:
            text = provider(event.provider).text_event(event.params)
            receive_text(text, event.provider, event.received_at)
