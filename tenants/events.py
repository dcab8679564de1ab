"""Stored webhooks: read for processing, marked when done, processed again on request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tenants import agenda
from tenants.models import EventState, PhoneNumber, ProviderEvent


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


def mark_failed(event_id: int | str, error: str) -> None:
    """Say on a stored webhook that its processing was given up, and why. A processed one stays so."""
    if not str(event_id).isdecimal():
        return
    # PostgreSQL takes neither NUL nor lone surrogates, and an error may quote what we were sent.
    note = error[:500].replace("\x00", "").encode("utf-8", "replace").decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_providerevent SET state = 'failed', note = %s "
            "WHERE id = %s AND state = 'stored'",
            [note, int(event_id)],
        )


def process_again(event: ProviderEvent) -> None:
    """Put a stored webhook on the agenda once more. Raises ValueError when nobody can process it.

    For one that was nobody's the number is looked up anew: support may have added it meanwhile.
    """
    kinds = {stored: (kind, lane) for stored, kind, lane, _ in settings.WEBHOOKS.values()}
    kinds |= settings.REPORTED
    business_id = event.business_id
    if business_id is None and event.state == EventState.UNROUTABLE:
        business_id = _business_of(event)
    if business_id is None or event.kind not in kinds:
        raise ValueError("This webhook belongs to no business, so there is nothing to process.")
    agenda_kind, lane = kinds[event.kind]
    with transaction.atomic():
        ProviderEvent.objects.filter(pk=event.pk).update(
            state=EventState.STORED, note="", business=business_id
        )
        agenda.put(
            agenda_kind,
            str(event.pk),
            lane=lane,
            business_id=business_id,
            due_at=timezone.now(),
            unique_key=f"event:{event.pk}",
        )


def event_died(item: agenda.Item, error: str) -> None:
    """Say on a stored webhook that processing it was given up (settings.AGENDA_DEAD_HANDLERS)."""
    mark_failed(item.subject, error)


def _business_of(event: ProviderEvent) -> int | None:
    """Return whose number a stored webhook is about, by the rules of the webhook door."""
    if event.provider not in settings.PROVIDERS:
        return None
    # By path: what a provider's words mean is known in a room above this one.
    adapter = import_string(settings.PROVIDERS[event.provider])()
    number = adapter.our_number(event.kind, event.params)
    if adapter.is_staff_leg(event.params) or (not number and event.kind.startswith("voice")):
        # On the staff's leg To is the staff's phone: the arrival of the call knows our number.
        arrivals = ProviderEvent.objects.filter(
            provider=event.provider, kind="voice", subject=event.subject
        )
        called = {
            adapter.our_number("voice", params)
            for params in arrivals.values_list("params", flat=True)
        }
        number = next(iter(called - {""}), number)
    ours = PhoneNumber.objects.filter(e164=number, is_active=True, account=event.account_id)
    return ours.values_list("business_id", flat=True).first()
