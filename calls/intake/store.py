"""A report is stored with its agenda row before it is acknowledged, once by its source and event id.

Public rows only: it works while a business's schema is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from calls.intake.facts import PROVIDER
from tenants import agenda
from tenants.scope import business_scope

KIND = "call.reported"
AGENDA_KIND = "calls.reported_event"
LANE = "realtime"

# The second time an event comes it is counted, so that whoever looks for a fault sees it.
_STORE = """
    WITH event AS (
        INSERT INTO public.tenants_providerevent AS e
            (provider, kind, business_id, dedupe_key, subject, params, state, note, received_at,
             processed_at)
        VALUES (%(provider)s, %(kind)s, %(business)s, %(key)s, %(subject)s, %(params)s, %(state)s,
                %(note)s, %(at)s, CASE WHEN %(state)s = 'stored' THEN NULL ELSE %(at)s END)
        ON CONFLICT (dedupe_key) DO UPDATE SET params = jsonb_set(
            e.params, '{repeats}', to_jsonb(coalesce((e.params->>'repeats')::int, 0) + 1))
        RETURNING id, (xmax = 0) AS is_new, note
    ), wish AS (
        INSERT INTO public.tenants_agendaitem
            (lane, kind, business_id, subject, unique_key, due_at, state, attempts, claimed_by,
             last_error, created_at)
        SELECT %(lane)s, %(agenda_kind)s, %(business)s, id::text, 'event:' || id, %(due)s,
               'waiting', 0, '', '', now()
        FROM event WHERE is_new AND %(state)s = 'stored'
    )
    SELECT id, is_new, note FROM event
"""
_SEEN = """
    UPDATE public.tenants_callsource SET last_event_at = %s
    WHERE id = %s AND (last_event_at IS NULL OR last_event_at < %s)
"""
# A busy source's row is not written for every event.
_SEEN_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an event at the door: its id, whether it was new, why it is left aside or ''."""

    id: int
    is_new: bool
    note: str


def store(
    *, business_id: int, key: str, subject: str, params: dict[str, Any], state: str, note: str,
    received_at: datetime, wait_seconds: int = 0,
) -> Stored:  # fmt: skip
    """Keep an event; state 'stored' puts it on the agenda. received_at: aware."""
    values: dict[str, Any] = {
        "provider": PROVIDER,
        "kind": KIND,
        "business": business_id,
        "key": key,
        "subject": subject,
        "params": Jsonb(params),
        "state": state,
        "note": note,
        "at": received_at,
        "lane": LANE,
        "agenda_kind": AGENDA_KIND,
        "due": received_at + timedelta(seconds=wait_seconds),
    }
    with business_scope(""), connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        stored = Stored(*cursor.fetchone())
    if stored.is_new and state == "stored" and not wait_seconds:
        agenda.wake(LANE)
    return stored


def seen(source_id: int, at: datetime) -> None:
    """Write down that a source is alive."""
    with business_scope(""), connection.cursor() as cursor:
        cursor.execute(_SEEN, [at, source_id, at - _SEEN_EVERY])
