"""Whoever has no endpoint asks for events: they are kept from the first time he asks.

Somebody who asks stands as an endpoint without an address: events are written for him like for any
other, and nothing is handed over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from integrations import listening
from integrations.endpoints import POLLING, Owner
from integrations.models import Endpoint

# How exactly it is known when somebody asked last (integrations/sweeping.py forgets him).
_EXACTLY = timedelta(hours=1)


def asked(owner: Owner, now: datetime) -> None:
    """Note that an owner asks for events; `now` is aware. A repeat within an hour writes nothing."""
    rows = Endpoint.objects.filter(business=owner.business, agency=owner.agency, source=POLLING)
    row = rows.only("pk", "is_active", "last_success_at").first()
    asked_at = row.last_success_at if row is not None and row.is_active else None
    if asked_at is not None and now - asked_at < _EXACTLY:
        return
    with transaction.atomic():
        if row is None:
            Endpoint.objects.create(
                business=owner.business, agency=owner.agency, source=POLLING, url="", shown_url="",
                secret="", last_success_at=now,
            )  # fmt: skip
        else:
            rows.update(is_active=True, last_success_at=now)
        listening.changed()
