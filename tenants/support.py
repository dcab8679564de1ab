"""What support does by hand: suspend and resume a business, revoke a key, ask the agenda again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from tenants import agenda, lifecycle, suspending
from tenants.models import ApiKey, Business


def suspend(business: Business, now: datetime) -> bool:
    """Stop everything going out for a business at `now` (aware); False when support did so before.

    Raises LifecycleRefused for one that is leaving.
    """
    return lifecycle.suspend(business, suspending.SUPPORT, actor="Support", door="admin", now=now)


def resume(business: Business) -> bool:
    """Let a business send again, whoever suspended it; False when it was not suspended."""
    return lifecycle.resume(
        business, suspending.SUPPORT, actor="Support", door="admin", now=timezone.now()
    )


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


def drop_dead(ids: Collection[int]) -> set[int]:
    """Take dead agenda rows off the agenda for good; returns which. Others are left."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM public.tenants_agendaitem WHERE id = ANY(%s) AND state = 'dead' "
            "RETURNING id",
            [list(ids)],
        )
        return {row_id for (row_id,) in cursor.fetchall()}
