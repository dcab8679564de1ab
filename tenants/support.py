"""What support does by hand: suspend and resume a business, revoke a key, ask the agenda again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from tenants import agenda
from tenants.models import ApiKey, Business


def suspend(business: Business, now: datetime) -> bool:
    """Stop everything going out for a business at `now` (aware); False when it was stopped before."""
    return bool(Business.objects.filter(pk=business.pk, suspended_at=None).update(suspended_at=now))


def resume(business: Business) -> bool:
    """Let a business send again; False when it was not suspended."""
    changed = Business.objects.filter(pk=business.pk, suspended_at__isnull=False)
    return bool(changed.update(suspended_at=None))


def revoke(key: ApiKey, now: datetime) -> bool:
    """End an API key at `now` (aware), for good; False when it had been revoked before."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now))


def ask_again(ids: Collection[int]) -> set[int]:
    """Make dead and waiting agenda rows due now, their failures forgotten; returns which.

    A row that a worker holds is left to it. A row that has expired is due as well: its handler
    says so where that matters.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_agendaitem SET state = 'waiting', due_at = now(), attempts = 0, "
            "claimed_by = '' WHERE id = ANY(%s) AND (claimed_by = '' OR due_at <= now()) "
            "RETURNING id, lane",
            [list(ids)],
        )
        rows = cursor.fetchall()
        for lane in {lane for _, lane in rows}:
            transaction.on_commit(partial(agenda.wake, lane))
    return {row_id for row_id, _ in rows}
