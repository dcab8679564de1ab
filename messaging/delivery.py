"""The one gate out: claim a queued text, ask the gate again, hand it over, learn what came of it.

One agenda row accompanies a text from queued to known. Whatever dies on the way, the row comes
back: a text found `sending` without an answer is settled by its receipt or by asking the provider,
never blindly sent again (telephony.md 2.4: creating a message has no idempotency key).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from messaging import compliance, status
from messaging.compliance import Outgoing, Standing
from messaging.models import Message
from messaging.outbox import Sender
from messaging.people import forget_failed_texts, lock_person
from messaging.providers import provider
from messaging.providers.base import Credentials, Found, SendResult, Text
from messaging.receipts import note_problem
from tenants import agenda, live
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable, decrypt

log = structlog.get_logger(__name__)

# The provider says twice that it has no such text before it is sent again.
ABSENCES_WANTED = 2
# A text that waited this long for its turn is asked about again: a STOP may have come meanwhile,
# and nobody may hand over what another has taken on since.
TOO_OLD_TO_SEND = timedelta(seconds=1)
NO_ANSWER = "NO_ANSWER"
_ASKING = "The provider did not answer. We are asking whether it took this text."
GIVE_UP_ASKING = timedelta(minutes=15)
_NEVER_CONFIRMED = "The provider never confirmed this text, so it was not sent again."

_LOAD = """
    SELECT m.status, m.body, m.segments, m.our_number, m.their_number, m.category, m.author,
           m.provider, m.provider_id, m.attempts, m.absences, m.created_at, m.send_after,
           m.expires_at, m.claimed_at, m.unknown_since, m.error_code, m.conversation_id,
           c.opted_out_at IS NOT NULL, c.untextable_at IS NOT NULL,
           b.suspended_at IS NOT NULL, coalesce(a.account_sid, ''), coalesce(a.auth_token, '')
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
    VALUES (%(business)s, 'sms_segment', %(key)s, %(segments)s, %(at)s)
    ON CONFLICT (key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class _Loaded:
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
    opted_out: bool
    untextable: bool
    suspended: bool
    account_sid: str
    auth_token: str = field(repr=False)


def hand_over(item: agenda.Item, message: Message, sender: Sender, now: datetime) -> Outside:
    """Return the outside part of a text that was queued as claimed by this process (outbox.queue).

    The gate was asked in the very transaction that claimed it, under the contact's lock.
    """
    assert message.expires_at is not None
    text = _Loaded(
        status="sending",
        body=message.body,
        segments=message.segments,
        our_number=message.our_number,
        their_number=message.their_number,
        category=message.category,
        author=message.author,
        provider=message.provider,
        provider_id=None,
        attempts=message.attempts,
        absences=0,
        created_at=message.created_at,
        send_after=message.send_after,
        expires_at=message.expires_at,
        claimed_at=now,
        unknown_since=None,
        error_code="",
        conversation_id=message.conversation_id,
        opted_out=False,
        untextable=False,
        suspended=sender.is_suspended,
        account_sid=sender.account_sid,
        auth_token=sender.auth_token,
    )
    return _send(item, text, now)


def deliver(item: agenda.Item) -> agenda.Answer:
    """Agenda: bring one text to its end. Claimed: two of these for one text send it once."""
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [item.business_id, item.subject])
            row = cursor.fetchone()
        if row is None:
            return None
        text = _Loaded(*row)
        if text.status == "sending" and text.provider_id is None:
            return _ask(item, text, now)
        if text.status not in ("queued", "held"):
            return None
        if text.send_after and text.send_after > now:
            return Later(text.send_after)
        if not _may_leave(item, text, now):
            return None
        claimed = _update(
            item.subject,
            "status IN ('queued', 'held')",
            status="sending",
            claimed_at=now,
            attempts=text.attempts + 1,
            unknown_since=None,
            absences=0,
        )
        if not claimed:
            return None
    return _send(item, text, now)


def _send(item: agenda.Item, text: _Loaded, now: datetime) -> Outside:
    return Outside(partial(_hand, item, text, now), partial(_sent, item, text))


def _hand(item: agenda.Item, text: _Loaded, claimed_at: datetime) -> SendResult:
    """Hand a claimed text to its provider, unless it has waited so long that the gate must be asked again."""
    now = timezone.now()
    if now - claimed_at > TOO_OLD_TO_SEND:
        return SendResult("retry", detail="waited for its turn")
    try:
        account = _account(text)
    except Undecryptable:
        return SendResult("refused", code="20003", detail="the account's token cannot be read")
    return provider(text.provider).send(account, _as_text(item, text, now))


def _look(item: agenda.Item, text: _Loaded, taken: frozenset[str]) -> Found:
    """Ask the provider whether it took a text."""
    try:
        account = _account(text)
    except Undecryptable:
        return Found("unknown")
    return provider(text.provider).find(account, _as_text(item, text, timezone.now()), taken)


def _may_leave(item: agenda.Item, text: _Loaded, now: datetime) -> bool:
    if not text.account_sid:
        _fail(item, text, "NO_SENDER", "The number this text was to leave from is no longer ours.")
        return False
    clearance = compliance.clear(
        Outgoing(
            text.their_number,
            frozenset({text.our_number}),
            text.category,
            text.author,
            text.expires_at,
        ),
        Standing(text.opted_out, text.untextable, text.suspended),
        now,
    )
    if clearance.may_send:
        return True
    _update(
        item.subject,
        "status IN ('queued', 'held')",
        status="cancelled",
        error_code=clearance.code[:20],
        error_sentence=clearance.sentence,
    )
    forget_failed_texts(text.conversation_id)
    live.changed(text.conversation_id)
    return False


def _sent(item: agenda.Item, text: _Loaded, result: SendResult) -> Later | None:
    """Record what came of handing a text over."""
    now = timezone.now()
    if result.kind == "accepted":
        _accept(item, text, result.message_id, result.status, now)
        return None
    with transaction.atomic():
        lock_person(text.conversation_id)
        if result.kind == "refused":
            problem = status.explain(result.code, result.http_status)
            code = result.code or f"HTTP {result.http_status}"
            _fail(item, text, code, problem.sentence, problem)
            return None
        if result.kind == "retry":
            return _send_again(item, text, result, now)
        log.warning("send_unknown", message=item.subject, detail=result.detail)
        # An HTTP answer says that the provider is done with the request; silence does not.
        silent = result.http_status is None
        _update(
            item.subject,
            "status = 'sending' AND provider_id IS NULL",
            unknown_since=now,
            error_code=NO_ANSWER if silent else "",
            error_sentence=_ASKING if silent else "",
        )
        return Later(now + timedelta(seconds=settings.SETTLE_AFTER_SECONDS))


def _send_again(
    item: agenda.Item, text: _Loaded, result: SendResult, now: datetime
) -> Later | None:
    pause = min(120.0, result.retry_seconds * 2 ** min(text.attempts, 6))
    again = now + timedelta(seconds=pause)
    if again >= text.expires_at:
        problem = status.explain(result.code or "20429")
        _fail(item, text, result.code, f"{problem.sentence} It would have come too late.")
        return None
    log.info("send_again_later", code=result.code, detail=result.detail)
    _update(
        item.subject,
        "status = 'sending' AND provider_id IS NULL",
        status="queued",
        claimed_at=None,
    )
    return Later(again)


def _ask(item: agenda.Item, text: _Loaded, now: datetime) -> agenda.Answer:
    """A text that is `sending` and unanswered: wait for its receipt, then ask the provider."""
    began = text.unknown_since
    if began is None:
        # Its worker may still be talking to the provider; only after that can asking tell.
        longest = timedelta(seconds=settings.PROVIDER_TIMEOUT_SECONDS + 6)
        assert text.claimed_at is not None
        if now < text.claimed_at + longest:
            return Later(text.claimed_at + longest)
        began = now
        _update(item.subject, "status = 'sending'", unknown_since=now)
    if not text.account_sid:
        _fail(item, text, "UNKNOWN", _NEVER_CONFIRMED)
        return None
    taken = _provider_ids_of_others(text, item.subject)
    return Outside(partial(_look, item, text, taken), partial(_found, item, text, began))


def _found(item: agenda.Item, text: _Loaded, began: datetime, found: Found) -> Later | None:
    now = timezone.now()
    # A request that got no answer may still be lying at the provider: leave it more time.
    share = 5 if text.error_code == NO_ANSWER else 0.5
    pause = timedelta(seconds=max(1.0, settings.SETTLE_AFTER_SECONDS * share))
    if found.kind == "found":
        with transaction.atomic():
            lock_person(text.conversation_id)
            _accept(item, text, found.message_id, found.status, now)
            if found.status in ("failed", "undelivered"):
                _explain(item, text, found.error_code)
        return None
    with transaction.atomic():
        lock_person(text.conversation_id)
        if found.kind == "absent":
            if text.absences + 1 < ABSENCES_WANTED:
                _update(item.subject, "status = 'sending'", absences=text.absences + 1)
                return Later(now + pause)
            log.info("send_never_arrived", message=item.subject)
            _update(
                item.subject,
                "status = 'sending' AND provider_id IS NULL",
                status="queued",
                claimed_at=None,
                unknown_since=None,
                absences=0,
                error_code="",
                error_sentence="",
            )
            return Later(now)
        if now - began > GIVE_UP_ASKING:
            _fail(item, text, "UNKNOWN", _NEVER_CONFIRMED)
            return None
        return Later(now + min(timedelta(seconds=60), max(pause, (now - began) / 2)))


def _accept(
    item: agenda.Item, text: _Loaded, provider_id: str, reported: str, now: datetime
) -> None:
    current = "sent" if status.RANK.get(reported, 0) < status.RANK["sent"] else reported
    with connection.cursor() as cursor:
        cursor.execute(
            _ACCEPTED,
            {
                "provider_id": provider_id, "status": current, "at": now, "id": item.subject,
                "business": item.business_id, "key": f"sms:{item.subject}",
                "segments": text.segments,
            },
        )  # fmt: skip
    live.changed(text.conversation_id)


def _fail(
    item: agenda.Item,
    text: _Loaded,
    code: str,
    sentence: str,
    problem: status.Problem | None = None,
) -> None:
    _update(
        item.subject,
        "status IN ('queued', 'held', 'sending')",
        status="failed",
        error_code=code[:20],
        error_sentence=sentence,
    )
    forget_failed_texts(text.conversation_id)
    if problem is not None and item.business_id is not None:
        message = Message.objects.get(pk=item.subject)
        note_problem(message, problem, code, item.business_id, timezone.now())
    live.changed(text.conversation_id)


def _explain(item: agenda.Item, text: _Loaded, code: str) -> None:
    """Say on a text that the provider took but could not deliver why, and draw the consequences."""
    problem = status.explain(code)
    _update(item.subject, "error_code = ''", error_code=code[:20], error_sentence=problem.sentence)
    forget_failed_texts(text.conversation_id)
    if item.business_id is not None:
        message = Message.objects.get(pk=item.subject)
        note_problem(message, problem, code, item.business_id, timezone.now())


def _update(message_id: str, where: str, **changes: Any) -> bool:
    columns = ", ".join(f"{name} = %s" for name in changes)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE messaging_message SET {columns} WHERE id = %s AND {where}",
            [*changes.values(), message_id],
        )
        return bool(cursor.rowcount)


def _provider_ids_of_others(text: _Loaded, message_id: str) -> frozenset[str]:
    found = (
        Message.objects.filter(
            conversation_id=text.conversation_id, direction="out", provider_id__isnull=False
        )
        .exclude(pk=message_id)
        .values_list("provider_id", flat=True)
    )
    return frozenset(str(provider_id) for provider_id in found)


def _account(text: _Loaded) -> Credentials:
    return Credentials(text.account_sid, decrypt(text.auth_token))


def _as_text(item: agenda.Item, text: _Loaded, now: datetime) -> Text:
    useful = max(1, int((text.expires_at - now).total_seconds()))
    return Text(
        our_id=item.subject,
        schema=item.schema,
        sender=text.our_number,
        to=text.their_number,
        body=text.body,
        valid_seconds=useful,
        created_at=text.created_at,
    )
