"""Delivery receipts: what became of a text, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from billing.services import count_use
from messaging import breakers, consent, registration, status
from messaging.models import Contact, Message
from messaging.outbox import cancel_waiting
from messaging.people import forget_failed_texts, lock_person
from messaging.providers import provider
from messaging.providers.base import ReceiptEvent
from messaging.upward import text_sent, text_settled
from tenants import agenda, live
from tenants.events import annotate, take_event


def use_of(media: Sequence[Any]) -> str:
    """Return what a text counts as in the books: with pictures it is one message, not its segments."""
    return "mms" if media else "sms_segment"


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
    message, failed_before = _message_of(receipt, provider_name)
    if message is None:
        return False
    changes: dict[str, Any] = {}
    if message.provider_id is None:
        changes["provider_id"] = receipt.message_id
    was_open = message.status in ("sending", "queued")
    if message.error_code in ("UNKNOWN", "NO_ANSWER"):
        # We had given up asking, or were still: the provider knows better.
        message.status, was_open = "sending", True
        changes.update(error_code="", error_sentence="", status="sent")
        message.error_code = ""
    new = status.advance(message.status, receipt.status) if receipt.status else message.status
    if new == message.status and message.status in ("sending", "queued"):
        new = "sent"  # the provider has it, whatever it calls that
    if new != message.status:
        changes["status"] = new
        changes["sent_at"] = message.sent_at or at
        if new == "delivered":
            changes["delivered_at"] = at
    if was_open:
        # This receipt settles the send; nobody need ask the provider any more.
        agenda.drop("messaging.deliver", str(message.pk), business_id)
        count_use(business_id, use_of(message.media), f"sms:{message.pk}", message.segments)
    failed = new in ("failed", "undelivered") and new != message.status
    if receipt.error_code and failed and not message.error_code:
        problem = status.explain(receipt.error_code)
        changes.update(error_code=receipt.error_code, error_sentence=problem.sentence)
        note_problem(message, problem, receipt.error_code, business_id, at)
    if changes:
        Message.objects.filter(pk=message.pk).update(**changes)
        live.changed(message.conversation_id)
    if was_open and not failed:
        text_sent(str(message.pk), message.author)
    if failed or was_open:
        forget_failed_texts(message.conversation_id)
    if new != message.status and status.RANK[new] == status.RANK["delivered"]:
        message.status = new
        text_settled(message, failed_before=failed_before)
    return True


def _message_of(receipt: ReceiptEvent, provider_name: str) -> tuple[Message | None, bool]:
    """Return the message a receipt is about, its person locked first and then itself.

    And whether its conversation says that a text did not arrive.
    """
    ours = Message.objects.filter(direction="out", provider=provider_name)
    by_provider = Q(provider_id=receipt.message_id)
    try:
        wanted = by_provider | Q(pk=UUID(receipt.our_id), provider_id=None)
    except ValueError:
        wanted = by_provider
    found = ours.filter(wanted).values_list("pk", "conversation_id").first()
    if found is None:
        return None, False
    failed_before = lock_person(found[1])
    return ours.select_for_update().get(pk=found[0]), failed_before


def note_problem(
    message: Message, problem: status.Problem, code: str, business_id: int, at: datetime
) -> None:
    """Draw the consequences of a provider's error: an opt-out, a number that gets or may send none."""
    breakers.note_pause(message.our_number, code, at)
    contact = Contact.objects.select_for_update().get(conversation=message.conversation_id)
    if problem.kind == "opted_out":
        consent.record(
            contact,
            "opt_out",
            channel="provider",
            matched=f"error {code}",
            matched_by="provider",
            provider=message.provider,
            provider_id=message.provider_id or str(message.pk),
            at=at,
        )
        cancel_waiting(message.conversation_id, business_id, "The person opted out.")
    elif problem.kind == "number" and contact.untextable_at is None:
        Contact.objects.filter(pk=contact.pk).update(untextable_at=at)
    elif problem.kind == "registration":
        registration.note_refusal(message, code, business_id, at)
