"""The consent ledger's one way in. What it says of now is kept on the contact, in the same transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from messaging.models import ConsentEvent, Contact


def record(
    contact: Contact,
    kind: str,
    *,
    channel: str,
    raw_text: str,
    matched: str,
    provider: str,
    provider_id: str,
    at: datetime,
    actor: str = "",
) -> bool:
    """Append one event and bring the contact's standing in line; False when it was recorded before.

    Must run in a transaction that holds the contact's lock. The exact text received is kept.
    """
    try:
        with transaction.atomic():
            ConsentEvent.objects.create(
                contact=contact,
                phone=contact.phone,
                kind=kind,
                channel=channel,
                raw_text=raw_text,
                matched=matched[:60],
                provider=provider,
                provider_id=provider_id,
                actor=actor,
                occurred_at=at,
                recorded_at=timezone.now(),
            )
    except IntegrityError:
        return False
    if kind == "opt_out" and contact.opted_out_at is None:
        contact.opted_out_at = at
        contact.save(update_fields=["opted_out_at"])
    elif kind == "opt_in" and contact.opted_out_at is not None:
        contact.opted_out_at = None
        contact.save(update_fields=["opted_out_at"])
    return True
