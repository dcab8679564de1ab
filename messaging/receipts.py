"""Delivery receipts: what became of a text, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.services import count_use
from messaging import consent, status
from messaging.models import Contact, Message
from messaging.outbox import cancel_waiting
from messaging.people import forget_failed_texts
from messaging.providers import provider
from messaging.providers.base import ReceiptEvent
from tenants import agenda, live
from tenants.events import annotate, take_event


def handle_receipt_event(item: agenda.Item) -> None:
    """Agenda: process a stored delivery receipt. Idempotent, any order."""
    with transaction.atomic():
        event = take_event(int(item.subject))
        if event is None or item.business_id is None:
            return
        receipt = provider(event.provider).receipt_event(event.params)
        if not record_receipt(receipt, event.provider, item.business_id, event.received_at):
            annotate(event.id, "No text of ours has this id.")


def record_receipt(
    receipt: ReceiptEvent, provider_name: str, business_id: int, at: datetime
) -> bool:
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
    if new == message.status and message.status in ("sending", "queued"):
        new = "sent"  # the provider has it, whatever it calls that
    if new != message.status:
        changes["status"] = new
        changes["sent_at"] = message.sent_at or at
        if new == "delivered":
            changes["delivered_at"] = at
    if message.status in ("sending", "queued"):
        # This receipt settles the send; nobody need ask the provider any more.
        agenda.drop("messaging.deliver", str(message.pk), business_id)
        count_use(business_id, "sms_segment", f"sms:{message.pk}", message.segments)
    failed = new in ("failed", "undelivered") and new != message.status
    if receipt.error_code and failed and not message.error_code:
        problem = status.explain(receipt.error_code)
        changes.update(error_code=receipt.error_code, error_sentence=problem.sentence)
        note_problem(message, problem, receipt.error_code, business_id, at)
    if changes:
        Message.objects.filter(pk=message.pk).update(**changes)
        live.changed(message.conversation_id)
    if failed:
        forget_failed_texts(message.conversation_id)
    return True


def _message_of(receipt: ReceiptEvent, provider_name: str) -> Message | None:
    locked = Message.objects.select_for_update().filter(direction="out", provider=provider_name)
    try:
        by_us = locked.filter(pk=UUID(receipt.our_id)).first()
    except ValueError:
        by_us = None
    if by_us is not None and by_us.provider_id in (None, receipt.message_id):
        return by_us
    return locked.filter(provider_id=receipt.message_id).first()


def note_problem(
    message: Message, problem: status.Problem, code: str, business_id: int, at: datetime
) -> None:
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
        cancel_waiting(message.conversation_id, business_id, "The person opted out.")
    elif problem.kind == "number" and contact.untextable_at is None:
        Contact.objects.filter(pk=contact.pk).update(untextable_at=at)
