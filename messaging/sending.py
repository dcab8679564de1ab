"""A text on its way out: what is known of it, and how each end of it is written down."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from messaging import status
from messaging.attachments import links
from messaging.clearing import Occasion, Person, Wanted
from messaging.models import Message
from messaging.people import forget_failed_texts, lock_person
from messaging.providers.base import Credentials, Text
from messaging.receipts import note_problem, use_of
from messaging.upward import has_joined, sent_is_told, text_sent, texts_settled
from tenants import agenda, live
from tenants.fields import decrypt

log = structlog.get_logger(__name__)

NO_ANSWER = "NO_ANSWER"
_LOAD = """
    SELECT m.status, m.body, m.segments, m.our_number, m.their_number, m.category, m.author,
           m.provider, m.provider_id, m.attempts, m.absences, m.created_at, m.send_after,
           m.expires_at, m.claimed_at, m.unknown_since, m.error_code, m.conversation_id,
           coalesce(a.account_sid, ''), coalesce(a.auth_token, ''),
           coalesce(n.registration, ''), coalesce(n.use_case, ''), b.setup_version,
           m.clearances->0->'occasion', m.hold_code,
           (m.clearances->0->>'consent_event')::bigint,
           coalesce(m.call::text, m.client_token, ''), m.media,
           c.opted_out_at, c.untextable_at, c.paused_until, c.consent_level, c.consent_event,
           c.consent_at,
           -- The one that is asked about is no reason against itself.
           (SELECT max(o.created_at) FROM messaging_message o
            WHERE o.conversation_id = m.conversation_id AND o.author = 'rule' AND o.id <> m.id
              AND o.status NOT IN ('cancelled', 'failed', 'undelivered')),
           c.last_inbound_at, c.last_person_text_at, c.introduced_at, c.state, c.zone, c.place_source, c.place_at,
           c.line_type
    FROM messaging_message m
    JOIN messaging_conversation v ON v.id = m.conversation_id
    JOIN messaging_contact c ON c.id = v.contact_id
    JOIN public.tenants_business b ON b.id = %s
    LEFT JOIN public.tenants_phonenumber n
        ON n.e164 = m.our_number AND n.is_active AND n.business_id = b.id
    LEFT JOIN public.tenants_provideraccount a ON a.id = n.account_id
    WHERE m.id = %s FOR UPDATE OF c
"""
# Accepted: the message, its use and its agenda row in one statement. A receipt may have come
# first, so the state only ever moves forward.
_ACCEPTED = """
    WITH message AS (
        UPDATE messaging_message SET
            provider_id = coalesce(provider_id, %(provider_id)s),
            status = CASE WHEN status IN ('sending', 'queued') THEN %(status)s ELSE status END,
            sent_at = coalesce(sent_at, %(at)s),
            error_sentence = CASE WHEN error_code = 'NO_ANSWER' THEN '' ELSE error_sentence END,
            error_code = CASE WHEN error_code = 'NO_ANSWER' THEN '' ELSE error_code END
        WHERE id = %(id)s
    )
    INSERT INTO public.billing_usagerecord (business_id, kind, key, quantity, occurred_at)
    VALUES (%(business)s, %(kind)s, %(key)s, %(segments)s, %(at)s)
    ON CONFLICT (key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A text with its account and its person. The token stays encrypted until it is used."""

    status: str
    body: str
    segments: int
    our_number: str
    their_number: str
    category: str
    author: str
    provider: str
    provider_id: str | None
    attempts: int
    absences: int
    created_at: datetime
    send_after: datetime | None
    expires_at: datetime
    claimed_at: datetime | None
    unknown_since: datetime | None
    error_code: str
    conversation_id: int
    account_sid: str
    auth_token: str = field(repr=False)
    registration: str = ""
    use_case: str = ""
    setup_version: int = 0
    occasion: dict[str, Any] | None = None
    hold_code: str = ""
    relied_on: int | None = None  # the ledger row that allowed it when it was queued
    counted_as: str = ""  # what a rule's text counts as against the limits (messaging/breakers.py)
    # The files that go with it (messaging.models.Message.media); the provider fetches them by link.
    media: tuple[dict[str, str], ...] = ()
    person: Person | None = None

    def as_wanted(self) -> Wanted:
        """Return the text as the gate is asked about it again, under the person's lock."""
        # A loop seen when it was queued is over by now, or the next text finds it.
        occasion = replace(Occasion.from_dict(self.occasion or {}), exchanges_last_minute=0)
        return Wanted(
            to=self.their_number,
            body=self.body,
            author=self.author,
            category=self.category,
            occasion=occasion,
            expires_at=self.expires_at,
            created_at=self.created_at,
            is_first=occasion.is_first,
            has_files=bool(self.media),
            has_joined=has_joined(occasion.purpose, self.their_number),
        )


def load(business_id: int | None, message_id: str) -> Claimed | None:
    """Return a text with all that sending needs, its person locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [business_id, message_id])
        row = cursor.fetchone()
    if row is None:
        return None
    text, person = row[: -len(Person.__slots__)], row[-len(Person.__slots__) :]
    occasion, media = (json.loads(v) if isinstance(v, str) else v for v in (text[23], text[27]))
    values: list[Any] = [*text[:23], occasion, *text[24:27], tuple(media), Person(*person)]
    return Claimed(*values)


def accept(
    item: agenda.Item, text: Claimed, provider_id: str, reported: str, now: datetime
) -> None:
    """Record that the provider took a text: state, provider id and use, in one statement."""
    current = "sent" if status.RANK.get(reported, 0) < status.RANK["sent"] else reported
    values: dict[str, Any] = {
        "provider_id": provider_id, "status": current, "at": now, "id": item.subject,
        "business": item.business_id, "key": f"sms:{item.subject}", "segments": text.segments,
        "kind": use_of(text.media),
    }  # fmt: skip
    # By itself the statement is its own transaction; within one, its failure must not end that.
    is_told = sent_is_told(text.author)
    with transaction.atomic() if is_told else nullcontext():
        guard = transaction.atomic() if connection.in_atomic_block else nullcontext()
        try:
            with guard, connection.cursor() as cursor:
                cursor.execute(_ACCEPTED, values)
        except IntegrityError:
            # The provider gave one id to two texts. It took this one all the same: asking about it
            # again and again would settle nothing.
            log.error("provider_id_repeated", message=item.subject)
            with connection.cursor() as cursor:
                cursor.execute(_ACCEPTED, {**values, "provider_id": None})
        if is_told:
            text_sent(item.subject, text.author)
    if status.RANK[current] == status.RANK["delivered"]:
        # The provider's very answer says what became of it; no receipt need come.
        with transaction.atomic():
            lock_person(text.conversation_id)
            texts_settled([item.subject])
    live.changed(text.conversation_id)


def fail(
    item: agenda.Item,
    text: Claimed,
    code: str,
    sentence: str,
    problem: status.Problem | None = None,
) -> None:
    """End a text that will not leave, with a sentence, and draw the consequences of `problem`."""
    is_news = update(
        item.subject,
        "status IN ('queued', 'held', 'sending')",
        status="failed",
        error_code=code[:32],
        error_sentence=sentence,
    )
    forget_failed_texts(text.conversation_id)
    if is_news:
        texts_settled([item.subject])
    if problem is not None and item.business_id is not None:
        message = Message.objects.get(pk=item.subject)
        note_problem(message, problem, code, item.business_id, timezone.now())
    live.changed(text.conversation_id)


def explain_failure(item: agenda.Item, text: Claimed, code: str) -> None:
    """Say on a text that the provider took but could not deliver why, and draw the consequences."""
    problem = status.explain(code)
    update(item.subject, "error_code = ''", error_code=code[:32], error_sentence=problem.sentence)
    forget_failed_texts(text.conversation_id)
    if item.business_id is not None:
        message = Message.objects.get(pk=item.subject)
        note_problem(message, problem, code, item.business_id, timezone.now())


@dataclass(frozen=True, slots=True)
class Also:
    """A value for `update` that is appended to a JSON list instead of replacing it."""

    value: dict[str, Any]


def update(message_id: str, where: str, **changes: Any) -> bool:
    """Change columns of a text where the condition still holds; returns whether it did."""
    columns = ", ".join(
        f"{name} = {name} || %s" if isinstance(value, Also) else f"{name} = %s"
        for name, value in changes.items()
    )
    values: list[Any] = [Jsonb([v.value]) if isinstance(v, Also) else v for v in changes.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE messaging_message SET {columns} WHERE id = %s AND {where}",
            [*values, message_id],
        )
        return bool(cursor.rowcount)


def credentials(text: Claimed) -> Credentials:
    """Return the account a text leaves from. Raises Undecryptable."""
    return Credentials(text.account_sid, decrypt(text.auth_token))


def as_text(item: agenda.Item, text: Claimed, now: datetime) -> Text:
    """Return the text in the shape of messaging.providers.base."""
    useful = max(1, int((text.expires_at - now).total_seconds()))
    return Text(
        our_id=item.subject,
        schema=item.schema,
        sender=text.our_number,
        to=text.their_number,
        body=text.body,
        valid_seconds=useful,
        created_at=text.created_at,
        media_urls=links.urls_of_text(item.schema, list(text.media), text.expires_at)
        if text.media
        else (),
    )
