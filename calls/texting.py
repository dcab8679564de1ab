"""The text a missed call becomes: its words, what the call allows, and the gate's answer on the receipt."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from calls import consented, guards
from calls.consented import Heard, heard
from calls.decision import Decision
from calls.hours import in_words, is_open, next_opening
from calls.matching import Question
from calls.models import Call
from calls.setup import Setup
from messaging import breakers, consent, lookups
from messaging import text as templates
from messaging.clearance import Clearance
from messaging.clearing import Occasion, Wanted, completed
from messaging.delivery import hand_over
from messaging.models import Contact, Message
from messaging.outbox import Draft, EmptyText, NotAllowed, queue
from messaging.refusals import keep_refusal
from messaging.segments import measure
from tenants.agenda import Next

_BY_THE_CLOCK = frozenset({"QUIET_HOURS", "QUIET_HOURS_STRICT"})


def queue_text_back(
    call: Call, contact: Contact, setup: Setup, schema: str, decision: Decision, before: str,
    missed_at: datetime, now: datetime,
) -> tuple[Decision, Next | None]:  # fmt: skip
    """Queue the text a decision wants; returns the decision as the gate left it, and what to hand over.

    `contact` is locked by the caller's transaction; `before` is the call's outcome before this
    event; `missed_at` is when the caller was let down.
    """
    sender = setup.sender(schema, call.our_number)
    if sender is None:
        sentence = "No text: the number that was called is no longer this business's."
        return replace(decision, action="skip", code="NO_SENDER", sentence=sentence), None
    if decision.template not in setup.templates:
        sentence = f"No text: the template “{decision.template}” is gone."
        return replace(decision, action="skip", code="NO_TEMPLATE", sentence=sentence), None
    # A text that waits says what is true when it leaves.
    body = words_of(call, contact, setup, decision.template, decision.due_at or now)
    heard_now = heard(call.facts, ended=call.ended_at is not None)
    attestation = consented.attestation(call.facts)
    asked = (*decision.questions, guards.vouching(attestation))
    decision = replace(decision, questions=asked)
    is_known = guards.is_known(contact, call.started_at)
    weighed = breakers.weigh(
        phone=contact.phone, business_id=setup.business_id, our_number=call.our_number,
        member=str(call.pk), segments=measure(body).segments, attestation=attestation, now=now,
    )  # fmt: skip
    looks_up = lookups.is_wanted(contact, setup.policy, is_known, now)
    send_after = decision.due_at or (now + lookups.PATIENCE if looks_up else None)
    draft = Draft(
        body,
        "rule",
        author_name=decision.rule.name if decision.rule else "",
        occasion=Occasion(
            purpose="text_back",
            asked_at=missed_at,
            level=heard_now.level,
            attestation=attestation,
            elsewhere=weighed.elsewhere,
            is_known=guards.is_proven(contact, call.started_at),
            # How long it must have rung (row 22) was asked by the rule, whose default is 4 s.
        ),
        template=setup.template_versions.get(
            _in_their_language(contact, setup, decision.template), ""
        ),
        rely_on=partial(_consent, contact, call, heard_now, setup),
        call=call.pk,
        send_after=send_after,
        expires_at=decision.expires_at,
        weighed=weighed,
    )
    unread = 0 if before in ("missed", "voicemail") else 1
    at_once = send_after is None
    try:
        message, item = queue(contact, draft, sender, now, unread=unread, claimed=at_once)
    except NotAllowed as refused:
        keep_refusal(contact, draft, refused, now)
        clearance = refused.clearance
        code = "OPTED_OUT" if clearance.code == "OPTOUT_NEW_CALL_NO_TEXT" else clearance.code
        questions = (*decision.questions, _gate_question(clearance))
        return replace(
            decision, action="skip", code=code, sentence=clearance.sentence, questions=questions
        ), None
    except EmptyText:
        sentence = "No text: the template came out empty."
        return replace(decision, action="skip", code="EMPTY_TEXT", sentence=sentence), None
    if looks_up:
        lookups.ask_soon(message, setup.business_id, now)
    if message.status == "held":
        entry = message.clearances[-1]
        decision = replace(
            decision, action="hold", code=entry["code"], sentence=entry["sentence"],
            due_at=message.held_until, expires_at=message.expires_at,
        )  # fmt: skip
        _reword(message, call, contact, setup, decision)
        at_once = False
    return decision, Next(item, hand_over(item, message, sender, now)) if at_once else None


def words_of(call: Call, contact: Contact, setup: Setup, template: str, at: datetime) -> str:
    """Return the text as it reads when it arrives at `at` (aware), in the person's language."""
    template = _in_their_language(contact, setup, template)
    language = contact.language if template.endswith(f"-{contact.language}") else ""
    return templates.render(
        setup.templates[template],
        {
            "business": setup.name,
            "caller_name": contact.name,
            "next_open": in_words(next_opening(setup.week, at), at, language),
            "phone": call.our_number,
        },
    )


def _in_their_language(contact: Contact, setup: Setup, template: str) -> str:
    """Return the key of the ready text in the person's language, where there is one ("missed-open-es")."""
    theirs = f"{template}-{contact.language}"
    return theirs if contact.language and theirs in setup.templates else template


def _reword(
    message: Message, call: Call, contact: Contact, setup: Setup, decision: Decision
) -> None:
    """Let a text that a clock holds say what will be true when it leaves ("we're closed", "tomorrow")."""
    at = message.held_until
    if at is None or message.hold_code not in _BY_THE_CLOCK or decision.rule is None:
        return
    template = decision.rule.then.template_for(is_open(setup.week, at), decision.variant == "B")
    wanted = Wanted(
        contact.phone, words_of(call, contact, setup, template, at), "rule", "C1", Occasion(),
        None, at, is_first=True,
    )  # fmt: skip
    body = completed(wanted, setup.policy)
    size = measure(body)
    Message.objects.filter(pk=message.pk).update(
        body=body, segments=size.segments, encoding=size.encoding,
        template=setup.template_versions.get(_in_their_language(contact, setup, template), ""),
    )  # fmt: skip


def _consent(
    contact: Contact, call: Call, heard_now: Heard, setup: Setup
) -> int | consent.Prepared | None:
    """Return what the ledger is to say this call allows, where it is more than the person has allowed for good."""
    if heard_now.level <= contact.consent_level:
        return contact.consent_event
    assert call.provider_id
    line = setup.line(call.our_number)
    return consent.prepare(
        contact,
        "consent",
        at=call.ended_at or call.started_at,
        channel=heard_now.channel,
        level=heard_now.level,
        scope="this call",
        matched_by="call",
        provider=call.provider,
        provider_id=call.provider_id,
        our_number=line.e164 if line else call.our_number,
        evidence=heard_now.evidence,
        legal_entity=setup.name,
    )


def _gate_question(clearance: Clearance) -> Question:
    """The gate as the last question of the receipt, with the rules it went by."""
    return Question("May it be sent now?", ", ".join(clearance.rules), clearance.code, False)
