"""Handing over what is due of one endpoint: the agenda's row, and what came of every attempt.

The posts are made in no transaction (integrations/posting.py). Who dies before he wrote down what
came delivers again under the same `webhook-id`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils import timezone

from integrations import catalogue, endpoints, posting, shares, waking
from integrations.models import Delivery, DeliveryState, Endpoint
from integrations.posting import Letter, Result
from integrations.retrying import again_at, is_over, rests_until, tired_seconds, typical_ms
from integrations.shares import Place
from tenants.agenda import Item, Later, Outside
from tenants.fields import Undecryptable

log = structlog.get_logger(__name__)

MOST = 200  # deliveries of one time slice
# How long one waits that got no place, seconds: whoever is fast gets one soon.
_NO_PLACE = {"fast": 0.5, "new": 1.5, "slow": 4.0}
_DUE = (
    "SELECT min(due_at) FROM public.integrations_delivery WHERE endpoint_id = %s "
    "AND state = 'waiting'"
)
# What was tried by another meanwhile (whoever lost his lease, or a member by hand) is left as it is.
_WRITE = """
    UPDATE public.integrations_delivery d SET
        state = r.state, attempts = d.attempts + 1, due_at = coalesce(r.due_at, d.due_at),
        status = r.status, took_ms = r.took_ms, problem = r.problem, answer = r.answer,
        last_at = r.last_at
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::timestamptz[], %s::int[], %s::int[],
                %s::text[], %s::text[], %s::timestamptz[])
        AS r(id, attempts, state, due_at, status, took_ms, problem, answer, last_at)
    WHERE d.id = r.id AND d.attempts = r.attempts AND d.state = 'waiting'
"""


def hand_over(item: Item) -> Outside | Later | None:
    """Agenda: hand over what is due of an endpoint, some at once, for a few seconds."""
    now = timezone.now()
    try:
        endpoint = Endpoint.objects.filter(pk=item.subject, is_active=True).first()
    except Undecryptable:
        log.error("endpoint_undecryptable", endpoint=item.subject)
        raise
    if endpoint is None:
        endpoints.drop_waiting(UUID(item.subject))
        return None
    if endpoint.rests_until is not None and endpoint.rests_until > now:
        waking.rest(item, _DUE, item.subject, endpoint.rests_until)
        return None
    pace = shares.pace(took_ms=endpoint.took_ms, failing_since=endpoint.failing_since)
    place = shares.here().enter(pace, (urlsplit(endpoint.url).hostname or "").lower())
    if place is None:
        return Later(now + timedelta(seconds=_NO_PLACE[pace] * random.uniform(0.5, 1.5)))
    try:
        return _handing(item, endpoint, place, now)
    except BaseException:
        shares.here().leave(place)
        raise


def _handing(item: Item, endpoint: Endpoint, place: Place, now: datetime) -> Outside:
    in_trouble = endpoint.rests_until is not None and endpoint.failing_since is not None
    # Of one that was in trouble, or that nobody knows, a single delivery asks whether it is there.
    letters = _due(endpoint.pk, now, 1 if in_trouble or place.pace == "new" else MOST)
    secrets = [endpoint.secret]
    if endpoint.previous_until is not None and endpoint.previous_until > now:
        secrets.append(endpoint.previous_secret)
    url = endpoint.url
    at_once = posting.IN_FLIGHT_SLOW if place.pace == "slow" else posting.IN_FLIGHT

    def act() -> list[Result]:
        place.moved()
        try:
            return posting.post_all(url, secrets, letters, at_once=at_once, moved=place.moved)
        finally:
            shares.here().leave(place)

    return Outside(act, lambda results: settle(item, results))


def _due(endpoint_id: UUID, now: datetime, most: int) -> list[Letter]:
    rows = (
        Delivery.objects.filter(endpoint=endpoint_id, state=DeliveryState.WAITING, due_at__lte=now)
        .order_by("due_at", "id")
        .values_list(
            "id", "attempts", "event_id", "event__type", "event__version", "event__occurred_at",
            "event__business_id", "event__business__name", "event__business__external_id",
            "event__data",
        )[:most]
    )  # fmt: skip
    letters = []
    for pk, attempts, event, kind, version, at, business, name, external, data in rows:
        whose = {"id": business, "name": name, "external_id": external}
        told = catalogue.payload(str(event), kind, version, at, whose, data)
        letters.append(Letter(pk, attempts, str(event), catalogue.as_bytes(told)))
    return letters


def settle(item: Item, results: Sequence[Result]) -> None:
    """Write down what came of each attempt, and plan the next look at this endpoint."""
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=item.subject)
        _write(results)
        _judge(endpoint, results, timezone.now())
    waking.rest(item, _DUE, item.subject, endpoint.rests_until)


def _write(results: Sequence[Result]) -> None:
    columns: list[list[Any]] = [[] for _ in range(9)]
    for result in results:
        state, due, verdict = DeliveryState.WAITING, None, result.verdict
        if verdict.kind == "delivered":
            state = DeliveryState.DELIVERED
        else:
            due = again_at(result.letter.attempts + 1, result.at, random.random())
            state = state if due is not None else DeliveryState.GAVE_UP
        row = (
            result.letter.delivery_id, result.letter.attempts, str(state), due, result.status,
            result.took_ms, verdict.problem[:200], result.answer, result.at,
        )  # fmt: skip
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    if results:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, columns)


def _judge(endpoint: Endpoint, results: Sequence[Result], now: datetime) -> None:
    """Draw what follows for the endpoint itself."""
    if not results or not endpoint.is_active:
        return
    kinds = {result.verdict.kind for result in results}
    if "delivered" in kinds:
        endpoint.last_success_at, endpoint.failing_since = now, None
    if kinds != {"delivered"}:
        endpoint.failing_since = endpoint.failing_since or now
    endpoint.rests_until = None
    took = [result.took_ms for result in results if result.verdict.kind == "delivered"]
    endpoint.took_ms = typical_ms(endpoint.took_ms, took)
    if tired := tired_seconds(took):
        endpoint.rests_until = now + timedelta(seconds=tired)
    if "trouble" in kinds:
        pause = max(result.pause for result in results)
        assert endpoint.failing_since is not None
        endpoint.rests_until = rests_until(endpoint.failing_since, pause, now)
    endpoint.save(update_fields=["last_success_at", "failing_since", "rests_until", "took_ms"])
    if "gone" in kinds:
        endpoints.switch_off(endpoint, "gone", now)
    elif endpoint.failing_since is not None and is_over(endpoint.failing_since, now):
        endpoints.switch_off(endpoint, "failing", now)
