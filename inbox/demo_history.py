"""Thirty days of plausible history for a demo business, decided by the very rules that decide live."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calls.decision import Decision, decide
from calls.facts import Facts
from calls.hours import in_words, next_opening, state
from calls.matching import Question
from calls.models import Call
from calls.outcome import Outcome
from calls.setup import Setup
from inbox.demo_people import Event, Person, ask
from inbox.demo_scripts import AREAS, MEMBERS, NAMES, THREADS
from messaging import consent
from messaging import text as templates
from messaging.alerts import tell
from messaging.clearance import EXPRESS_TEXT, IMPLIED_CALL
from messaging.clearing import Answer, Occasion
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact, Conversation, Message, Refusal
from messaging.segments import measure
from tenants.models import new_id

DAYS = 30
_ENDS = [
    ("answered", "", 46),
    ("missed", "no_answer", 24),
    ("missed", "caller_hung_up", 9),
    ("missed", "busy", 8),
    ("voicemail", "no_answer", 9),
    ("missed", "not_accepted", 4),
]


# One caller from Washington, where an unasked text wants more than a missed call.
_FAR_AWAY = "206"


class History:
    """Builds the rows of one business; `save` writes them in bulk. Seeded, so always the same shape."""

    def __init__(self, setup: Setup, playbook: str, number: str, now: datetime) -> None:
        self.setup, self.playbook, self.number, self.now = setup, playbook, number, now
        self.random = random.Random(f"ringback {playbook}")
        self.calls: list[Call] = []
        self.messages: list[Message] = []
        self.events: list[Event] = []
        self.refusals: list[tuple[Refusal, Call, Answer]] = []
        self.text_backs: list[tuple[Message, Call]] = []
        self.people = self._people()

    def _people(self) -> list[Person]:
        names = self.random.sample(NAMES, k=len(NAMES))
        people = []
        for position in range(34):
            area = self.random.choice(AREAS[self.playbook]) if position else _FAR_AWAY
            born = self.now - timedelta(days=DAYS)
            contact = Contact(
                phone=f"+1{area}555{1200 + position * 7:04d}",
                name=names[position] if position < 18 else "",
                created_at=born,
            )
            conversation = Conversation(last_at=born, created_at=born, unread=0)
            people.append(Person(contact, conversation))
        return people

    def build(self) -> None:
        """Make every call of the thirty days, oldest first, and what followed from it."""
        start = self.now - timedelta(days=DAYS)
        moments = []
        for day in range(DAYS):
            for _ in range(self.random.choice((2, 3, 4, 5))):
                minutes = self.random.triangular(7 * 60, 21 * 60, 11 * 60)
                local = (start + timedelta(days=day)).astimezone(self.setup.zone)
                at = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
                    minutes=minutes
                )
                if at < self.now - timedelta(minutes=20):
                    moments.append(at.astimezone(self.now.tzinfo))
        for at in sorted(moments):
            end = self.random.choices(_ENDS, weights=[end[2] for end in _ENDS])[0]
            self._call(self.random.choice(self.people[1:]), at, end)
        self._call(self.people[0], self.now - timedelta(hours=3), _ENDS[1])

    def _call(self, person: Person, at: datetime, end: tuple[str, str, int]) -> None:
        kind, because, _ = end
        ring = (
            self.random.randint(2, 18)
            if because == "caller_hung_up"
            else self.random.randint(4, 22)
        )
        talk = self.random.randint(35, 420) if kind == "answered" else None
        ended = at + timedelta(seconds=ring + (talk or 0))
        call = Call(
            provider="simulator",
            provider_id=f"CA{self.random.getrandbits(128):032x}",
            our_number=self.number,
            caller=person.contact.phone,
            outcome=kind,
            missed_because=because,
            started_at=at,
            ended_at=ended,
            ring_seconds=ring,
            talk_seconds=talk,
            facts={"direction": "inbound"},
            voicemail_seconds=self.random.randint(8, 55) if kind == "voicemail" else None,
        )
        call.contact = person.contact
        facts = Facts(
            outcome=Outcome(kind, because, ended=True),
            missed_at=ended,
            called_at=at.astimezone(self.setup.zone),
            ring_seconds=ring,
            talk_seconds=talk,
            our_number=self.number,
            caller=person.contact.phone,
            state=state(self.setup.week, at),
            is_known=person.known,
            opted_out=person.contact.opted_out_at is not None,
            last_text_back_at=person.last_text_back,
            person_wrote_at=person.person_wrote,
        )
        decision = decide(facts, self.setup.rules, ended)
        person.known = True
        line = {"answered": "Call answered", "voicemail": "Missed call, voicemail left"}.get(
            kind, "Missed call"
        )
        shown = ("call", 0) if kind == "answered" else ("miss", 1)
        self._touch(person, at, line, *shown)
        if decision.action == "send":
            decision = self._text_back(person, call, decision, ended + timedelta(seconds=1))
        call.decision, call.decision_reason, call.decided_at = decision.action, decision.code, ended
        call.receipt = decision.receipt(ended)
        self.calls.append(call)

    def _text_back(self, person: Person, call: Call, decision: Decision, at: datetime) -> Decision:
        body = templates.render(
            self.setup.templates[decision.template],
            {
                "business": self.setup.name,
                "phone": self.number,
                "next_open": in_words(next_opening(self.setup.week, at), at),
            },
        )
        rule = decision.rule.name if decision.rule else ""
        occasion = Occasion(purpose="text_back", asked_at=call.ended_at, level=IMPLIED_CALL)
        body, answer = ask(self.setup, person, body, "rule", occasion, at)
        clearance = answer.clearance
        if not clearance.may_send:
            self.refusals.append((self._refusal(person, body, rule, answer, at), call, answer))
            asked = Question(
                "May it be sent now?", ", ".join(clearance.rules), clearance.code, False
            )
            return replace(
                decision, action="skip", code=clearance.code, sentence=clearance.sentence,
                questions=(*decision.questions, asked),
            )  # fmt: skip
        message = self._message(person, at, "out", body, "rule", rule)
        message.delivered_at = at + timedelta(seconds=2)
        message.purpose, message.clearances = "text_back", [answer.entry]
        message.template = self.setup.template_versions.get(decision.template, "")
        self.text_backs.append((message, call))
        person.last_text_back = person.introduced = at
        self._relies(person, call, answer.entry)
        if self.random.random() < 0.06:
            self._opts_out(person, at + timedelta(minutes=3))
        elif self.random.random() < 0.62:
            self._answers(person, at)
        return decision

    def _refusal(
        self, person: Person, body: str, rule: str, answer: Answer, at: datetime
    ) -> Refusal:
        refusal = Refusal(
            author="rule", author_name=rule, purpose="text_back", body=body,
            code=answer.clearance.code, clearance=answer.entry | {"category": "C1"}, at=at,
        )  # fmt: skip
        refusal.contact = person.contact
        return refusal

    def _relies(self, person: Person, call: Call, entry: dict[str, Any]) -> None:
        """What allowed a text-back: the person's lasting consent, or what the call itself gave."""
        event = person.lasting
        if event is None:
            assert call.ended_at is not None
            how = {
                "channel": "call", "level": IMPLIED_CALL, "scope": "this call",
                "matched_by": "call", "provider": "simulator", "provider_id": call.provider_id,
                "our_number": self.number, "legal_entity": self.setup.name,
                "evidence": {"posture": self.setup.posture, "call_end": call.ended_at.isoformat()},
            }  # fmt: skip
            event = Event(person, "consent", call.ended_at, how)
            self.events.append(event)
        event.relied.append(entry)

    def _said(self, person: Person, message: Message, kind: str, **more: Any) -> Event:
        """What a text of the person's means for the ledger."""
        how = {
            "channel": "sms", "raw_text": message.body, "provider": "simulator",
            "provider_id": message.provider_id, "our_number": self.number,
            "legal_entity": self.setup.name, "ruleset_version": current_rules().version, **more,
        }  # fmt: skip
        event = Event(person, kind, message.created_at, how)
        self.events.append(event)
        return event

    def _opts_out(self, person: Person, at: datetime) -> None:
        message = self._message(person, at, "in", "STOP", "contact", person.contact.name)
        person.contact.opted_out_at = at
        person.lasting = None
        self._said(person, message, "opt_out", matched="stop", matched_by="per_se")

    def _answers(self, person: Person, at: datetime) -> None:
        theirs, ours, thanks = self.random.choice(THREADS[self.playbook])
        at += timedelta(minutes=self.random.randint(1, 25))
        message = self._message(person, at, "in", theirs, "contact", person.contact.name)
        if person.lasting is None:
            person.lasting = self._said(
                person, message, "consent", level=EXPRESS_TEXT, scope="conversation",
                matched_by="text",
            )  # fmt: skip
        recent = at > self.now - timedelta(hours=20)
        if not ours or (recent and self.random.random() < 0.6):
            return
        at += timedelta(minutes=self.random.randint(2, 40))
        body, answer = ask(self.setup, person, ours, "person", Occasion(), at)
        if not answer.clearance.may_send:
            return
        message = self._message(person, at, "out", body, "person", MEMBERS[self.playbook])
        message.clearances = [answer.entry]
        person.lasting.relied.append(answer.entry)
        person.person_wrote = at
        if thanks:
            at += timedelta(minutes=self.random.randint(1, 15))
            self._message(person, at, "in", thanks, "contact", person.contact.name)
            if at < self.now - timedelta(hours=20):
                person.conversation.unread = 0

    def _message(
        self, person: Person, at: datetime, direction: str, body: str, author: str, name: str
    ) -> Message:
        at = min(at, self.now - timedelta(seconds=30))
        size = measure(body)
        message = Message(
            id=new_id(),
            direction=direction,
            author=author,
            author_name=name,
            body=body,
            status="received" if direction == "in" else "delivered",
            segments=size.segments,
            encoding=size.encoding,
            our_number=self.number,
            their_number=person.contact.phone,
            provider="simulator",
            provider_id=f"SM{self.random.getrandbits(128):032x}",
            created_at=at,
            sent_at=at if direction == "out" else None,
            delivered_at=at + timedelta(seconds=2) if direction == "out" else None,
        )
        message.conversation = person.conversation
        if direction == "in":
            person.last_inbound = at
        self.messages.append(message)
        if author == "person":
            person.conversation.unread = 0
        self._touch(person, at, body, direction, 1 if direction == "in" else 0)
        return message

    def _touch(self, person: Person, at: datetime, line: str, direction: str, unread: int) -> None:
        conversation = person.conversation
        if conversation.last_line == "" or at >= conversation.last_at:
            conversation.last_at, conversation.last_line = at, line[:200]
            conversation.last_direction = direction
        conversation.unread += unread
        if at < self.now - timedelta(hours=80) or (
            direction == "out" and self.random.random() < 0.2
        ):
            conversation.unread = 0  # somebody looked since then
        person.contact.created_at = min(person.contact.created_at, at) if person.known else at

    def save(self) -> dict[str, int]:
        """Write everything in bulk, in the current business; returns how many of each."""
        used = [person for person in self.people if person.conversation.last_line]
        for person in used:
            contact = person.contact
            contact.last_text_back_at, contact.introduced_at = (
                person.last_text_back, person.introduced,
            )  # fmt: skip
            contact.last_person_text_at, contact.last_inbound_at = (
                person.person_wrote, person.last_inbound,
            )  # fmt: skip
        Contact.objects.bulk_create([person.contact for person in used])
        for person in used:
            person.conversation.contact = person.contact
        Conversation.objects.bulk_create([person.conversation for person in used])
        _renew(self.calls, "contact")
        Call.objects.bulk_create(self.calls)
        for message, call in self.text_backs:
            message.call = call.pk
        for refusal, call, _ in self.refusals:
            refusal.call = call.pk
        # The ledger is told in order; what the gate answered then names its row.
        for event in sorted(self.events, key=lambda each: each.at):
            row = consent.record(event.person.contact, event.kind, at=event.at, **event.how)
            for entry in event.relied:
                entry["consent_event"] = row
        _renew(self.messages, "conversation")
        Message.objects.bulk_create(self.messages)
        for refusal, _, answer in self.refusals:
            _renew([refusal], "contact")
            refusal.save(force_insert=True)
            if refusal.at > self.now - timedelta(days=1):
                tell(answer.clearance, refusal.contact.phone, refusal.at, refusal.contact)
        return {"calls": len(self.calls), "texts": len(self.messages), "people": len(used)}


def _renew(rows: list[Any], name: str) -> None:
    """Give rows the keys their parents got when those were written."""
    for row in rows:
        setattr(row, name, getattr(row, name))
