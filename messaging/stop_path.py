"""STOP, START and HELP on the web side: stored and obeyed in one transaction, before the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from messaging.providers import provider
from tenants.models import ProviderEvent
from tenants.scope import business_scope


@dataclass(frozen=True, slots=True)
class Stored:
    """A verified, routed instruction as it is stored."""

    provider: str
    kind: str
    account_id: int
    business_id: int
    schema: str
    dedupe_key: str
    subject: str
    params: dict[str, Any]
    received_at: datetime


def store_and_obey(event: Stored) -> None:
    """Store the webhook and obey it. A repeated one changes nothing. Raises database errors."""
    from messaging.services import receive_text

    try:
        with business_scope(event.schema), transaction.atomic():
            _, is_new = ProviderEvent.objects.get_or_create(
                dedupe_key=event.dedupe_key,
                defaults={
                    "provider": event.provider,
                    "kind": event.kind,
                    "account_id": event.account_id,
                    "business_id": event.business_id,
                    "subject": event.subject,
                    "params": event.params,
                    "state": "processed",
                    "received_at": event.received_at,
                    "processed_at": event.received_at,
                },
            )
            if is_new:
                text = provider(event.provider).text_event(event.params)
                receive_text(text, event.provider, event.received_at)
    finally:
        # This thread belongs to no request; nobody else would give the connection back.
        connection.close()
