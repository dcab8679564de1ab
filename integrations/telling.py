"""What happened becomes an event, in the transaction in which it happened, with whom it is told to.

An event is written once by its key, in one statement with its deliveries, and only where somebody
wants it (integrations/listening.py). Which lane hands it over is asked after the commit; should this
process die in between, the sweep finds it (integrations/sweeping.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from integrations import catalogue, listening, waking
from tenants.models import new_id

# Endpoints in the order of their ids: two transactions never wait for each other crosswise. An
# endpoint without an address is somebody who asks for events (integrations/polling.py).
TELL = """
    WITH wanting AS (
        SELECT id, shown_url = '' AS asks FROM public.integrations_endpoint
        WHERE is_active AND (business_id = %(business)s OR agency_id = %(agency)s)
          AND (events = '[]'::jsonb OR events @> to_jsonb(%(type)s::text))
        ORDER BY id
    ), crm AS (
        SELECT id FROM public.integrations_crmconnection
        WHERE is_active AND business_id = %(business)s AND %(for_crm)s
    ), told AS (
        INSERT INTO public.integrations_event
            (id, business_id, type, key, version, data, occurred_at, created_at)
        SELECT %(id)s, %(business)s, %(type)s, %(key)s, %(version)s, %(data)s, %(at)s, now()
        WHERE EXISTS (SELECT 1 FROM wanting) OR EXISTS (SELECT 1 FROM crm)
        ON CONFLICT (business_id, key) DO NOTHING RETURNING id
    ), delivery AS (
        INSERT INTO public.integrations_delivery (event_id, endpoint_id, due_at, created_at)
        SELECT told.id, wanting.id, now(), now() FROM told, wanting WHERE NOT wanting.asks
        ORDER BY wanting.id
    ), push AS (
        INSERT INTO public.integrations_crmpush (connection_id, event_id, created_at)
        SELECT crm.id, told.id, now() FROM told, crm
    )
    SELECT 'endpoint', id::text FROM wanting, (SELECT 1 FROM told) AS new WHERE NOT asks
    UNION ALL SELECT 'crm', crm.id::text FROM crm, (SELECT 1 FROM told) AS new
"""
# What a CRM is told of (integrations/crm/).
FOR_CRM = frozenset({
    "call.missed", "voicemail.left", "text.sent", "reply.received", "contact.opted_out",
    "contact.opted_in",
})  # fmt: skip


def tell(name: str, key: str, data: dict[str, Any], at: datetime) -> bool:
    """Write an event of the current business for whoever wants it; whether it was written.

    Must run in the transaction in which it happened. name: of the catalogue; key: names what
    happened, once in a business (such as "call.missed:42"); data: as the catalogue has it; `at` is
    aware. Raises KeyError for a name nobody knows.
    """
    kind, heard = catalogue.TYPES[name], listening.here()
    if heard is None:
        return False
    values: dict[str, Any] = {
        "business": heard.business_id, "agency": heard.agency_id, "type": name, "key": key[:160],
        "version": kind.version, "data": Jsonb(data), "at": at, "id": new_id(),
        "for_crm": name in FOR_CRM,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(TELL, values)
        told = cursor.fetchall()
    if told:
        wake(told)
    return bool(told)


def wake(told: Iterable[tuple[str, str]]) -> None:
    """Have what was written handed over, once it is committed."""
    _wanted.rows |= set(told)
    # What is committed stands whether or not this works: the sweep finds who was not woken.
    transaction.on_commit(_wake_all, robust=True)


class _Wanted(threading.local):
    """Who is to be woken after this thread's commit: once, however much of it happened.

    What a rolled-back transaction leaves here is woken with the next one, and finds nothing due.
    """

    def __init__(self) -> None:
        self.rows: set[tuple[str, str]] = set()


_wanted = _Wanted()


def _wake_all() -> None:
    rows, _wanted.rows = _wanted.rows, set()
    for what in ("endpoint", "crm"):
        if subjects := sorted(subject for kind, subject in rows if kind == what):
            waking.wake(what, subjects)
