"""Queueing a text: one row for every author, written with its conversation and its agenda row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from messaging import compliance
from messaging.compliance import Clearance, Outgoing, Standing
from messaging.models import Contact, Message
from messaging.people import TOUCH_SQL, forget_failed_texts
from messaging.segments import measure
from tenants import agenda, live
from tenants.models import new_id

# A person's or an API client's text is still wanted hours later; a rule says its own expiry.
KEEP_TRYING = timedelta(hours=12)

_INSERT = f"""
    WITH conversation AS ({TOUCH_SQL}),
    message AS (
        INSERT INTO messaging_message
            (id, conversation_id, direction, status, author, author_name, author_user, body, media,
             segments, encoding, our_number, their_number, category, call, client_token, provider,
             error_code, error_sentence, attempts, absences, created_at, send_after, expires_at,
             claimed_at, purpose, clearances, held_until, hold_code, template)
        SELECT %(id)s, conversation.id, 'out', %(status)s, %(author)s, %(author_name)s,
               %(author_user)s, %(body)s, '[]', %(segments)s, %(encoding)s, %(our_number)s,
               %(their_number)s, %(category)s, %(call)s, %(client_token)s, %(provider)s, '', '',
               %(attempts)s, 0, %(at)s, %(send_after)s, %(expires_at)s, %(claimed_at)s,
               'manual', '[]', NULL, '', ''
        FROM conversation RETURNING conversation_id
    ),
    contact AS (
        UPDATE messaging_contact SET
            last_text_back_at = CASE WHEN %(author)s = 'rule' THEN %(at)s ELSE last_text_back_at END,
            last_person_text_at = CASE WHEN %(author)s IN ('person', 'api') THEN %(at)s
                                       ELSE last_person_text_at END
        WHERE id = %(contact)s AND %(author)s <> 'system'
    ),
    row AS (
        INSERT INTO public.tenants_agendaitem
            (lane, kind, business_id, subject, unique_key, due_at, expires_at, state, attempts,
             claimed_by, last_error, created_at)
        VALUES (%(lane)s, 'messaging.deliver', %(business)s, %(id)s, %(key)s, %(due_at)s,
                %(expires_at)s, 'waiting', %(attempts)s, %(claimed_by)s, '', now())
        RETURNING id
    )
    SELECT message.conversation_id, row.id FROM message, row
"""


class NotAllowed(Exception):
    """The gate refused a text; `clearance` says why."""

    def __init__(self, clearance: Clearance) -> None:
        super().__init__(clearance.sentence)
        self.clearance = clearance


@dataclass(frozen=True, slots=True)
class Sender:
    """The business and line a text leaves from.

    own_numbers: every E.164 number that is the business's; auth_token: as stored, encrypted.
    """

    business_id: int
    schema: str
    number: str
    provider: str
    own_numbers: frozenset[str]
    is_suspended: bool
    account_sid: str = ""
    auth_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text as its author wants it. Times are aware; call is the call a text-back answers."""

    body: str
    author: str
    author_name: str = ""
    author_user: int | None = None
    category: str = "C1"
    call: int | None = None
    client_token: str | None = None
    send_after: datetime | None = None
    expires_at: datetime | None = None


def queue(
    contact: Contact,
    draft: Draft,
    sender: Sender,
    now: datetime,
    *,
    unread: int = 0,
    claimed: bool = False,
) -> tuple[Message, agenda.Item]:
    """Queue one text: message, conversation and agenda row in one statement of the caller's transaction.

    `contact` must be locked by that transaction (messaging.people.lock_contact). With `claimed`
    the text is written as already claimed by this process, which must hand it over at once
    (messaging.delivery.hand_over); should it die, the agenda row's lease brings it back. `unread`
    counts what came with it that nobody has read. Raises NotAllowed when the gate refuses,
    ValueError for an empty body, IntegrityError for a client_token used before.
    """
    body = draft.body.strip()
    if not body:
        raise ValueError("body: the text is empty")
    expires_at = draft.expires_at or now + KEEP_TRYING
    clearance = compliance.clear(
        Outgoing(contact.phone, sender.own_numbers, draft.category, draft.author, expires_at),
        Standing(
            contact.opted_out_at is not None, contact.untextable_at is not None, sender.is_suspended
        ),
        now,
    )
    if not clearance.may_send:
        raise NotAllowed(clearance)
    size = measure(body)
    # People and rules are waited for; an API client's thousands must not stand in their way.
    lane = "bulk" if draft.author == "api" else "realtime"
    due_at = now + agenda.LEASE if claimed else (draft.send_after or now)
    message = Message(
        id=new_id(), direction="out", status="sending" if claimed else "queued",
        author=draft.author, author_name=draft.author_name[:120], author_user=draft.author_user,
        body=body, segments=size.segments, encoding=size.encoding, our_number=sender.number,
        their_number=contact.phone, category=draft.category, call=draft.call,
        client_token=draft.client_token, provider=sender.provider, attempts=1 if claimed else 0,
        created_at=now, send_after=draft.send_after, expires_at=expires_at,
        claimed_at=now if claimed else None,
    )  # fmt: skip
    subject = str(message.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                **{name: getattr(message, name) for name in _COLUMNS},
                "contact": contact.pk, "unread": unread, "at": now, "line": body[:200],
                "direction": "out", "clears": draft.author == "person", "lane": lane,
                "id": subject, "business": sender.business_id,
                "key": f"messaging.deliver:{sender.business_id}:{subject}", "due_at": due_at,
                "claimed_by": agenda.whoami() if claimed else "",
            },
        )  # fmt: skip
        message.conversation_id, item_id = cursor.fetchone()
    item = agenda.Item(
        item_id, lane, "messaging.deliver", sender.business_id, sender.schema, subject, due_at,
        expires_at, message.attempts,
    )  # fmt: skip
    if not claimed and due_at <= datetime.now(UTC) + timedelta(seconds=1):
        transaction.on_commit(lambda: agenda.wake(lane))
    live.changed(message.conversation_id)
    return message, item


_COLUMNS = (
    "status", "author", "author_name", "author_user", "body", "segments", "encoding",
    "our_number", "their_number", "category", "call", "client_token", "provider", "attempts",
    "send_after", "expires_at", "claimed_at",
)  # fmt: skip


def cancel_waiting(
    conversation_id: int, business_id: int, why: str, *, call: int | None = None
) -> int:
    """Cancel every text of a conversation that has not left, or only those about one call.

    Returns how many. Must run in a transaction that holds the contact's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET status = 'cancelled', error_sentence = %s "
            "WHERE conversation_id = %s AND direction = 'out' AND status IN ('queued', 'held') "
            "AND category <> 'C0' AND (%s::bigint IS NULL OR call = %s) RETURNING id",
            [why, conversation_id, call, call],
        )
        ids = [str(row[0]) for row in cursor.fetchall()]
    for message_id in ids:
        agenda.drop("messaging.deliver", message_id, business_id)
    if ids:
        forget_failed_texts(conversation_id)
    return len(ids)
