"""Texts: received, queued, and told what became of them. The only door out is messaging.delivery."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from billing.services import count_use
from messaging import compliance, consent, status
from messaging.compliance import Clearance, Outgoing, Standing
from messaging.models import Contact, Message
from messaging.numbers import normalise
from messaging.people import lock_contact, touch_conversation
from messaging.providers import provider
from messaging.providers.base import ReceiptEvent, TextEvent
from messaging.segments import measure
from tenants import agenda, live
from tenants.events import load_event, mark_processed
from tenants.models import PhoneNumber, new_id
from tenants.scope import current_business

log = structlog.get_logger(__name__)

# A person's or an API client's text is still wanted hours later; a rule says its own expiry.
KEEP_TRYING = timedelta(hours=12)


class NotAllowed(Exception):
    """The gate refused a text; `clearance` says why."""

    def __init__(self, clearance: Clearance) -> None:
        super().__init__(clearance.sentence)
        self.clearance = clearance


def queue_message(
    contact: Contact,
    body: str,
    *,
    our_number: str,
    provider_name: str,
    author: str,
    now: datetime,
    author_name: str = "",
    author_user: int | None = None,
    category: str = "C1",
    call_id: int | None = None,
    client_token: str | None = None,
    send_after: datetime | None = None,
    expires_at: datetime | None = None,
    own_numbers: frozenset[str] | None = None,
    suspended: bool | None = None,
) -> Message:
    """Queue one text: the message, its conversation and its agenda row, in one transaction.

    Every author queues the same row. `contact` must be locked by the caller's transaction
    (messaging.people.lock_contact). A repeated `client_token` returns the first message. Times are
    aware. Raises NotAllowed when the gate refuses, ValueError for an empty body.
    """
    body = body.strip()
    if not body:
        raise ValueError("body: the text is empty")
    if client_token:
        earlier = Message.objects.filter(client_token=client_token).first()
        if earlier:
            return earlier
    business = current_business()
    if suspended is None:
        suspended = business.suspended_at is not None
    if own_numbers is None:
        own_numbers = numbers_of_business(business.pk)
    expires_at = expires_at or now + KEEP_TRYING
    clearance = compliance.clear(
        Outgoing(contact.phone, own_numbers, category, author, expires_at),
        Standing(contact.opted_out_at is not None, contact.untextable_at is not None, suspended),
        now,
    )
    if not clearance.may_send:
        raise NotAllowed(clearance)
    size = measure(body)
    conversation_id = touch_conversation(
        contact.pk, at=now, line=body, direction="out", by_person=author == Message.Author.PERSON
    )
    message = Message(
        id=new_id(),
        conversation_id=conversation_id,
        direction="out",
        status="queued",
        author=author,
        author_name=author_name[:120],
        author_user=author_user,
        body=body,
        segments=size.segments,
        encoding=size.encoding,
        our_number=our_number,
        their_number=contact.phone,
        category=category,
        call=call_id,
        client_token=client_token,
        provider=provider_name,
        created_at=now,
        send_after=send_after,
        expires_at=expires_at,
    )
    message.save(force_insert=True)
    # People and rules are waited for; an API client's thousands must not stand in their way.
    lane = "bulk" if author == Message.Author.API else "realtime"
    agenda.put(
        "messaging.deliver",
        str(message.pk),
        lane=lane,
        business_id=business.pk,
        due_at=send_after or now,
        expires_at=expires_at,
    )
    live.changed(conversation_id)
    return message


def send_as(
    contact_phone: str,
    body: str,
    *,
    author: str,
    author_name: str = "",
    author_user: int | None = None,
    client_token: str | None = None,
    from_number: str | None = None,
) -> Message:
    """Queue a text of a member or an API client to a number. Raises NotAllowed, ValueError.

    The sender is `from_number` if it is one of the business's, else the number this person last
    dealt with, else the business's first.
    """
    now = timezone.now()
    phone = normalise(contact_phone)
    if not phone:
        raise ValueError("to: expected a phone number such as +13125550142")
    try:
        with transaction.atomic():
            contact = lock_contact(phone, now)
            number = _sender_for(contact, from_number)
            return queue_message(
                contact,
                body,
                our_number=number.e164,
                provider_name=number.account.provider,
                author=author,
                author_name=author_name,
                author_user=author_user,
                client_token=client_token,
                now=now,
            )
    except IntegrityError:
        # The same token won a race; its message is the answer.
        earlier = Message.objects.filter(client_token=client_token).first()
        if client_token and earlier:
            return earlier
        raise


def _sender_for(contact: Contact, wanted: str | None) -> PhoneNumber:
    numbers = list(
        PhoneNumber.objects.select_related("account")
        .filter(business=current_business(), is_active=True)
        .order_by("id")
    )
    if wanted:
        numbers = [n for n in numbers if n.e164 == normalise(wanted)]
        if not numbers:
            raise ValueError("from: that is not a number of this business")
    if not numbers:
        raise ValueError("from: this business has no active number")
    last = (
        Message.objects.filter(conversation__contact=contact)
        .order_by("-created_at")
        .values_list("our_number", flat=True)
        .first()
    )
    return next((n for n in numbers if n.e164 == last), numbers[0])


def numbers_of_business(business_id: int) -> frozenset[str]:
    """Return every number that is the business's own: its lines and the staff phones they ring."""
    own: set[str] = set()
    for e164, staff in PhoneNumber.objects.filter(business_id=business_id).values_list(
        "e164", "staff_numbers"
    ):
        own.add(e164)
        own.update(normalise(str(number)) for number in staff)
    return frozenset(own - {""})


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
    if Message.objects.filter(provider=provider_name, provider_id=event.message_id).exists():
        return None
    line = event.body.strip() or ("Picture" if event.media else "(empty text)")
    conversation_id = touch_conversation(
        contact.pk, at=received_at, line=line, direction="in", unread=1
    )
    size = measure(event.body)
    message = Message(
        id=new_id(),
        conversation_id=conversation_id,
        direction="in",
        status="received",
        author="contact",
        author_name=contact.name,
        body=event.body,
        media=list(event.media),
        segments=size.segments,
        encoding=size.encoding,
        our_number=event.our_number,
        their_number=phone,
        provider=provider_name,
        provider_id=event.message_id,
        created_at=received_at,
    )
    message.save(force_insert=True)
    for path in _text_handlers():
        import_string(path)(contact, message, event)
    live.changed(conversation_id)
    return message


def _text_handlers() -> list[str]:
    from django.conf import settings

    return list(settings.TEXT_RECEIVED_HANDLERS)


def handle_text_event(item: agenda.Item) -> None:
    """Agenda: process a stored incoming text. Idempotent."""
    with transaction.atomic():
        event = load_event(int(item.subject))
        if event is None:
            return
        text = provider(event.provider).text_event(event.params)
        receive_text(text, event.provider, event.received_at)
        mark_processed(event.id)


def handle_receipt_event(item: agenda.Item) -> None:
    """Agenda: process a stored delivery receipt. Idempotent, any order."""
    with transaction.atomic():
        event = load_event(int(item.subject))
        if event is None:
            return
        found = record_receipt(
            provider(event.provider).receipt_event(event.params), event.provider, event.received_at
        )
        mark_processed(event.id, "" if found else "No text of ours has this id.")


def record_receipt(receipt: ReceiptEvent, provider_name: str, at: datetime) -> bool:
    """Apply a receipt to its message: forward only, first final state stays. False if none is ours.

    Must run in a transaction. A receipt may come before our own call's answer, even after our
    worker died: then it is what settles the send.
    """
    message = _message_of(receipt, provider_name)
    if message is None:
        return False
    changes: dict[str, Any] = {}
    if message.provider_id is None:
        changes["provider_id"] = receipt.message_id
    new = status.advance(message.status, receipt.status) if receipt.status else message.status
    if new == message.status and message.status == "sending":
        new = "sent"  # the provider has it, whatever it calls that
    if new != message.status:
        changes["status"] = new
        changes["sent_at"] = message.sent_at or at
        if new == "delivered":
            changes["delivered_at"] = at
    if receipt.error_code and new in ("failed", "undelivered") and not message.error_code:
        problem = status.explain(receipt.error_code)
        changes.update(error_code=receipt.error_code, error_sentence=problem.sentence)
        note_problem(message, problem, receipt.error_code, at)
    if changes:
        Message.objects.filter(pk=message.pk).update(**changes)
        live.changed(message.conversation_id)
    if message.status == "sending":
        # This receipt settles the send; nobody need ask the provider any more.
        agenda.drop("messaging.deliver", str(message.pk), current_business().pk)
        record_use(message)
    return True


def _message_of(receipt: ReceiptEvent, provider_name: str) -> Message | None:
    from uuid import UUID

    locked = Message.objects.select_for_update().filter(direction="out", provider=provider_name)
    try:
        by_us = locked.filter(pk=UUID(receipt.our_id)).first()
    except ValueError:
        by_us = None
    if by_us is not None and by_us.provider_id in (None, receipt.message_id):
        return by_us
    return locked.filter(provider_id=receipt.message_id).first()


def record_use(message: Message) -> None:
    """Count a text that a provider took, once, whoever learns of it first."""
    count_use(current_business().pk, "sms_segment", f"sms:{message.pk}", message.segments)


def note_problem(message: Message, problem: status.Problem, code: str, at: datetime) -> None:
    """Draw the consequences of a provider's error: an opt-out or a number that gets no texts."""
    contact = Contact.objects.select_for_update().get(conversation=message.conversation_id)
    if problem.kind == "opted_out":
        consent.record(
            contact,
            "opt_out",
            channel="provider",
            raw_text="",
            matched=f"error {code}",
            provider=message.provider,
            provider_id=message.provider_id or str(message.pk),
            at=at,
        )
        cancel_waiting(message.conversation_id, "The person opted out.")
    elif problem.kind == "number" and contact.untextable_at is None:
        Contact.objects.filter(pk=contact.pk).update(untextable_at=at)


def cancel_waiting(conversation_id: int, why: str) -> int:
    """Cancel every text of a conversation that has not left; returns how many.

    Must run in a transaction that holds the contact's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET status = 'cancelled', error_sentence = %s "
            "WHERE conversation_id = %s AND direction = 'out' AND status IN ('queued', 'held') "
            "AND category <> 'C0' RETURNING id",
            [why, conversation_id],
        )
        ids = [str(row[0]) for row in cursor.fetchall()]
    business_id = current_business().pk if ids else 0
    for message_id in ids:
        agenda.drop("messaging.deliver", message_id, business_id)
    return len(ids)
