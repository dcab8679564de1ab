"""What is told when work was given up (settings.AGENDA_DEAD_HANDLERS): nothing disappears in silence."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from messaging.alerts import raise_alert
from messaging.models import Message
from messaging.people import forget_failed_texts
from messaging.upward import texts_settled
from tenants import agenda
from tenants.events import mark_failed
from tenants.scope import business_scope


def text_in_died(item: agenda.Item, error: str) -> None:
    """An incoming text could not be read: it may have been a STOP, so a person must look."""
    mark_failed(item.subject, error)
    if not item.schema:
        return
    with business_scope(item.schema), transaction.atomic():
        raise_alert(
            "TEXT_NOT_READ",
            "A text that came in could not be read. It may be somebody who wants no more texts.",
            fix="Ask support to process it again.",
            subject=item.subject,
            at=timezone.now(),
        )


def text_out_died(item: agenda.Item, error: str) -> None:
    """A text could not be brought to its end: it is called off, and the staff is told."""
    if not item.schema:
        return
    with business_scope(item.schema), transaction.atomic():
        waiting = Message.objects.filter(pk=item.subject, status__in=["queued", "held"])
        thread = waiting.values_list("conversation_id", flat=True).first()
        if not waiting.update(
            status="failed",
            error_code="GAVE_UP",
            error_sentence="Not sent: something of ours failed.",
        ):
            return
        if thread is not None:
            forget_failed_texts(thread)
            texts_settled([item.subject])
        raise_alert(
            "TEXT_STUCK",
            "A text could not be sent because something of ours failed.",
            fix="Phone them instead. Support has been told.",
            subject=item.subject,
            at=timezone.now(),
        )
