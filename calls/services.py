"""Calls: events become facts, facts an outcome, the outcome a decision, and perhaps a text."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from calls import consented, emergencies, guards, on_call, patience, voicemails
from calls.decision import LANDLINES, Decision, decide
from calls.facts import Facts
from calls.hours import next_opening, state
from calls.intake import twins
from calls.matching import Question
from calls.models import Call
from calls.outcome import Outcome, answered_as, fold, merge
from calls.patience import LONGEST_GREETING
from calls.rows import lock_both, lock_call, save_call
from calls.setup import Setup, current_setup, load_setup
from calls.texting import queue_text_back
from calls.trying import mark, trial_of
from messaging.clearance import Outgoing, Standing
from messaging.compliance import unreachable
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact, Message
from messaging.numbers import normalise
from messaging.outbox import cancel_text_backs, cancel_waiting
from messaging.people import touch_conversation
from messaging.plan import POSTURE, SAID
from messaging.providers import provider
from messaging.providers.base import VoiceEvent
from messaging.refusals import called_though_opted_out
from tenants import agenda, live
from tenants.agenda import Later, Next
from tenants.events import take_event

log = structlog.get_logger(__name__)

# Where only the number-level callback arrived, a late "answered" gets this long to win.
SETTLE = timedelta(seconds=4)


def handle_voice_event(item: agenda.Item) -> agenda.Answer:
    """Agenda: merge one stored voice webhook into its call and decide if it can be decided. Idempotent."""
    with transaction.atomic():
        event = take_event(int(item.subject))
        if event is None:
            return None
        read_as = emergencies.READ_AS.get(event.kind, event.kind)
        voice = provider(event.provider).voice_event(read_as, event.params, event.received_at)
        setup = current_setup(item.schema, event.setup_version)
        # What we answered is known from the stored webhook, not from how the line answers by now.
        said = consented.said(
            event.params.get(SAID, ""), event.params.get(POSTURE, ""), event.received_at,
            arrival=event.kind == "voice",
        )  # fmt: skip
        voice = replace(voice, facts=emergencies.facts_of(event.kind, voice.facts, said))
        return record_call(voice, event.provider, event.received_at, item.schema, setup)


def record_call(
    voice: VoiceEvent, provider_name: str, received_at: datetime, schema: str, setup: Setup
) -> Next | None:
    """Merge an event into its call: facts, not transitions, so any order and any number of times.

    Must run in a transaction in the business's schema; locks the contact, then the call. Returns
    the text to hand over once that transaction is committed, if the call's decision is to send.
    """
    now = timezone.now()
    # A call we placed has our own number as its caller: nobody to text.
    is_inbound = voice.facts.get("direction", "inbound") == "inbound"
    phone = normalise(voice.caller) if is_inbound else ""
    trial = trial_of(voice, phone, provider_name, setup.tried)
    if trial is not None and trial.is_probe:
        phone = ""
    contact: Contact | None
    if phone:
        contact, call = lock_both(phone, received_at, voice, provider_name)
    else:
        contact, call = _lock_known(voice, provider_name), lock_call(voice, provider_name)
    line = setup.line(voice.our_number) or setup.line(call.our_number)
    known: dict[str, Any] = dict(voice.facts)
    if trial is not None:
        known |= mark(call, trial)
    if line is not None:
        known.setdefault("answering", line.answering)
        known.setdefault("press_one", line.is_screened)
    if voice.starts:
        known["first_at"] = voice.at.isoformat()
    if "call_status" in voice.facts:
        known["call_ended_at"] = voice.at.isoformat()
    if "dial_status" in voice.facts or "call_status" in voice.facts:
        talked = timedelta(seconds=int(voice.facts.get("dial_seconds") or 0))
        known["first_ring_end_at"] = (voice.at - talked).isoformat()
    if contact is not None and call.contact_id not in (None, contact.pk):
        contact = _unless_erased(call, contact, received_at)
    before = call.outcome
    call.facts = merge(call.facts, known)
    outcome = fold(call.facts)
    _describe(call, voice, outcome, contact)
    if outcome.kind == "answered" and before != "answered" and contact is not None:
        # "Sorry we missed you" about an earlier call is no longer true.
        sentence = "They called again and were answered."
        cancel_text_backs(contact.pk, setup.business_id, sentence, but=call.pk)
    text = _conclude(call, contact, outcome, before, setup, schema, now)
    on_call.alert_if_unanswered(call, contact, ended=outcome.ended, now=now)
    save_call(call)
    if voice.voicemail_url:
        voicemails.want(call, setup.business_id, now)
    # A text that was queued has already brought the conversation up to date.
    if contact is not None and text is None and call.outcome != "ignored":
        _show(call, contact, before)
    if contact is not None and call.outcome == "voicemail" and before != "voicemail":
        voicemails.note_unheard(contact.pk)
        for path in settings.VOICEMAIL_LEFT_HANDLERS:
            import_string(path)(call, contact)
    return text


def _lock_known(voice: VoiceEvent, provider_name: str) -> Contact | None:
    """Lock the contact of a call whose event names no caller: contact first, always, then call."""
    return (
        Contact.objects.select_for_update()
        .filter(calls__provider=provider_name, calls__provider_id=voice.call_id)
        .first()
    )


def _unless_erased(call: Call, contact: Contact, received_at: datetime) -> Contact | None:
    """A late event about a call of somebody who was erased since brings him not back."""
    if call.contact_id is None:
        return contact
    if not Contact.objects.filter(pk=call.contact_id).exclude(erased_at=None).exists():
        return contact
    # Made a moment ago for this very event; nothing refers to it yet.
    Contact.objects.filter(pk=contact.pk, created_at=received_at, conversation=None).delete()
    return None


def _describe(call: Call, voice: VoiceEvent, outcome: Outcome, contact: Contact | None) -> None:
    facts = call.facts
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
    talked = facts.get("oncall_seconds") or facts.get("dial_seconds")
    call.talk_seconds = talked if outcome.kind == "answered" else None
    # How long it rang is known only when both ends were seen: arrival, and the end of ringing.
    if facts.get("first_at") and facts.get("first_ring_end_at"):
        rang = datetime.fromisoformat(facts["first_ring_end_at"]) - datetime.fromisoformat(
            facts["first_at"]
        )
        rang_for = rang.total_seconds() - consented.seconds_before_ringing(facts)
        call.ring_seconds = max(0, int(rang_for))
    if outcome.ended and call.ended_at is None:
        call.ended_at = voice.at


def _conclude(
    call: Call, contact: Contact | None, outcome: Outcome, before: str, setup: Setup, schema: str,
    now: datetime,
) -> Next | None:  # fmt: skip
    """Decide where the end is certain; let a late word win for a few seconds where it is not."""
    if outcome.kind == "in_progress":
        if answered_as(call.facts) == "greeting" and call.facts.get("first_at"):
            _ask_again(call, setup, now + LONGEST_GREETING)
        return None
    turned_out_missed = call.decision_reason == "ANSWERED" and outcome.is_missed
    late = patience.came_late(call, contact, setup, now)
    if call.decision and not turned_out_missed and not late:
        if outcome.kind == "answered" and before != "answered":
            _call_off(call, contact, outcome, setup, now)
        return None
    if outcome.kind == "answered" and not outcome.ended:
        return None  # how long they talk may matter to the rule
    if not outcome.certain:
        _ask_again(call, setup, now + SETTLE)
        return None
    until = patience.put_through_until(call, outcome)
    if until is not None and now < until:
        _ask_again(call, setup, until)
        return None
    if patience.waits(call, contact, outcome, setup, now):
        _ask_again(call, setup, now + LONGEST_GREETING)
        return None
    return _decide(call, contact, outcome, setup, schema, before, now)


def _ask_again(call: Call, setup: Setup, at: datetime) -> None:
    agenda.put(
        "calls.settle", str(call.pk), lane="realtime", business_id=setup.business_id, due_at=at
    )


def _call_off(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, now: datetime
) -> None:
    """Answered after all: a text that has not left is not sent, and the receipt says so."""
    sentence = "The call was answered after all."
    text = Message.objects.filter(call=call.pk, author="rule").first()
    went = text is not None and text.status not in ("cancelled", "failed")
    if (
        text is not None
        and went
        and not cancel_waiting(text.conversation_id, setup.business_id, sentence, call=call.pk)
    ):
        # It had left: the receipt keeps why, and says what came later.
        late = Question(
            "Was the call answered after all?", "a late report", "yes, the text had left", True
        )
        receipt = dict(call.receipt or {})
        receipt["questions"] = [*receipt.get("questions", []), asdict(late)]
        call.receipt = receipt
        return
    decision = decide(gather(call, contact, outcome, setup, now), setup.rules, now)
    _keep(call, decision, now)


def settle_call(item: agenda.Item) -> agenda.Answer:
    """Agenda: nothing more came; decide on what is known. Idempotent."""
    now = timezone.now()
    with transaction.atomic():
        found = Call.objects.filter(pk=int(item.subject)).only("contact_id").first()
        if found is None:
            return None
        contact = None
        if found.contact_id:
            contact = Contact.objects.select_for_update().get(pk=found.contact_id)
        call = Call.objects.select_for_update().get(pk=found.pk)
        if call.decision:
            return None
        outcome = fold(call.facts)
        if outcome.kind == "in_progress":
            # The end was never reported: a call to the greeting is over by now.
            call.facts = merge(call.facts, {"greeting_ended": True})
            outcome = fold(call.facts)
        if outcome.kind == "in_progress" or (outcome.kind == "answered" and not outcome.ended):
            return None
        until = patience.put_through_until(call, outcome)
        if until is not None and now < until:
            return Later(until)
        before = call.outcome
        call.outcome = outcome.kind
        call.missed_because = outcome.because if outcome.is_missed else ""
        on_call.alert_if_unanswered(call, contact, ended=True, now=now)
        text = _decide(call, contact, outcome, load_setup(item.schema), item.schema, before, now)
        save_call(call)
        if contact is not None and text is None:
            _show(call, contact, before)
        return text


def _decide(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, schema: str, before: str,
    now: datetime,
) -> Next | None:  # fmt: skip
    """Ask `decide`, store the receipt, and queue the text it wants."""
    decision = twins.settled_already(call, contact, outcome, setup, now)
    decision = decision or decide(gather(call, contact, outcome, setup, now), setup.rules, now)
    text = None
    if decision.code == "OPTED_OUT" and contact is not None:
        called_though_opted_out(contact, call.pk, setup.policy, setup.own_numbers, now)
    if decision.action != "skip" and contact is not None:
        missed_at = _missed_at(call, now)
        decision, text = queue_text_back(
            call, contact, setup, schema, decision, before, missed_at, now
        )
    _keep(call, decision, now)
    for path in settings.CALL_ENDED_HANDLERS:
        import_string(path)(call, contact, decision)
    return text


def _keep(call: Call, decision: Decision, now: datetime) -> None:
    call.decision, call.decision_reason = decision.action, decision.code
    call.rules_version = decision.version
    patience.remember(call)
    call.receipt, call.decided_at = decision.receipt(now), now
    log.info("decided", call=call.provider_id, action=decision.action, code=decision.code)


def gather(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, now: datetime
) -> Facts:
    """Collect what `decide` asks about one call. `contact` is None when the caller withheld his number."""
    # Only what concerns the number: consent, hours and words are the gate's, asked when queueing.
    problem = unreachable(
        Outgoing(call.caller, setup.own_numbers, "C1", "rule"),
        Standing(untextable=_is_untextable(contact)),
        setup.policy,
        current_rules(),
        now,
    )
    zone = setup.zone
    return Facts(
        outcome=outcome,
        missed_at=_missed_at(call, now),
        called_at=call.started_at.astimezone(zone),
        ring_seconds=call.ring_seconds,
        talk_seconds=call.talk_seconds,
        our_number=call.our_number,
        caller=contact.phone if contact is not None else "",
        state=call.facts.get("as_if") or state(setup.week, call.started_at),
        # After the call, not after now: a webhook that is read days later is not put off once more.
        opens_at=next_opening(setup.week, _missed_at(call, now))
        if setup.waits_for_opening
        else None,
        # Somebody we met in this very call was made by one of its own events.
        is_known=contact is not None and guards.is_known(contact, call.started_at),
        is_vip=contact is not None and contact.vip_at is not None,
        tags=frozenset(contact.tags) if contact is not None else frozenset(),
        attestation=consented.attestation(call.facts) or "none",
        line_type=contact.line_type if contact is not None else "",
        earlier_calls=_earlier(call, contact) if setup.counts_calls else (),
        is_ignored=contact is not None and contact.ignored_at is not None,
        is_probe=bool(call.facts.get("probe")),
        opted_out=contact is not None and contact.opted_out_at is not None,
        number_problem=problem,
        last_text_back_at=contact.last_text_back_at if contact is not None else None,
        person_wrote_at=contact.last_person_text_at if contact is not None else None,
    )


def _is_untextable(contact: Contact | None) -> bool:
    """Whether a carrier said that this number gets no texts; of a landline `decide` has its own words."""
    if contact is None or contact.untextable_at is None:
        return False
    return contact.line_type not in LANDLINES


def _earlier(call: Call, contact: Contact | None) -> tuple[datetime, ...]:
    """Return when this caller called before, within a week, newest first; asked only if a rule counts."""
    if contact is None:
        return ()
    since = call.started_at - timedelta(days=7)
    calls = Call.objects.filter(
        contact=contact.pk, started_at__gte=since, started_at__lt=call.started_at, same_as=None
    ).exclude(outcome=Call.Outcome.IGNORED)
    return tuple(calls.order_by("-started_at").values_list("started_at", flat=True)[:100])


def _missed_at(call: Call, now: datetime) -> datetime:
    """Return when the caller was let down: the ringing's end, else the call's, however late we learn."""
    if call.facts.get("first_ring_end_at"):
        return datetime.fromisoformat(call.facts["first_ring_end_at"])
    if call.ended_at is not None:
        return call.ended_at
    return min(call.started_at, now)


LINES = {
    "in_progress": "Calling now",
    "answered": "Call answered",
    "missed": "Missed call",
    "voicemail": "Missed call, voicemail left",
}


def _show(call: Call, contact: Contact, before: str) -> None:
    """Bring the list of conversations up to date: a missed call is something nobody has read."""
    is_missed = call.outcome in ("missed", "voicemail")
    is_news = is_missed and before not in ("missed", "voicemail")
    conversation_id = touch_conversation(
        contact.pk,
        at=call.started_at,
        line=LINES.get(call.outcome, "Call"),
        direction="miss" if is_missed else "call",
        unread=1 if is_news and not call.facts.get("same_call") else 0,
        # Whoever calls is back, even if it is to be answered at once.
        news=call.outcome == "answered" and before != "answered",
    )
    live.changed(conversation_id)
