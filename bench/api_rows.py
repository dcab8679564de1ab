"""What machines leave behind at a client of many: events, deliveries and requests, made and taken away again."""

from __future__ import annotations

from django.db import connection

from integrations.models import Endpoint
from tenants.models import Agency, ApiRequest, Business

_MARK = "bench"
_TYPES = "'call.missed', 'text.sent', 'text.delivered', 'reply.received'"
# A day for every 5,000 of them, newest last, as they would have come.
_EVENTS = f"""
    WITH made AS (
        INSERT INTO public.integrations_event
            (id, business_id, type, key, version, data, occurred_at, created_at)
        SELECT gen_random_uuid(), %(business)s, (ARRAY[{_TYPES}])[1 + n %% 4], '{_MARK}:' || n, 1,
               '{{}}', at, at
        FROM generate_series(1, %(count)s) n,
             LATERAL (SELECT now() - (%(count)s - n) * interval '17 seconds' AS at) moment
        RETURNING id, created_at
    )
    INSERT INTO public.integrations_delivery
        (event_id, endpoint_id, state, attempts, due_at, status, took_ms, last_at, created_at)
    SELECT id, endpoint, 'delivered', 1, created_at, 200, 40, created_at, created_at
    FROM made, unnest(%(endpoints)s::uuid[]) endpoint ORDER BY created_at
"""
_REQUESTS = f"""
    INSERT INTO public.tenants_apirequest
        (key_id, business_id, agency_id, request_id, method, path, status, code, took_ms, at)
    SELECT %(key)s, %(business)s, %(agency)s, '{_MARK}-' || n, 'GET', '/api/v1/messages/', 200, '', 9,
           now() - (%(count)s - n) * interval '6 seconds'
    FROM generate_series(1, %(count)s) n
"""
TABLES = frozenset({"integrations_event", "integrations_delivery", "tenants_apirequest"})


def fill(business: Business, agency: Agency, keys: tuple[int, int], count: int) -> Endpoint:
    """Make `count` events, told to two endpoints of each, and `count` requests of each key.

    Returns an endpoint of the business.
    """
    empty()
    ours, *others = (
        Endpoint.objects.create(
            **{owner: whose}, url="https://bench.example/", shown_url="https://bench.example",
            description=_MARK, secret="whsec_of_a_bench", is_active=False,
        )
        for owner, whose in (("business", business), ("agency", agency)) * 2
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            _EVENTS,
            {
                "business": business.pk,
                "count": count,
                "endpoints": [each.pk for each in (ours, *others)],
            },
        )
        for key, of_business, of_agency in (
            (keys[0], business.pk, None), (keys[1], None, agency.pk),
        ):  # fmt: skip
            cursor.execute(
                _REQUESTS,
                {"key": key, "business": of_business, "agency": of_agency, "count": count},
            )
        for table in TABLES:
            cursor.execute(f"ANALYZE public.{table}")
    return ours


def empty() -> None:
    """Take it all away again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM public.integrations_delivery WHERE endpoint_id IN "
            f"(SELECT id FROM public.integrations_endpoint WHERE description = '{_MARK}')"
        )
        cursor.execute(f"DELETE FROM public.integrations_event WHERE key LIKE '{_MARK}:%'")
    Endpoint.objects.filter(description=_MARK).delete()
    ApiRequest.objects.filter(request_id__startswith=f"{_MARK}-").delete()
