"""The one gate out: claim a queued text, ask the gate again, hand it over, learn what came of it.

One agenda row accompanies a text from queued to known. Whatever dies on the way, the row comes
back: a text found `sending` without an answer is settled by its receipt or by asking the provider,
never blindly sent again (telephony.md 2.4: creating a message has no idempotency key).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging import breakers, clearing, policies, status
from messaging.alerts import tell
from messaging.clearing import Answer, Line
from messaging.jurisdictions import current as current_rules
from messaging.models import Message
from messaging.outbox import LOOK_AGAIN, Sender
from messaging.people import forget_failed_texts, lock_person, other_numbers_are_locked
from messaging.providers import provider
from messaging.providers.base import SendResult
from messaging.scheduled import is_chosen, it_answers, it_leaves
from messaging.sending import (
    NO_ANSWER,
    Also,
    Claimed,
    accept,
    as_text,
    credentials,
    fail,
    load,
    update,
)
from messaging.settlement import ask
from messaging.upward import texts_settled
from tenants import agenda, live
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.models import MAY_SEND

log = structlog.get_logger(__name__)

# A text that waited this long for its turn is asked about again: a STOP may have come meanwhile,
# and nobody may hand over what another has taken on since.
TOO_OLD_TO_SEND = timedelta(seconds=1)
# Somebody writes to another number of the same person just now.
_SOMEBODY_ELSE = timedelta(milliseconds=200)
_ASKING = "The provider did not answer. We are asking whether it took this text."


def hand_over(item: agenda.Item, message: Message, sender: Sender, now: datetime) -> Outside:
    """Return the outside part of a text that was queued as claimed by this process (outbox.queue).

    The gate was asked in the very transaction that claimed it, under the contact's lock.
    """
    assert message.expires_at is not None
    text = Claimed(
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
        account_sid=sender.account_sid,
        auth_token=sender.auth_token,
    )
    return _send(item, text, now)


def deliver(item: agenda.Item) -> agenda.Answer:
    """Agenda: bring one text to its end. Claimed: two of these for one text send it once."""
    now = timezone.now()
    with transaction.atomic():
        text = load(item.business_id, item.subject)
        if text is None:
            return None
        if text.status == "sending" and text.provider_id is None:
            return ask(item, text, now)
        if text.status not in ("queued", "held"):
            return None
        if text.send_after and text.send_after > now:
            return Later(text.send_after)
        # The first time: what was told to try again has left already.
        leaves = (
            text.author in ("person", "api") and text.send_after is not None and not text.attempts
        )
        if leaves and not other_numbers_are_locked(text.conversation_id):
            return Later(now + _SOMEBODY_ELSE)
        answer = _ask_gate(item, text, now)
        if not isinstance(answer, Answer):
            return answer
        claimed = update(
            item.subject,
            "status IN ('queued', 'held')",
            clearances=Also(answer.entry),
            held_until=None,
            hold_code="",
            status="sending",
            claimed_at=now,
            attempts=text.attempts + 1,
            unknown_since=None,
            absences=0,
        )
        if not claimed:
            return None
        if leaves and is_chosen(text.created_at, text.send_after):
            it_leaves(item.subject, now)
        elif leaves:
            it_answers(item.subject, now)
    return _send(item, text, now)


def _send(item: agenda.Item, text: Claimed, now: datetime) -> Outside:
    return Outside(partial(_hand, item, text, now), partial(_sent, item, text))


def _hand(item: agenda.Item, text: Claimed, claimed_at: datetime) -> SendResult:
    """Hand a claimed text to its provider, unless it has waited so long that the gate must be asked again."""
    now = timezone.now()
    if now - claimed_at > TOO_OLD_TO_SEND:
        return SendResult("retry", detail="waited for its turn")
    try:
        account = credentials(text)
    except Undecryptable:
        return SendResult("refused", code="20003", detail="the account's token cannot be read")
    return provider(text.provider).send(account, as_text(item, text, now))


def _ask_gate(item: agenda.Item, text: Claimed, now: datetime) -> Answer | Later | None:
    """Ask the gate again, under the person's lock: its answer when the text may leave.

    Held: Later, and the text says until when and why. Refused: None, and the text is called off.
    """
    if not text.account_sid:
        fail(item, text, "NO_SENDER", "The number this text was to leave from is no longer ours.")
        return None
    assert text.person is not None and item.business_id is not None
    line = Line(frozenset({text.our_number}), text.registration in MAY_SEND, text.use_case)
    policy = policies.current(item.business_id, text.setup_version)
    policy = policies.counted(policy, item.business_id, now)
    wanted, weighed = text.as_wanted(), _weigh(item.business_id, text, now)
    if weighed is not None:
        # What was told to try again comes back by itself; only what is new waits for its turn.
        pause = weighed.throttled_until if not text.attempts else None
        wanted = replace(wanted, brake=weighed.brake, throttled_until=pause)
    answer = clearing.ask(wanted, text.person, line, policy, current_rules(), now)
    clearance = answer.clearance
    if weighed is not None and not clearance.may_send:
        weighed.give_back(now)
    answer.entry["consent_event"] = text.person.consent_event or text.relied_on
    if clearance.may_send:
        return answer
    is_news = text.hold_code != clearance.code
    if is_news or clearance.result == "never" or clearance.code == "FAIL_CLOSED":
        tell(clearance, text.their_number, now)
    if clearance.result == "hold":
        assert clearance.until is not None
        update(
            item.subject,
            "status IN ('queued', 'held')",
            status="held",
            held_until=clearance.until,
            hold_code=clearance.code,
            expires_at=clearance.expires,
            **({"clearances": Also(answer.entry)} if is_news else {}),
        )
        live.changed(text.conversation_id)
        # Once more soon, then when it may go: see messaging.outbox.LOOK_AGAIN.
        return Later(min(clearance.until, now + LOOK_AGAIN) if is_news else clearance.until)
    update(
        item.subject,
        "status IN ('queued', 'held')",
        status="cancelled",
        error_code=clearance.code[:32],
        error_sentence=clearance.sentence,
        clearances=Also(answer.entry),
    )
    forget_failed_texts(text.conversation_id)
    texts_settled([item.subject])
    live.changed(text.conversation_id)
    return None


def _weigh(business_id: int, text: Claimed, now: datetime) -> breakers.Weighed | None:
    """Count a rule's text against the limits once more; its call, or its token, stands for it, so it counts once."""
    if text.author != "rule" or not text.counted_as:
        return None
    occasion = text.occasion or {}
    return breakers.weigh(
        phone=text.their_number, business_id=business_id, our_number=text.our_number,
        member=text.counted_as, segments=text.segments, attestation=occasion.get("attestation", ""),
        now=now, let_go_of=frozenset(occasion.get("let_go_of", ())), is_asked_again=True,
    )  # fmt: skip


def _sent(item: agenda.Item, text: Claimed, result: SendResult) -> Later | None:
    """Record what came of handing a text over."""
    now = timezone.now()
    if result.kind == "accepted":
        accept(item, text, result.message_id, result.status, now)
        return None
    with transaction.atomic():
        lock_person(text.conversation_id)
        if result.kind == "refused":
            problem = status.explain(result.code, result.http_status)
            code = result.code or f"HTTP {result.http_status}"
            fail(item, text, code, problem.sentence, problem)
            return None
        if result.kind == "retry":
            return _send_again(item, text, result, now)
        log.warning("send_unknown", message=item.subject, detail=result.detail)
        # An HTTP answer says that the provider is done with the request; silence does not.
        silent = result.http_status is None
        update(
            item.subject,
            "status = 'sending' AND provider_id IS NULL",
            unknown_since=now,
            error_code=NO_ANSWER if silent else "",
            error_sentence=_ASKING if silent else "",
        )
        return Later(now + timedelta(seconds=settings.SETTLE_AFTER_SECONDS))


def _send_again(
    item: agenda.Item, text: Claimed, result: SendResult, now: datetime
) -> Later | None:
    breakers.note_pause(text.our_number, result.code, now)
    pause = min(120.0, result.retry_seconds * 2 ** min(text.attempts, 6))
    again = now + timedelta(seconds=pause)
    if again >= text.expires_at:
        problem = status.explain(result.code or "20429")
        fail(item, text, result.code, f"{problem.sentence} It would have come too late.")
        return None
    log.info("send_again_later", code=result.code, detail=result.detail)
    update(
        item.subject,
        "status = 'sending' AND provider_id IS NULL",
        status="queued",
        claimed_at=None,
    )
    return Later(again)
