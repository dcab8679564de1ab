"""Which rows make a page of a timeline: one statement over every kind, by key-set."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

from inbox.thread.cursors import Cursor

M = TypeVar("M", bound=Model)

# Each kind: its letter, table, moment, owner's column, what is not told, and what is read at once.
_SOURCES = (
    ("t", "messaging_message", "created_at", "conversation_id", "v",
     # A member took these back before they left, or wrote them anew: nothing happened.
     "NOT (x.status = 'cancelled' AND x.error_code IN ('UNDONE', 'REPLACED')) AND NOT "
     # What waits for the hour a member chose stands by itself, below.
     "(x.author = 'person' AND x.status IN ('queued', 'held') AND coalesce("
     "x.send_after > greatest(now(), x.created_at + interval '60 seconds'), false))",
     "to_jsonb(x)"),
    # With a call: the same one as another way reported it, within a day, and the text kept back after it.
    ("c", "calls_call", "started_at", "contact_id", "p", "x.same_as_id IS NULL",
     "jsonb_build_object('call', to_jsonb(x), 'twin', (SELECT to_jsonb(k) FROM calls_call k "
     "WHERE k.contact_id = ANY(%(p)s) AND k.same_as_id = x.id AND k.started_at BETWEEN "
     "x.started_at - interval '1 day' AND x.started_at + interval '1 day' "
     "ORDER BY k.id DESC LIMIT 1), 'refused', CASE WHEN x.decision = 'skip' THEN "
     "(SELECT to_jsonb(r) FROM messaging_refusal r WHERE r.contact_id = ANY(%(p)s) "
     "AND r.call = x.id ORDER BY r.id DESC LIMIT 1) END)"),
    ("e", "messaging_consentevent", "occurred_at", "contact_id", "p",
     "(x.kind <> 'consent' OR x.level >= 3)", "NULL::jsonb"),
    ("r", "messaging_refusal", "at", "contact_id", "p",
     # A call's own receipt says it.
     "NOT EXISTS (SELECT FROM calls_call k WHERE k.id = x.call AND k.decided_at IS NOT NULL "
     "AND k.decision_reason <> 'ANSWERED')", "to_jsonb(x)"),
    ("n", "inbox_note", "created_at", "conversation_id", "v", "x.removed_at IS NULL",
     "to_jsonb(x)"),
    ("a", "inbox_activity", "at", "conversation_id", "v", "true", "to_jsonb(x)"),
    ("p", "inbox_promise", "created_at", "conversation_id", "v", "true", "to_jsonb(x)"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's contacts and conversations: the one that is kept first, then those merged into it.

    numbers: E.164 by contact id; of: contact id by conversation id; waits: whether a text of a
    member's has not left.
    """

    numbers: dict[int, str]
    of: dict[int, int]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a page: its place, and the row as the database writes it in JSON; None of the ledger's.

    Of a call: `call`, `twin` (the same call by another way) and `refused` (its kept-back text).
    """

    place: Cursor
    stored: dict[str, Any] | None


_WHOSE = """
    WITH RECURSIVE people AS (
        SELECT id, phone, 0 AS depth FROM messaging_contact WHERE id = %s
        UNION ALL
        SELECT c.id, c.phone, depth + 1 FROM messaging_contact c
        JOIN people ON c.merged_into_id = people.id WHERE depth < 8
    ) SELECT people.id, people.phone, v.id, EXISTS (
          SELECT FROM messaging_message m WHERE m.conversation_id = v.id
            AND m.author = 'person' AND m.status IN ('queued', 'held')
      ) FROM people
      LEFT JOIN messaging_conversation v ON v.contact_id = people.id ORDER BY depth, people.id
"""


def person(contact_id: int) -> Person:
    """Return a kept contact with those that were merged into it."""
    with connection.cursor() as cursor:
        cursor.execute(_WHOSE, [contact_id])
        found = cursor.fetchall()
    return Person(
        {contact: phone for contact, phone, *_ in found},
        {
            conversation: contact
            for contact, _, conversation, _ in found
            if conversation is not None
        },
        any(waits for *_, waits in found),
    )


def _statement(*, older: bool, bounded: bool) -> str:
    """Return the statement for rows before a place (or the newest), or after one."""
    way, mark = ("DESC", "<") if older else ("ASC", ">")
    branches = []
    for letter, table, at, owner, whose, told, stored in _SOURCES:
        # First by the moment, which the index knows; then exactly, among those of one moment.
        bound = (
            f"AND x.{at} {mark}= %(at)s AND (x.{at} {mark} %(at)s "
            f"OR ('{letter}', x.id::text) {mark} (%(kind)s, %(id)s))"
            if bounded
            else ""
        )
        branches.append(
            f"(SELECT '{letter}' AS kind, y.at, y.id, y.stored FROM unnest(%({whose})s::bigint[]) "
            f"AS owner(id) CROSS JOIN LATERAL (SELECT x.{at} AS at, x.id::text AS id, "
            f"{stored} AS stored FROM {table} x WHERE x.{owner} = owner.id AND {told} {bound} "
            f"ORDER BY x.{at} {way}, x.id::text {way} LIMIT %(n)s) y)"
        )
    return " UNION ALL ".join(branches) + f" ORDER BY at {way}, kind {way}, id {way} LIMIT %(n)s"


_NEWEST = _statement(older=True, bounded=False)
_BEFORE = _statement(older=True, bounded=True)
_AFTER = _statement(older=False, bounded=True)


def newest(whose: Person, count: int, before: Cursor | None = None) -> list[Row]:
    """Return a person's newest rows, those before a place if one is given; newest first."""
    return _read(_NEWEST if before is None else _BEFORE, whose, count, before)


def after(whose: Person, count: int, place: Cursor) -> list[Row]:
    """Return the rows that follow on a place, oldest first."""
    return _read(_AFTER, whose, count, place)


def _read(statement: str, whose: Person, count: int, place: Cursor | None) -> list[Row]:
    values: dict[str, Any] = {"v": list(whose.of), "p": list(whose.numbers), "n": count}
    if place is not None:
        values |= {"at": place.at, "kind": place.kind, "id": place.id}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Row(Cursor(at, kind, id), _as_dict(stored)) for kind, at, id, stored in cursor]


def instance(model: type[M], stored: dict[str, Any]) -> M:
    """Return a row that was read as JSON as its model; its moments and ids are again what they were."""
    values = []
    for name, convert in _fields(model):
        value = stored[name]
        values.append(value if value is None or convert is None else convert(value))
    return model.from_db("default", [name for name, _ in _fields(model)], values)


@cache
def _fields(model: type[Model]) -> tuple[tuple[str, Callable[[str], Any] | None], ...]:
    kinds: dict[str, Callable[[str], Any]] = {
        "DateTimeField": datetime.fromisoformat, "UUIDField": UUID,
    }  # fmt: skip
    return tuple((f.attname, kinds.get(f.get_internal_type())) for f in model._meta.concrete_fields)


def _as_dict(stored: Any) -> dict[str, Any] | None:
    return json.loads(stored) if isinstance(stored, str) else stored


def find(whose: Person, letter: str, ref: str) -> Row | None:
    """Return a row of this person; None when it is not his."""
    source = next(each for each in _SOURCES if each[0] == letter)
    _, table, at, owner, whose_ids, _, stored = source
    values: dict[str, Any] = {"v": list(whose.of), "p": list(whose.numbers), "ref": ref}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT x.{at}, x.id::text, {stored} FROM {table} x "
            f"WHERE x.id = %(ref)s AND x.{owner} = ANY(%({whose_ids})s)",
            values,
        )
        row = cursor.fetchone()
    return Row(Cursor(row[0], letter, row[1]), _as_dict(row[2])) if row else None
