"""Which rows make a page of a timeline: one statement over every kind, by key-set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from inbox.thread.cursors import Cursor

# Each kind: its letter, table, moment, owner's column, what is not told, and what is read at once.
_SOURCES = (
    ("t", "messaging_message", "created_at", "conversation_id", "v",
     # A member took these back before they left, or wrote them anew: nothing happened.
     "NOT (x.status = 'cancelled' AND x.error_code IN ('UNDONE', 'REPLACED')) AND NOT "
     # What waits for the hour a member chose stands by itself, below.
     "(x.author = 'person' AND x.status IN ('queued', 'held') AND coalesce("
     "x.send_after > greatest(now(), x.created_at + interval '60 seconds'), false))",
     "NULL::jsonb"),
    ("c", "calls_call", "started_at", "contact_id", "p", "x.same_as_id IS NULL", "NULL::jsonb"),
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

    numbers: E.164 by contact id; of: contact id by conversation id.
    """

    numbers: dict[int, str]
    of: dict[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a page: its place, and the row itself where it was read at once."""

    place: Cursor
    stored: dict[str, Any] | None


_WHOSE = """
    WITH RECURSIVE people AS (
        SELECT id, phone, 0 AS depth FROM messaging_contact WHERE id = %s
        UNION ALL
        SELECT c.id, c.phone, depth + 1 FROM messaging_contact c
        JOIN people ON c.merged_into_id = people.id WHERE depth < 8
    ) SELECT people.id, people.phone, v.id FROM people
      LEFT JOIN messaging_conversation v ON v.contact_id = people.id ORDER BY depth, people.id
"""


def person(contact_id: int) -> Person:
    """Return a kept contact with those that were merged into it."""
    with connection.cursor() as cursor:
        cursor.execute(_WHOSE, [contact_id])
        found = cursor.fetchall()
    return Person(
        {contact: phone for contact, phone, _ in found},
        {conversation: contact for contact, _, conversation in found if conversation is not None},
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


def _as_dict(stored: Any) -> dict[str, Any] | None:
    return json.loads(stored) if isinstance(stored, str) else stored


def find(whose: Person, letter: str, ref: str) -> Cursor | None:
    """Return where a row of this person stands; None when it is not his, or is not told."""
    source = next(each for each in _SOURCES if each[0] == letter)
    _, table, at, owner, whose_ids, _, _ = source
    ids = list(whose.of) if whose_ids == "v" else list(whose.numbers)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {at}, id::text FROM {table} WHERE id = %s AND {owner} = ANY(%s)", [ref, ids]
        )
        row = cursor.fetchone()
    return Cursor(row[0], letter, row[1]) if row else None
