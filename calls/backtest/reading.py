"""The past of a business as rows: its calls in their order, streamed, and what is known of callers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from calls import consented
from calls.backtest.past import WHOLE, Part, PastCall, PastPerson
from calls.outcome import Outcome

_CHUNK = 2_000
_CALLS = """
    SELECT id, started_at, ended_at, coalesce(contact_id, 0), our_number, outcome, missed_because,
           ring_seconds, talk_seconds, CASE WHEN outcome <> 'answered' THEN facts END
    FROM calls_call
    WHERE started_at >= %s AND started_at < %s AND outcome NOT IN ('in_progress', 'ignored')
      AND same_as_id IS NULL AND NOT is_test AND coalesce(contact_id, 0) %% %s = %s
    ORDER BY started_at, id
"""
_CALLERS = """
    SELECT DISTINCT contact_id FROM calls_call
    WHERE started_at >= %s AND started_at < %s AND contact_id %% %s = %s
"""
_LOGGED = """
    SELECT DISTINCT caller FROM public.tenants_loggedcall
    WHERE log_id = %s AND started_at >= %s AND started_at < %s
      AND abs(hashtext(caller)::bigint) %% %s = %s
"""
_PEOPLE = """
    SELECT id, phone, created_at, vip_at IS NOT NULL, ignored_at IS NOT NULL, tags, line_type,
           untextable_at, consent_level, consent_at, state, zone, place_source, place_at,
           name <> ''
    FROM messaging_contact WHERE erased_at IS NULL AND {which}
"""
_OPTED = """
    SELECT contact_id, occurred_at, kind = 'opt_out' FROM messaging_consentevent
    WHERE kind IN ('opt_out', 'opt_in')
      AND contact_id IN (SELECT id FROM messaging_contact WHERE erased_at IS NULL AND {which})
    ORDER BY contact_id, seq
"""
_TEXTS = """
    SELECT c.contact_id, m.created_at, m.direction = 'in' FROM messaging_message m
    JOIN messaging_conversation c ON c.id = m.conversation_id
    WHERE m.created_at >= %s AND m.created_at < %s
      AND (m.direction = 'in' OR m.author IN ('person', 'api', 'assistant')) AND m.status <> 'cancelled'
    ORDER BY c.contact_id, m.created_at
"""
# What was written before the period still tells who is in a conversation.
LOOK_BACK = timedelta(days=31)
_NONE: frozenset[str] = frozenset()
_outcomes: dict[tuple[str, str], Outcome] = {}


def outcome_of(kind: str, because: str) -> Outcome:
    """Return the outcome a stored call had; few, and shared."""
    found = _outcomes.get((kind, because))
    if found is None:
        found = _outcomes[(kind, because)] = Outcome(kind, because, ended=True)
    return found


def calls_between(
    since: datetime, until: datetime, phones: dict[int, str], part: Part = WHOLE
) -> Iterator[PastCall]:
    """Yield the calls of the current business that began in [since, until), in their order.

    phones: contact -> number. Streams: memory does not grow with the period.
    """
    for row in _rows(_CALLS, [since, until, part.of, part.number]):
        pk, started_at, ended_at, contact, our_number, kind, because, ring, talk, facts = row
        facts = json.loads(facts) if facts else {}
        ring_end = facts.get("first_ring_end_at")
        missed_at = datetime.fromisoformat(ring_end) if ring_end else ended_at or started_at
        level, attestation = 1, "none"
        if facts:
            level = consented.heard(facts, ended=True).level
            attestation = consented.attestation(facts) or "none"
        yield PastCall(
            str(pk), started_at, missed_at, phones.get(contact, ""), our_number,
            outcome_of(kind, because), ring, talk, level, attestation,
        )  # fmt: skip


def people_between(
    since: datetime, until: datetime, part: Part = WHOLE
) -> tuple[dict[str, PastPerson], dict[int, str]]:
    """Return the callers of a period by number, and their numbers by contact."""
    values = [since, until, part.of, part.number]
    return _people("id IN (" + _CALLERS + ")", values, since, until)


def people_of_log(
    log_id: int, since: datetime, until: datetime, part: Part = WHOLE
) -> dict[str, PastPerson]:
    """Return whom the business knows of an imported log's callers, by number."""
    values = [log_id, since, until, part.of, part.number]
    return _people("phone IN (" + _LOGGED + ")", values, since, until)[0]


def _people(
    which: str, values: list[Any], since: datetime, until: datetime
) -> tuple[dict[str, PastPerson], dict[int, str]]:
    found: dict[str, PastPerson] = {}
    phones: dict[int, str] = {}
    for row in _rows(_PEOPLE.format(which=which), values):
        pk, phone, created_at, vip, ignored, tags, *rest = row
        phones[pk] = phone
        marks = frozenset(json.loads(tags)) if tags and tags != "[]" else _NONE
        found[phone] = PastPerson(created_at, vip, ignored, marks, *rest)
    for contact, rows in groupby(_rows(_OPTED.format(which=which), values), key=lambda row: row[0]):
        if contact in phones:
            found[phones[contact]].opted = tuple((at, is_out) for _, at, is_out in rows)
    texts = _rows(_TEXTS, [since - LOOK_BACK, until + LOOK_BACK])
    for contact, rows in groupby(texts, key=lambda row: row[0]):
        if contact not in phones:
            continue
        person, moments = found[phones[contact]], list(rows)
        person.inbound = tuple(at for _, at, is_in in moments if is_in)
        person.wrote = tuple(at for _, at, is_in in moments if not is_in)
    return found, phones


def _rows(sql: str, values: list[Any]) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while chunk := cursor.fetchmany(_CHUNK):
            yield from chunk
