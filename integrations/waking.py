"""One agenda row an endpoint (and a CRM): written when there is something to hand over, gone when not.

It is no part of the transaction in which something happens: a hundred calls of one agency would wait
there for one another's commit. Nor does it take the claim from whoever works on the endpoint, as
tenants.agenda.put would: an endpoint that hangs would get a thread more with every event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from tenants import agenda
from tenants.agenda import Item

LANE = "hooks"
KINDS = {"endpoint": "integrations.endpoint", "crm": "integrations.crm"}
_TABLES = {"endpoint": "integrations_endpoint", "crm": "integrations_crmconnection"}
# Said to be text: a worker's statements are prepared, and PostgreSQL deduces one type for each value.
# The key is that of tenants.agenda.put. Whoever rests is not asked before his rest is over.
_WAKE = """
    INSERT INTO public.tenants_agendaitem
        (lane, kind, business_id, subject, unique_key, due_at, state, attempts, claimed_by,
         last_error, created_at)
    SELECT %(lane)s, %(kind)s::text, x.business_id, x.id::text,
           %(kind)s::text || ':' || coalesce(x.business_id, 0) || ':' || x.id,
           GREATEST(now(), x.rests_until), 'waiting', 0, '', '', now()
    FROM public.{table} x WHERE x.id::text = ANY(%(subjects)s) AND x.is_active ORDER BY x.id
    ON CONFLICT (unique_key) DO UPDATE SET
        due_at = CASE WHEN tenants_agendaitem.state = 'dead' THEN EXCLUDED.due_at
                      ELSE LEAST(tenants_agendaitem.due_at, EXCLUDED.due_at) END,
        attempts = CASE WHEN tenants_agendaitem.state = 'dead' THEN 0
                        ELSE tenants_agendaitem.attempts END,
        state = 'waiting'
    WHERE tenants_agendaitem.claimed_by = ''
"""


def wake(what: str, subjects: Sequence[str]) -> None:
    """Have endpoints ("endpoint") or CRM connections ("crm") handed over to, as soon as they may be."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WAKE.format(table=_TABLES[what]),
            {"lane": LANE, "kind": KINDS[what], "subjects": list(subjects)},
        )
    transaction.on_commit(lambda: agenda.wake(LANE))


def rest(item: Item, due_sql: str, subject: str, not_before: datetime | None) -> None:
    """Give a row back until there is something to hand over again; without anything it goes.

    due_sql: asks for the moment at which the next thing of `subject` is due, NULL for none. The row
    is locked while that is asked: whatever is committed afterwards waits, and then writes it anew.
    What comes back is a new row, so that nothing the drain still does to the old one can touch it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT business_id FROM public.tenants_agendaitem WHERE id = %s AND attempts = %s "
            "AND claimed_by <> '' FOR UPDATE",
            [item.id, item.attempts],
        )
        mine = cursor.fetchone()
        if mine is None:
            return  # the lease was lost: whoever has it sees to it
        cursor.execute(due_sql, [subject])
        found = cursor.fetchone()
        cursor.execute("DELETE FROM public.tenants_agendaitem WHERE id = %s", [item.id])
        if found is not None and found[0] is not None:
            due = max(found[0], not_before) if not_before else found[0]
            agenda.put(item.kind, subject, lane=LANE, business_id=mine[0], due_at=due)
