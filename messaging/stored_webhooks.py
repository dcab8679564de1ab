"""Stored webhooks of one person, rewritten: they hold numbers, names and words on the public floor."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from messaging.scrub import Scrubber

Change = Callable[[Mapping[str, Any]], dict[str, Any]]

# By the index on the subject. Those that wait are processed first; one that a worker holds is
# left to a later pass: it has the webhook and wants the person, we have the person.
_FOUND = """
    SELECT id, params, note FROM public.tenants_providerevent
    WHERE subject = ANY(%s) AND business_id = %s AND provider = %s AND state <> 'stored'
    ORDER BY id FOR UPDATE SKIP LOCKED
"""
# Given up, so nothing else leads from them to the person; a dead agenda row names each.
_GIVEN_UP = """
    SELECT e.id, e.params, e.note FROM public.tenants_agendaitem a
    JOIN public.tenants_providerevent e ON a.unique_key = 'event:' || e.id
    WHERE a.business_id = %s AND a.state = 'dead' AND e.business_id = a.business_id
    ORDER BY e.id FOR UPDATE OF e SKIP LOCKED
"""
_REWRITE = "UPDATE public.tenants_providerevent SET params = %s, note = %s WHERE id = %s"
_ERRORS = """
    SELECT id, last_error FROM public.tenants_agendaitem
    WHERE business_id = %s AND state = 'dead' AND last_error <> '' ORDER BY id FOR UPDATE SKIP LOCKED
"""


def rewrite(
    business_id: int,
    provider: str,
    subjects: Collection[str],
    change: Change,
    who: Scrubber | None = None,
) -> int:
    """Change the fields of a business's webhooks about calls or texts of these provider ids.

    who: whose traces leave the notes as well. Returns how many were changed. Must run in a
    transaction. The key that tells a repeated webhook stays: it is a hash.
    """
    if not subjects:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [list(subjects), business_id, provider])
        return _write(cursor.fetchall(), change, who)


def rewrite_given_up(business_id: int, change: Change, who: Scrubber) -> int:
    """Change the webhooks that were given up and tell of `who`; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP, [business_id])
        rows = [row for row in cursor.fetchall() if _tells_of(row[1], who)]
        count = _write(rows, change, who)
        cursor.execute(_ERRORS, [business_id])
        for row_id, error in cursor.fetchall():
            if (clean := who.text(error)) != error:
                cursor.execute(
                    "UPDATE public.tenants_agendaitem SET last_error = %s WHERE id = %s",
                    [clean, row_id],
                )
    return count


def _tells_of(params: Any, who: Scrubber) -> bool:
    read = _read(params)
    return bool(who.value(read) != read)


def _read(params: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(params) if isinstance(params, str) else params
    return found


def _write(rows: list[tuple[int, Any, str]], change: Change, who: Scrubber | None) -> int:
    written: list[Any] = []
    for event_id, stored, note in rows:
        params = _read(stored)
        changed, said = change(params), who.text(note) if who else note
        if changed != params or said != note:
            written.append((Jsonb(changed), said, event_id))
    if written:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_REWRITE, written)
    return len(written)
