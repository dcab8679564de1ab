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
    setup_version: int


def take_event(event_id: int) -> Event | None:
    """Return a stored webhook, marked processed in this transaction; None when it is gone.

    Its row is locked until the transaction ends, so two workers never process it at once; should
    this one fail, the mark is rolled back with everything else. setup_version is its business's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_providerevent e SET state = 'processed', note = '', "
            "processed_at = now() WHERE id = %s RETURNING id, provider, kind, params, received_at, "
            "(SELECT setup_version FROM public.tenants_business b WHERE b.id = e.business_id)",
            [event_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    params = json.loads(row[3]) if isinstance(row[3], str) else row[3]
    return Event(row[0], row[1], row[2], params, row[4], row[5] or 0)


def annotate(event_id: int, note: str) -> None:
    """Leave a note on a stored webhook for support to see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_providerevent SET note = %s WHERE id = %s", [note, event_id]
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


def event_died(item: agenda.Item, error: str) -> None:
    """Say on a stored webhook that processing it was given up (settings.AGENDA_DEAD_HANDLERS)."""
    ProviderEvent.objects.filter(pk=int(item.subject)).update(
        state=EventState.FAILED, note=error[:500]
    )
