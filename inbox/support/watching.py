"""How providers do, from what the public floor knows: bounded reads, no schema is opened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from messaging.status import explain
from tenants import brakes, velocity
from tenants.models import BusinessHealth, Stage

# So many of the newest stored webhooks are read for rates.
NEWEST = 20_000

_PROVIDERS = """
    SELECT provider, max(received_at), count(*) FILTER (WHERE received_at > %(hour)s),
           count(*) FILTER (WHERE received_at > %(hour)s AND state = 'failed'),
           count(*) FILTER (WHERE received_at > %(hour)s AND state IN ('unroutable', 'refused')),
           count(*) FILTER (WHERE state = 'stored' AND received_at < %(late)s)
    FROM (SELECT provider, state, received_at FROM public.tenants_providerevent
          ORDER BY received_at DESC LIMIT %(newest)s) newest
    GROUP BY provider ORDER BY provider
"""
_ERRORS = """
    SELECT coalesce(nullif(params->>'ErrorCode', '0'), params->>'data.payload.errors.0.code') AS code,
           count(*), count(DISTINCT business_id), max(received_at)
    FROM (SELECT params, business_id, received_at FROM public.tenants_providerevent
          ORDER BY received_at DESC LIMIT %s) newest
    WHERE coalesce(nullif(params->>'ErrorCode', '0'), params->>'data.payload.errors.0.code', '') <> ''
    GROUP BY 1 ORDER BY 2 DESC LIMIT 15
"""
_LANES = """
    SELECT lane, count(*) FILTER (WHERE state = 'waiting' AND due_at <= %(now)s AND claimed_by = ''),
           min(due_at) FILTER (WHERE state = 'waiting' AND due_at <= %(now)s AND claimed_by = ''),
           count(*) FILTER (WHERE state = 'dead')
    FROM public.tenants_agendaitem GROUP BY lane
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A provider lately. last: when it last called us, None when it never did; counts of an hour."""

    name: str
    last: datetime | None
    hour: int
    failed: int
    astray: int
    unread: int


def of_providers(now: datetime) -> list[Seen]:
    """Return every provider there is, those that never called us as well."""
    values: dict[str, datetime | int] = {
        "hour": now - timedelta(hours=1), "late": now - timedelta(seconds=30), "newest": NEWEST,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PROVIDERS, values)
        known = {row[0]: Seen(*row) for row in cursor.fetchall()}
    return [
        known.get(name) or Seen(name, None, 0, 0, 0, 0)
        for name in dict.fromkeys([*settings.PROVIDERS, *known])
    ]


def errors() -> list[tuple[str, str, int, int, datetime]]:
    """Return (code, in words, times, businesses, last) of the errors that receipts name lately."""
    with connection.cursor() as cursor:
        cursor.execute(_ERRORS, [NEWEST])
        return [(code, explain(code).sentence, *rest) for code, *rest in cursor.fetchall()]


def lanes(now: datetime) -> list[tuple[str, int, float, int]]:
    """Return (lane, due rows, seconds the oldest waits, dead rows) of each lane."""
    with connection.cursor() as cursor:
        cursor.execute(_LANES, {"now": now})
        known = {row[0]: row[1:] for row in cursor.fetchall()}
    return [
        (lane, due, (now - oldest).total_seconds() if oldest else 0.0, dead)
        for lane in settings.LANES
        for due, oldest, dead in [known.get(lane, (0, None, 0))]
    ]


def worst() -> list[BusinessHealth]:
    """Return the businesses most of whose texts did not arrive within seven days."""
    rows = BusinessHealth.objects.filter(undelivered__gt=0).select_related("business__agency")
    return list(rows.order_by("-undelivered")[:10])


def silent(now: datetime, span: timedelta) -> list[BusinessHealth]:
    """Return live businesses that had calls before and none for `span`: perhaps nothing reaches us."""
    rows = BusinessHealth.objects.filter(
        business__stage=Stage.LIVE, last_call_at__lt=now - span, last_call_at__isnull=False
    ).select_related("business__agency")
    return list(rows.order_by("-last_call_at")[:15])


def last_heard(business_id: int) -> tuple[datetime | None, dict[str, int]]:
    """Return when a provider last called about a business, and how its newest webhooks stand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, received_at FROM (SELECT business_id, state, received_at FROM "
            "public.tenants_providerevent ORDER BY received_at DESC LIMIT %s) newest "
            "WHERE business_id = %s ORDER BY received_at DESC LIMIT 500",
            [NEWEST, business_id],
        )
        rows = cursor.fetchall()
    return (rows[0][1] if rows else None), dict(Counter(state for state, _ in rows))


def brake(now: datetime) -> brakes.Hour | None:
    """Return the platform's limits and what this hour used of them; None while Redis is away."""
    try:
        return brakes.hour(now)
    except velocity.Away:
        return None
