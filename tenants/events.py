"""Stored webhooks: read for processing, marked when done, processed again on request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tenants import agenda
from tenants.models import EventState, ProviderEvent


@dataclass(frozen=True, slots=True)
class Event:
    """A stored webhook as a handler needs it; `received_at` is aware."""

    id: int
    provider: str
    kind: str
    params: dict[str, Any]
    received_at: datetime


def load_event(event_id: int) -> Event | None:
    """Return a stored webhook and lock it until the transaction ends; None when it is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, provider, kind, params, received_at FROM public.tenants_providerevent "
            "WHERE id = %s FOR UPDATE",
            [event_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    params = json.loads(row[3]) if isinstance(row[3], str) else row[3]
    return Event(row[0], row[1], row[2], params, row[4])


def mark_processed(event_id: int, note: str = "") -> None:
    """Note that a webhook was processed, in the transaction that did it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_providerevent SET state = 'processed', note = %s, processed_at = %s "
            "WHERE id = %s",
            [note, timezone.now(), event_id],
        )


def process_again(event: ProviderEvent) -> None:
    """Put a stored webhook on the agenda once more. Raises ValueError when nobody can process it."""
    kinds = {stored: (kind, lane) for stored, kind, lane, _ in settings.WEBHOOKS.values()}
    if event.business_id is None or event.kind not in kinds:
        raise ValueError("This webhook belongs to no business, so there is nothing to process.")
    agenda_kind, lane = kinds[event.kind]
    with transaction.atomic():
        ProviderEvent.objects.filter(pk=event.pk).update(state=EventState.STORED, note="")
        agenda.put(
            agenda_kind,
            str(event.pk),
            lane=lane,
            business_id=event.business_id,
            due_at=timezone.now(),
            unique_key=f"event:{event.pk}",
        )
