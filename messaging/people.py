"""Contacts and their conversations: found or made, locked, and kept current for the list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from messaging.marks import mark_here
from messaging.models import Contact, Conversation

CONTACT_COLUMNS = (
    "id", "phone", "name", "last_text_back_at", "last_person_text_at", "opted_out_at",
    "ignored_at", "untextable_at", "created_at", "paused_until", "consent_level", "consent_event",
    "consent_at", "last_inbound_at", "introduced_at", "state", "zone", "place_source", "place_at",
    "vip_at", "tags", "line_type", "line_type_at",
)  # fmt: skip
# Somebody who was erased and comes again is a new contact, but one who opted out stays opted out.
# Its values are those of `lock_values`; a statement that locks more must take it from this one.
LOCK_SQL = f"""
    INSERT INTO messaging_contact
        (phone, name, created_at, opted_out_at, consent_level, state, zone, place_source)
    VALUES (%(phone)s, %(name)s, %(now)s,
            (SELECT opted_out_at FROM messaging_erasedperson WHERE phone_mark = %(mark)s),
            0, '', '', '')
    ON CONFLICT (phone) DO UPDATE
        SET name = CASE WHEN messaging_contact.name = '' THEN EXCLUDED.name ELSE messaging_contact.name END
    RETURNING {", ".join(CONTACT_COLUMNS)}
"""
# One conversation a contact; an older happening never overwrites a newer last line. A statement
# that touches it only sometimes puts its own condition in for {}.
TOUCH = """
    INSERT INTO messaging_conversation AS c
        (contact_id, state, unread, last_at, last_line, last_direction, created_at)
    SELECT %(contact)s, 'open', %(unread)s, %(at)s, %(line)s, %(direction)s, %(at)s WHERE {}
    ON CONFLICT (contact_id) DO UPDATE SET
        unread = CASE WHEN %(clears)s THEN 0 ELSE c.unread + %(unread)s END,
        state = CASE WHEN %(unread)s > 0 THEN 'open' ELSE c.state END,
        last_line = CASE WHEN EXCLUDED.last_at >= c.last_at THEN EXCLUDED.last_line ELSE c.last_line END,
        last_direction = CASE WHEN EXCLUDED.last_at >= c.last_at
                              THEN EXCLUDED.last_direction ELSE c.last_direction END,
        last_at = GREATEST(c.last_at, EXCLUDED.last_at)
    RETURNING id
"""
TOUCH_SQL = TOUCH.format("true")

_TOUCH_AND_MARK = f"""
    WITH person AS (
        UPDATE messaging_contact SET last_inbound_at = %(at)s
        WHERE id = %(contact)s AND %(direction)s = 'in'
    ) {TOUCH_SQL}
"""


def lock_contact(phone: str, now: datetime, name: str = "") -> Contact:
    """Return the contact of an E.164 number, made if new, its row locked until the transaction ends.

    The lock is what makes two simultaneous calls of one person one text. Must run in a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SQL, lock_values(phone, now, name))
        return contact_from(cursor.fetchone())


def lock_values(phone: str, now: datetime, name: str = "") -> dict[str, Any]:
    """Return the values of LOCK_SQL: an E.164 number, and the time (aware) at which it would be made."""
    return {"phone": phone, "name": name[:120], "now": now, "mark": mark_here(phone)}


def lock_person(conversation_id: int) -> None:
    """Lock the contact of a conversation until the transaction ends: contact first, always."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM messaging_contact c JOIN messaging_conversation v "
            "ON v.contact_id = c.id WHERE v.id = %s FOR UPDATE OF c",
            [conversation_id],
        )


def contact_from(row: Sequence[object]) -> Contact:
    """Return the contact of a row read with CONTACT_COLUMNS."""
    values = dict(zip(CONTACT_COLUMNS, row, strict=True))
    if isinstance(values["tags"], str):  # JSON comes as text by a bare cursor
        values["tags"] = json.loads(values["tags"])
    contact = Contact(**values)
    contact._state.adding = False
    contact._state.db = connection.alias
    return contact


def touch_conversation(
    contact_id: int, *, at: datetime, line: str, direction: str, unread: int = 0
) -> int:
    """Record what happened last in a contact's conversation (made if new) and return its id.

    direction: in (which is also the contact's last word), out, call or miss; unread: how many more things nobody has read.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUCH_AND_MARK,
            {
                "contact": contact_id,
                "unread": unread,
                "at": at,
                "line": line[:200],
                "direction": direction,
                "clears": False,
            },
        )
        row = cursor.fetchone()
    return int(row[0])


def mark_read(conversation: Conversation) -> None:
    """Somebody has looked at the conversation."""
    Conversation.objects.filter(pk=conversation.pk, unread__gt=0).update(unread=0)


def forget_failed_texts(conversation_id: int) -> None:
    """Bring "when did we last text this person" in line after a text did not reach them.

    A text-back that never arrived is no reason to keep the next one back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            r"""
            UPDATE messaging_contact c SET
                last_text_back_at = (SELECT max(m.created_at) FROM messaging_message m
                    WHERE m.conversation_id = v.id AND m.author = 'rule'
                      AND m.status NOT IN ('cancelled', 'failed', 'undelivered')),
                -- Whoever never got our name and the way out has not been introduced (R-CTIA-5).
                introduced_at = (SELECT max(m.created_at) FROM messaging_message m
                    WHERE m.conversation_id = v.id AND m.direction = 'out'
                      AND m.category <> 'C0' AND m.body ~* '\mstop\M'
                      AND m.status NOT IN ('cancelled', 'failed', 'undelivered')),
                last_person_text_at = (SELECT max(m.created_at) FROM messaging_message m
                    WHERE m.conversation_id = v.id AND m.author IN ('person', 'api')
                      AND m.status NOT IN ('cancelled', 'failed', 'undelivered'))
            FROM messaging_conversation v WHERE v.id = %s AND c.id = v.contact_id
            """,
            [conversation_id],
        )
