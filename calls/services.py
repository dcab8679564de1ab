"""Calls: events become facts, facts an outcome, the outcome a decision, and perhaps a text."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from calls.decision import Decision, Facts, decide
from calls.hours import in_words, is_open, next_opening
from calls.models import Call
from calls.outcome import Outcome, fold, merge
from calls.setup import Setup, load_history, load_setup
from messaging import text as templates
from messaging.compliance import Outgoing, Standing, clear
from messaging.models import Contact, Message
from messaging.numbers import normalise
from messaging.people import lock_contact, touch_conversation
from messaging.providers import provider
from messaging.providers.base import VoiceEvent
from messaging.services import NotAllowed, cancel_waiting, queue_message
from tenants import agenda, live
from tenants.agenda import Later
from tenants.events import load_event, mark_processed

log = structlog.get_logger(__name__)

# Where only the number-level callback arrived, a late "answered" gets this long to win.
SETTLE = timedelta(seconds=4)
# A call to the greeting whose end nobody reported is over after the longest voicemail.
LONGEST_GREETING = timedelta(seconds=180)

_LOCK_CALL = """
    INSERT INTO calls_call
        (provider, provider_id, our_number, caller, facts, outcome, missed_because, started_at,
         voicemail_url, decision, decision_reason)
    VALUES (%s, %s, %s, %s, '{}', 'in_progress', '', %s, '', '', '')
    ON CONFLICT (provider, provider_id) DO UPDATE SET provider_id = EXCLUDED.provider_id
    RETURNING id, our_number, caller, facts, outcome, missed_because, started_at, ended_at,
              contact_id, decision, decision_reason, receipt, decided_at, ring_seconds,
              talk_seconds, voicemail_url, voicemail_seconds
"""


def handle_voice_event(item: agenda.Item) -> None:
    """Agenda: merge one stored voice webhook into its call and decide if it can be decided. Idempotent."""
    with transaction.atomic():
        event = load_event(int(item.subject))
        if event is None:
            return
        voice = provider(event.provider).voice_event(event.kind, event.params, event.received_at)
        record_call(voice, event.provider, event.received_at, item.schema)
        mark_processed(event.id)


def record_call(voice: VoiceEvent, provider_name: str, received_at: datetime, schema: str) -> Call:
    """Merge an event into its call: facts, not transitions, so any order and any number of times.

    Must run in a transaction in the business's schema; locks the contact, then the call.
    """
    now = timezone.now()
    setup = load_setup(schema)
    # A call we placed has our own number as its caller: nobody to text.
    phone = normalise(voice.caller) if voice.facts.get("direction", "inbound") == "inbound" else ""
    contact = lock_contact(phone, received_at) if phone else None
    call = _lock_call(voice, provider_name)
    line = setup.line(voice.our_number) or setup.line(call.our_number)
    known: dict[str, Any] = dict(voice.facts)
    if line is not None:
        known.setdefault("answering", line.answering)
        known.setdefault("press_one", line.is_screened)
    if voice.starts:
        known["first_at"] = voice.at.isoformat()
    before = call.outcome
    call.facts = merge(call.facts, known)
    outcome = fold(call.facts)
    if contact is None and call.contact_id is not None:
        contact = Contact.objects.select_for_update().get(pk=call.contact_id)
    _describe(call, voice, outcome, contact)
    was_decided = bool(call.decision)
    if outcome.kind == "in_progress":
        _expect_an_end(call, setup, received_at)
    elif outcome.kind == "answered":
        # Talking still: how long they talked may matter to the rule, so decide at the end. But a
        # text-back decided on before must be called off at once.
        if before != "answered" if was_decided else outcome.ended:
            _decide(call, contact, outcome, setup, now)
    elif not was_decided:
        _conclude(call, contact, outcome, setup, now)
    _save(call)
    if contact is not None and call.outcome != "ignored":
        _show(call, contact, before)
    return call


def _lock_call(voice: VoiceEvent, provider_name: str) -> Call:
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK_CALL,
            [provider_name, voice.call_id, voice.our_number, voice.caller, voice.at],
        )
        row = list(cursor.fetchone())
    for position in (3, 11):
        row[position] = (
            json.loads(row[position]) if isinstance(row[position], str) else row[position]
        )
    fields = [
        "pk",
        "our_number",
        "caller",
        "facts",
        "outcome",
        "missed_because",
        "started_at",
        "ended_at",
        "contact_id",
        "decision",
        "decision_reason",
        "receipt",
        "decided_at",
        "ring_seconds",
        "talk_seconds",
        "voicemail_url",
        "voicemail_seconds",
    ]
    call = Call(
        provider=provider_name, provider_id=voice.call_id, **dict(zip(fields, row, strict=True))
    )
    call._state.adding = False
    return call


def _describe(call: Call, voice: VoiceEvent, outcome: Outcome, contact: Contact | None) -> None:
    facts = call.facts
    if voice.starts or voice.at < call.started_at:
        call.started_at = min(call.started_at, voice.at)
    if voice.caller and (voice.starts or not call.caller):
        call.caller = voice.caller
    call.our_number = call.our_number or voice.our_number
    if voice.voicemail_url:
        call.voicemail_url = voice.voicemail_url
    call.contact_id = contact.pk if contact is not None else call.contact_id
    call.outcome = outcome.kind
    call.missed_because = outcome.because if outcome.is_missed else ""
    call.voicemail_seconds = facts.get("voicemail_seconds")
    call.talk_seconds = facts.get("dial_seconds") if outcome.kind == "answered" else None
    # How long it rang is known only when both ends were seen: arrival, and the end of ringing.
    if call.ring_seconds is None and facts.get("first_at") and "dial_status" in voice.facts:
        rang = voice.at - datetime.fromisoformat(facts["first_at"])
        talked = timedelta(seconds=int(facts.get("dial_seconds") or 0))
        call.ring_seconds = max(0, int((rang - talked).total_seconds()))
    elif (
        call.ring_seconds is None and facts.get("first_at") and outcome.because == "caller_hung_up"
    ):
        rang = voice.at - datetime.fromisoformat(facts["first_at"])
        call.ring_seconds = max(0, int(rang.total_seconds()))
    if outcome.ended and call.ended_at is None:
        call.ended_at = voice.at


def _expect_an_end(call: Call, setup: Setup, now: datetime) -> None:
    if call.facts.get("answering") == "greeting" and call.facts.get("first_at"):
        agenda.put(
            "calls.settle",
            str(call.pk),
            lane="realtime",
            business_id=setup.business_id,
            due_at=now + LONGEST_GREETING,
        )


def _conclude(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, now: datetime
) -> None:
    """Decide now where the end is certain, else let a late word win for a few seconds."""
    if outcome.is_missed and not outcome.certain:
        agenda.put(
            "calls.settle",
            str(call.pk),
            lane="realtime",
            business_id=setup.business_id,
            due_at=now + SETTLE,
        )
        return
    _decide(call, contact, outcome, setup, now)


def settle_call(item: agenda.Item) -> Later | None:
    """Agenda: nothing more came; decide on what is known. Idempotent."""
    now = timezone.now()
    with transaction.atomic():
        found = Call.objects.filter(pk=int(item.subject)).first()
        if found is None:
            return None
        contact = (
            Contact.objects.select_for_update().get(pk=found.contact_id)
            if found.contact_id
            else None
        )
        call = Call.objects.select_for_update().get(pk=found.pk)
        if call.decision:
            return None
        outcome = fold(call.facts)
        if outcome.kind == "in_progress":
            # The end was never reported: a call to the greeting is over by now.
            call.facts = merge(call.facts, {"greeting_ended": True})
            outcome = fold(call.facts)
            if outcome.kind == "in_progress":
                return None
        call.outcome = outcome.kind
        call.missed_because = outcome.because if outcome.is_missed else ""
        _decide(call, contact, outcome, load_setup(item.schema), now)
        _save(call)
        if contact is not None:
            _show(call, contact, call.outcome)
    return None


def _decide(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, now: datetime
) -> None:
    """Ask `decide`, store the receipt, and queue the text it wants."""
    revised = bool(call.decision)
    facts = gather(call, contact, outcome, setup, now)
    decision = decide(facts, setup.rule, now)
    if decision.action != "skip" and contact is not None:
        decision = _queue(call, contact, setup, decision, facts, now)
    call.decision, call.decision_reason = decision.action, decision.code
    call.receipt, call.decided_at = decision.receipt(setup.rule, now), now
    if revised and decision.action == "skip" and contact is not None:
        # "Answered" came after all; a text that has not left is not sent.
        conversation = (
            Message.objects.filter(call=call.pk, author="rule")
            .values_list("conversation_id", flat=True)
            .first()
        )
        if conversation:
            cancel_waiting(conversation, "The call was answered after all.")
    log.info("decided", call=call.provider_id, action=decision.action, code=decision.code)
    for path in settings.CALL_ENDED_HANDLERS:
        import_string(path)(call, contact, decision)


def gather(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, now: datetime
) -> Facts:
    """Collect what `decide` asks about one call. `contact` is None when the caller withheld his number."""
    missed_at = call.ended_at or now
    standing = Standing(
        contact is not None and contact.opted_out_at is not None,
        contact is not None and contact.untextable_at is not None,
        setup.is_suspended,
    )
    # Opting out is a question of its own on the receipt, so the gate is asked without it here.
    clearance = clear(
        Outgoing(call.caller, setup.own_numbers, "C1", "rule"),
        Standing(False, standing.untextable, standing.business_suspended),
        now,
    )
    history = load_history(contact.pk, call.pk) if contact is not None else None
    return Facts(
        outcome=outcome,
        missed_at=missed_at,
        ring_seconds=call.ring_seconds,
        talk_seconds=call.talk_seconds,
        is_open=is_open(setup.week, call.started_at.astimezone(setup.zone)),
        is_known=bool(history and history.is_known),
        is_ignored=contact is not None and contact.ignored_at is not None,
        opted_out=standing.opted_out,
        number_problem="" if clearance.may_send else clearance.sentence,
        last_text_back_at=history.last_text_back_at if history else None,
        person_wrote_at=history.person_wrote_at if history else None,
    )


def _queue(
    call: Call, contact: Contact, setup: Setup, decision: Decision, facts: Facts, now: datetime
) -> Decision:
    if Message.objects.filter(call=call.pk, author="rule").exists():
        return decision
    body = templates.render(
        setup.templates[decision.template],
        {
            "business": setup.name,
            "caller_name": contact.name,
            "next_open": in_words(next_opening(setup.week, now), now),
            "phone": call.our_number,
        },
    )
    try:
        queue_message(
            contact,
            body,
            our_number=call.our_number,
            provider_name=call.provider,
            author=Message.Author.RULE,
            author_name=setup.rule.name if setup.rule else "",
            call_id=call.pk,
            now=now,
            send_after=decision.due_at,
            expires_at=decision.expires_at,
            own_numbers=setup.own_numbers,
            suspended=setup.is_suspended,
        )
    except NotAllowed as refused:
        from dataclasses import replace

        return replace(
            decision,
            action="skip",
            code=refused.clearance.code,
            sentence=refused.clearance.sentence,
        )
    return decision


def _save(call: Call) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE calls_call SET contact_id = %s, our_number = %s, caller = %s, facts = %s, "
            "outcome = %s, missed_because = %s, started_at = %s, ended_at = %s, ring_seconds = %s, "
            "talk_seconds = %s, voicemail_url = %s, voicemail_seconds = %s, decision = %s, "
            "decision_reason = %s, receipt = %s, decided_at = %s WHERE id = %s",
            [
                call.contact_id,
                call.our_number,
                call.caller,
                json.dumps(call.facts),
                call.outcome,
                call.missed_because,
                call.started_at,
                call.ended_at,
                call.ring_seconds,
                call.talk_seconds,
                call.voicemail_url,
                call.voicemail_seconds,
                call.decision,
                call.decision_reason,
                json.dumps(call.receipt) if call.receipt else None,
                call.decided_at,
                call.pk,
            ],
        )


_LINES = {
    "in_progress": "Calling now",
    "answered": "Call answered",
    "missed": "Missed call",
    "voicemail": "Missed call, voicemail left",
}


def _show(call: Call, contact: Contact, before: str) -> None:
    """Bring the list of conversations up to date: a missed call is something nobody has read."""
    newly_missed = call.outcome in ("missed", "voicemail") and before not in ("missed", "voicemail")
    conversation_id = touch_conversation(
        contact.pk,
        at=call.started_at,
        line=_LINES.get(call.outcome, "Call"),
        direction="miss" if call.outcome in ("missed", "voicemail") else "call",
        unread=1 if newly_missed else 0,
    )
    live.changed(conversation_id)
