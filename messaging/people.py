"""Contacts and their conversations: found or made, locked, and kept current for the list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from messaging.marks import mark_here
from messaging.models import Contact, Conversation, Message

CONTACT_COLUMNS = (
    "id", "phone", "name", "last_text_back_at", "last_person_text_at", "opted_out_at",
    "ignored_at", "untextable_at", "created_at", "paused_until", "consent_level", "consent_event",
    "consent_at", "last_inbound_at", "introduced_at", "state", "zone", "place_source", "place_at",
    "vip_at", "tags", "line_type", "line_type_at", "merged_into_id",
    "language",
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
# One conversation a contact; an older happening never overwrites a newer last line. News opens what
# was closed or snoozed; an answer of a person, an API client or an assistant ends the waiting. What
# else an answer ends, a member's ends when it leaves (messaging/answered.py). A statement that
# touches it only sometimes puts its own condition in for {}.
TOUCH = """
    INSERT INTO messaging_conversation AS c
        (contact_id, state, unread, last_at, last_line, last_direction, created_at,
         waiting_since, escalated_at)
    SELECT %(contact)s, 'open', %(unread)s, %(at)s, %(line)s, %(direction)s, %(at)s,
        %(since)s,
        (SELECT min(raised_at) FROM messaging_alert
         WHERE contact_id = %(contact)s AND resolved_at IS NULL)
    WHERE {}
    ON CONFLICT (contact_id) DO UPDATE SET
        unread = c.unread + %(unread)s,
        state = CASE WHEN %(news)s THEN 'open' ELSE c.state END,
        snoozed_until = CASE WHEN NOT %(news)s THEN c.snoozed_until END,
        closed_at = CASE WHEN NOT %(news)s THEN c.closed_at END,
        waiting_since = CASE WHEN NOT %(answers)s
                             THEN LEAST(c.waiting_since, %(since)s) END,
        failed_at = CASE WHEN NOT %(mends)s THEN c.failed_at END,
        last_line = CASE WHEN %(at)s >= c.last_at THEN %(line)s ELSE c.last_line END,
        last_direction = CASE WHEN %(at)s >= c.last_at THEN %(direction)s ELSE c.last_direction END,
        last_at = GREATEST(c.last_at, %(at)s)
    RETURNING id
"""
TOUCH_SQL = TOUCH.format("true")

# All conversations of a person, by one of them: shown or folded.
_THREADS = """
    WITH person AS (
        SELECT coalesce(c.merged_into_id, c.id) AS id FROM messaging_conversation v
        JOIN messaging_contact c ON c.id = v.contact_id WHERE v.id = %s
    )
    SELECT v.id FROM messaging_conversation v JOIN person ON person.id = v.contact_id
    UNION ALL
    SELECT v.id FROM messaging_conversation v JOIN messaging_contact c ON c.id = v.contact_id
    JOIN person ON person.id = c.merged_into_id
"""

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


def lock_person(conversation_id: int) -> bool:
    """Lock the contact of a conversation until the transaction ends: contact first, always.

    Returns whether the conversation says that a text of ours did not arrive (`failed_at`).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.failed_at IS NOT NULL FROM messaging_contact c "
            "JOIN messaging_conversation v ON v.contact_id = c.id WHERE v.id = %s FOR UPDATE OF c",
            [conversation_id],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def lock_whole_person(conversation_id: int) -> None:
    """Lock every number of the person of a conversation, in the order of their ids, contacts first.

    For whoever changes what is shown of the person as one: two who write to two of his numbers are
    one after the other. Must be the first lock of its transaction.
    """
    own = Contact.objects.filter(conversation=conversation_id).values_list("pk", flat=True).first()
    if own is not None:
        lock_numbers(own)


def lock_numbers(contact_id: int) -> None:
    """Lock every number of the person a contact is; see lock_whole_person."""
    for _again in range(3):
        before = transaction.savepoint()
        found = all_numbers(contact_id).select_for_update(of=("self",)).order_by("pk")
        locked = set(found.values_list("pk", flat=True))
        # Somebody may have merged or parted them while this waited.
        if set(all_numbers(contact_id).values_list("pk", flat=True)) == locked:
            transaction.savepoint_commit(before)
            return
        transaction.savepoint_rollback(before)
    raise OperationalError("the numbers of a person changed again and again")


def other_numbers_are_locked(conversation_id: int) -> bool:
    """Lock the person's other numbers, too, where nobody has them; False where somebody does.

    For who holds one number already: he may not wait for a second.
    """
    own = Contact.objects.filter(conversation=conversation_id).values_list("pk", flat=True).get()
    others = all_numbers(own).exclude(pk=own)
    free = others.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)
    return len(free) == others.count()


def all_numbers(contact_id: int) -> QuerySet[Contact]:
    """Return the contacts of all numbers of the person one contact is, his own among them."""
    own = Contact.objects.filter(pk=contact_id)
    person = Subquery(own.annotate(person=Coalesce("merged_into", "pk")).values("person"))
    return Contact.objects.filter(Q(pk=person) | Q(merged_into=person))


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
    contact_id: int,
    *,
    at: datetime,
    line: str,
    direction: str,
    unread: int = 0,
    news: bool = False,
) -> int:
    """Record what happened last in a contact's conversation (made if new) and return its id.

    direction: in (which is also the contact's last word), out, call or miss; unread: how many more
    things nobody has read, which is news; news opens a conversation that was closed or snoozed.
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
                "mends": False,
                "news": news or unread > 0,
                "answers": False,
                "since": at if direction == "in" else None,
            },
        )
        row = cursor.fetchone()
    return int(row[0])


def text_did_not_arrive(conversation_id: int, at: datetime) -> None:
    """Note that a text of ours did not reach a person; the first time counts. `at` is aware."""
    Conversation.objects.filter(pk=conversation_id, failed_at=None).update(failed_at=at)


def text_arrived(conversation_id: int) -> None:
    """A text of ours has reached the person: what did not before is made good."""
    Conversation.objects.filter(pk=conversation_id, failed_at__isnull=False).update(failed_at=None)


def needs_no_answer(message: Message, *, at_all: bool = False) -> None:
    """A text that was an instruction (STOP, START, HELP) waits for nobody.

    at_all: nothing they wrote before does, either: they opted out.
    """
    found = Conversation.objects.filter(pk=message.conversation_id)
    if not at_all:
        found = found.filter(waiting_since=message.created_at)
    found.update(waiting_since=None)


def shown_conversation(contact_id: int) -> Conversation | None:
    """Return the conversation in which a contact is shown: its own, or that of whom it was merged into."""
    kept = Contact.objects.filter(pk=contact_id, merged_into__isnull=False).values("merged_into")
    found = Conversation.objects.filter(contact__in=kept).first()
    return found or Conversation.objects.filter(contact=contact_id).first()


def threads_of(conversation_id: int) -> RawSQL:
    """Return, for `__in`, the ids of all conversations of the person one conversation is of."""
    return RawSQL(_THREADS, [conversation_id])


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
                      AND m.status NOT IN ('cancelled', 'failed', 'undelivered')
                      AND NOT (m.status IN ('queued', 'held')
                               AND m.send_after IS NOT NULL
                               AND m.send_after > m.created_at + interval '60 seconds')),
                last_person_text_at = (SELECT max(m.created_at) FROM messaging_message m
                    WHERE m.conversation_id = v.id AND m.author IN ('person', 'api', 'assistant')
                      AND m.status NOT IN ('cancelled', 'failed', 'undelivered')
                      -- Nor does one that waits for the hour somebody chose (messaging/scheduled.py).
                      AND NOT (m.status IN ('queued', 'held')
                               AND m.send_after IS NOT NULL
                               AND m.send_after > m.created_at + interval '60 seconds'))
            FROM messaging_conversation v WHERE v.id = %s AND c.id = v.contact_id
            """,
            [conversation_id],
        )
