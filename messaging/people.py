"""Contacts and their conversations: found or made, locked, and kept current for the list."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from messaging.models import Contact, Conversation

_LOCK = """
    INSERT INTO messaging_contact (phone, name, created_at) VALUES (%s, %s, %s)
    ON CONFLICT (phone) DO UPDATE
        SET name = CASE WHEN messaging_contact.name = '' THEN EXCLUDED.name ELSE messaging_contact.name END
    RETURNING id, phone, name, opted_out_at, ignored_at, untextable_at, created_at
"""
_TOUCH = """
    INSERT INTO messaging_conversation AS c
        (contact_id, state, unread, last_at, last_line, last_direction, created_at)
    VALUES (%(contact)s, 'open', %(unread)s, %(at)s, %(line)s, %(direction)s, %(at)s)
    ON CONFLICT (contact_id) DO UPDATE SET
        unread = CASE WHEN %(direction)s = 'out' AND %(by_person)s THEN 0 ELSE c.unread + %(unread)s END,
        state = CASE WHEN %(unread)s > 0 THEN 'open' ELSE c.state END,
        last_line = CASE WHEN EXCLUDED.last_at >= c.last_at THEN EXCLUDED.last_line ELSE c.last_line END,
        last_direction = CASE WHEN EXCLUDED.last_at >= c.last_at THEN EXCLUDED.last_direction ELSE c.last_direction END,
        last_at = GREATEST(c.last_at, EXCLUDED.last_at)
    RETURNING id
"""


def lock_contact(phone: str, now: datetime, name: str = "") -> Contact:
    """Return the contact of an E.164 number, made if new, its row locked until the transaction ends.

    The lock is what makes two simultaneous calls of one person one text. Must run in a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [phone, name[:120], now])
        row = cursor.fetchone()
    fields = ["id", "phone", "name", "opted_out_at", "ignored_at", "untextable_at", "created_at"]
    return Contact.from_db(connection.alias, fields, row)


def touch_conversation(
    contact_id: int,
    *,
    at: datetime,
    line: str,
    direction: str,
    unread: int = 0,
    by_person: bool = False,
) -> int:
    """Record what happened last in a contact's conversation (made if new) and return its id.

    direction: in, out, call or miss; unread: how many more things nobody has read; a member's own text
    clears the count. An older happening never overwrites a newer last line.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUCH,
            {
                "contact": contact_id,
                "unread": unread,
                "at": at,
                "line": line[:200],
                "direction": direction,
                "by_person": by_person,
            },
        )
        row = cursor.fetchone()
    return int(row[0])


def mark_read(conversation: Conversation) -> None:
    """Somebody has looked at the conversation."""
    Conversation.objects.filter(pk=conversation.pk, unread__gt=0).update(unread=0)
