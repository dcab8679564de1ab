"""What would happen if somebody called: an imagined call through the same `decide` and the same gate.

Reads, never writes: no contact, no ledger row, no count of the breakers. The gate is asked at the
moment the text would leave, as it is again for every text that waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from calls import consented, guards
from calls.decision import Decision, decide
from calls.facts import Facts
from calls.hours import is_open, next_opening, state
from calls.matching import Question
from calls.models import Call
from calls.outcome import Outcome
from calls.rules import Rules
from calls.setup import Setup
from calls.texting import words_of
from messaging import clearing
from messaging.clearance import Outgoing, Standing
from messaging.clearing import Line, Occasion, Person, Wanted, completed
from messaging.compliance import unreachable
from messaging.jurisdictions import current as current_rules
from messaging.lint import Finding
from messaging.models import Contact, Message
from messaging.numbers import normalise
from messaging.outbox import ANSWERS
from messaging.segments import Size, measure

_CLOCKS = ("QUIET_HOURS", "QUIET_HOURS_STRICT")


@dataclass(frozen=True, slots=True)
class Imagined:
    """A call nobody made. Seconds; `at` is aware and is when it rang.

    caller: E.164; because: '' with kind answered; level: of the consent ladder the call reached (1
    implied, 2 heard the notice, 3 pressed 1); is_known, is_vip, tags: of somebody who is no contact;
    texted_ago: how long ago a rule texted them, None for what is stored, or never.
    """

    line: str
    caller: str
    at: datetime
    kind: str = "missed"
    because: str = "no_answer"
    ring: int | None = 20
    talk: int | None = None
    voicemail: bool = False
    attestation: str = "A"
    level: int = 1
    nth: int = 1
    is_known: bool = False
    is_vip: bool = False
    tags: frozenset[str] = frozenset()
    texted_ago: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen: the decision as the gate leaves it, and the text as it would read.

    entry: the gate's answer as it is stored with a text, None where it was not asked; asked_at: when
    the rules were asked (aware).
    """

    facts: Facts
    decision: Decision
    asked_at: datetime
    entry: Mapping[str, Any] | None = None
    body: str = ""
    size: Size | None = None
    findings: tuple[Finding, ...] = ()


def foresee(imagined: Imagined, contact: Contact | None, rules: Rules, setup: Setup) -> Foreseen:
    """Return what these rules and the gate would make of an imagined call. contact: its caller's, if any."""
    person = contact or _stranger(imagined)
    facts = _facts(imagined, person, setup)
    asked_at = facts.missed_at + timedelta(seconds=1)
    decision = decide(facts, rules, asked_at)
    if decision.action == "skip":
        return Foreseen(facts, decision, asked_at)
    if decision.template not in setup.templates:
        gone = replace(
            decision, action="skip", code="NO_TEMPLATE",
            sentence=f"No text: the template “{decision.template}” is gone.",
        )  # fmt: skip
        return Foreseen(facts, gone, asked_at)
    return _cleared(imagined, facts, decision, person, setup, asked_at)


def _cleared(
    imagined: Imagined, facts: Facts, decision: Decision, person: Contact, setup: Setup,
    asked_at: datetime,
) -> Foreseen:  # fmt: skip
    leaves = decision.due_at or asked_at
    line = setup.line(imagined.line)
    sender = setup.sender("", imagined.line)
    if line is None or sender is None:
        sentence = "No text: the number that was called is no longer this business's."
        gone = replace(decision, action="skip", code="NO_SENDER", sentence=sentence)
        return Foreseen(facts, gone, asked_at)
    policy = setup.policy_of(imagined.line)
    call = Call(our_number=imagined.line, started_at=imagined.at)
    attestation = "" if imagined.attestation == "none" else imagined.attestation
    wanted = Wanted(
        to=person.phone,
        body=words_of(call, person, setup, decision.template, leaves),
        author="rule",
        category="C1",
        occasion=Occasion(
            purpose="text_back", asked_at=facts.missed_at, level=imagined.level,
            attestation=attestation,
            is_known=guards.is_proven(person, imagined.at),
        ),
        expires_at=decision.expires_at,
        created_at=asked_at,
        is_first=True,
    )  # fmt: skip
    wanted = replace(wanted, body=completed(wanted, policy))
    seen = _person(person, facts)
    gate = Line(sender.own_numbers, sender.may_send, sender.use_case)
    answer = clearing.ask(wanted, seen, gate, policy, current_rules(), leaves)
    clearance, body = answer.clearance, wanted.body
    said = {"send": "yes", "hold": "wait"}.get(clearance.result, clearance.code)
    when = "May it be sent then?" if decision.due_at else "May it be sent now?"
    asked = Question(when, ", ".join(clearance.rules), said, clearance.result != "never")
    decision = replace(
        decision, questions=(*decision.questions, guards.vouching(attestation), asked)
    )
    if clearance.result == "never":
        code = "OPTED_OUT" if clearance.code == "OPTOUT_NEW_CALL_NO_TEXT" else clearance.code
        decision = replace(decision, action="skip", code=code, sentence=clearance.sentence)
    elif clearance.result == "hold":
        decision = replace(
            decision, action="hold", code=clearance.code, sentence=clearance.sentence,
            due_at=clearance.until, expires_at=clearance.expires or decision.expires_at,
        )  # fmt: skip
        body = _reworded(call, person, setup, decision, wanted)
    return Foreseen(facts, decision, asked_at, answer.entry, body, measure(body), answer.findings)


def _reworded(call: Call, person: Contact, setup: Setup, decision: Decision, wanted: Wanted) -> str:
    """A text that a clock holds says what is true when it leaves (calls.texting)."""
    at, rule = decision.due_at, decision.rule
    if at is None or rule is None or decision.code not in _CLOCKS:
        return wanted.body
    key = rule.then.template_for(is_open(setup.week, at), decision.variant == "B")
    if key not in setup.templates:
        return wanted.body
    body = words_of(call, person, setup, key, at)
    return completed(replace(wanted, body=body), setup.policy_of(call.our_number))


def _stranger(imagined: Imagined) -> Contact:
    """Somebody who is no contact, as the first event of his call would make him."""
    since = imagined.at - timedelta(days=30) if imagined.is_known else imagined.at
    return Contact(
        phone=imagined.caller, created_at=since, tags=sorted(imagined.tags),
        vip_at=imagined.at if imagined.is_vip else None,
    )  # fmt: skip


def _facts(imagined: Imagined, person: Contact, setup: Setup) -> Facts:
    at = imagined.at.astimezone(setup.zone)
    missed_at = at + timedelta(seconds=(imagined.ring or 0) + (imagined.talk or 0))
    kind, because = imagined.kind, imagined.because
    if kind != "answered":
        kind = "voicemail" if imagined.voicemail else "missed"
    untextable = person.untextable_at is not None
    problem = unreachable(
        Outgoing(imagined.caller, setup.own_numbers, "C1", "rule"), Standing(untextable=untextable),
        setup.policy, current_rules(), missed_at,
    )  # fmt: skip
    texted, wrote = (
        moment if moment is not None and moment <= missed_at else None
        for moment in (person.last_text_back_at, person.last_person_text_at)
    )
    if imagined.texted_ago is not None:
        texted = missed_at - imagined.texted_ago
    return Facts(
        outcome=Outcome(kind, "" if kind == "answered" else because, ended=True),
        missed_at=missed_at,
        called_at=at,
        ring_seconds=imagined.ring,
        talk_seconds=imagined.talk if kind == "answered" else None,
        our_number=imagined.line,
        caller=imagined.caller,
        state=state(setup.week, at),
        opens_at=next_opening(setup.week, missed_at),
        is_known=guards.is_known(person, imagined.at),
        is_vip=person.vip_at is not None,
        tags=frozenset(person.tags),
        attestation=imagined.attestation,
        line_type=person.line_type,
        # Only how many there were is asked: a minute apart, the oldest first forgotten.
        earlier_calls=tuple(at - timedelta(minutes=n) for n in range(1, imagined.nth)),
        is_ignored=person.ignored_at is not None,
        opted_out=person.opted_out_at is not None,
        number_problem=problem,
        last_text_back_at=texted,
        person_wrote_at=wrote,
    )  # fmt: skip


def _person(person: Contact, facts: Facts) -> Person:
    return replace(Person.of(person), last_text_back_at=facts.last_text_back_at)


# --- a call that was -------------------------------------------------------------------------------


def facts_of(call: Call, contact: Contact | None, setup: Setup) -> Facts:
    """Return the facts of a decided call as they were known when it was decided.

    Opt-out, texts and earlier calls are those before it; hours, tags, VIP and the ignore list are as
    they stand today.
    """
    decided = call.decided_at or call.ended_at or call.started_at
    imagined = Imagined(
        line=call.our_number,
        caller=contact.phone if contact else normalise(call.caller),
        at=call.started_at,
        kind="answered" if call.outcome == Call.Outcome.ANSWERED else "missed",
        because=call.missed_because,
        ring=call.ring_seconds,
        talk=call.talk_seconds,
        voicemail=call.outcome == Call.Outcome.VOICEMAIL,
        attestation=consented.attestation(call.facts) or "none",
    )
    person = contact or _stranger(imagined)
    facts = _facts(imagined, person, setup)
    earlier: tuple[datetime, ...] = ()
    texted = wrote = None
    if contact is not None:
        before = Call.objects.filter(
            contact=contact, started_at__lt=call.started_at, same_as=None,
            started_at__gte=call.started_at - timedelta(days=7),
        ).exclude(outcome=Call.Outcome.IGNORED)  # fmt: skip
        earlier = tuple(before.order_by("-started_at").values_list("started_at", flat=True)[:100])
        texts = Message.objects.filter(
            conversation__contact=contact, direction="out", created_at__lt=decided
        ).exclude(status__in=["cancelled", "failed"])
        moments = texts.order_by("-created_at").values_list("created_at", flat=True)
        texted = moments.filter(author="rule").exclude(call=call.pk).first()
        wrote = moments.filter(author__in=ANSWERS).first()
    return replace(
        facts,
        missed_at=_let_down(call),
        earlier_calls=earlier,
        last_text_back_at=texted,
        person_wrote_at=wrote,
        opted_out=facts.opted_out
        and person.opted_out_at is not None
        and person.opted_out_at < decided,
        is_ignored=facts.is_ignored
        and person.ignored_at is not None
        and person.ignored_at < decided,
    )


def _let_down(call: Call) -> datetime:
    """As calls.services takes it, from what is stored."""
    ended = call.facts.get("first_ring_end_at")
    return datetime.fromisoformat(ended) if ended else call.ended_at or call.started_at
