"""Thirty days of plausible history for a demo business, decided by the very rules that decide live."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from calls.decision import Facts, decide
from calls.hours import in_words, is_open, next_opening
from calls.models import Call
from calls.outcome import Outcome
from calls.setup import Setup
from inbox.demo_scripts import AREAS, MEMBERS, NAMES, THREADS
from messaging import consent
from messaging import text as templates
from messaging.models import Contact, Conversation, Message
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


@dataclass(slots=True)
class _Person:
    contact: Contact
    conversation: Conversation
    last_text_back: datetime | None = None
    person_wrote: datetime | None = None
    known: bool = False


class History:
    """Builds the rows of one business; `save` writes them in bulk. Seeded, so always the same shape."""

    def __init__(self, setup: Setup, playbook: str, number: str, now: datetime) -> None:
        self.setup, self.playbook, self.number, self.now = setup, playbook, number, now
        self.random = random.Random(f"ringback {playbook}")
        self.calls: list[Call] = []
        self.messages: list[Message] = []
        self.opt_outs: list[tuple[_Person, Message]] = []
        self.people = self._people()

    def _people(self) -> list[_Person]:
        names = self.random.sample(NAMES, k=len(NAMES))
        people = []
        for position in range(34):
            area = self.random.choice(AREAS[self.playbook])
            born = self.now - timedelta(days=DAYS)
            contact = Contact(
                phone=f"+1{area}555{1200 + position * 7:04d}",
                name=names[position] if position < 18 else "",
                created_at=born,
            )
            conversation = Conversation(last_at=born, created_at=born, unread=0)
            people.append(_Person(contact, conversation))
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
            self._call(self.random.choice(self.people), at)

    def _call(self, person: _Person, at: datetime) -> None:
        kind, because, _ = self.random.choices(_ENDS, weights=[end[2] for end in _ENDS])[0]
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
            ring_seconds=ring,
            talk_seconds=talk,
            is_open=is_open(self.setup.week, at),
            is_known=person.known,
            is_ignored=False,
            opted_out=person.contact.opted_out_at is not None,
            number_problem="",
            last_text_back_at=person.last_text_back,
            person_wrote_at=person.person_wrote,
        )
        decision = decide(facts, self.setup.rule, ended)
        call.decision, call.decision_reason, call.decided_at = decision.action, decision.code, ended
        call.receipt = decision.receipt(self.setup.rule, ended)
        self.calls.append(call)
        person.known = True
        line = {"answered": "Call answered", "voicemail": "Missed call, voicemail left"}.get(
            kind, "Missed call"
        )
        shown = ("call", 0) if kind == "answered" else ("miss", 1)
        self._touch(person, at, line, *shown)
        if decision.action == "send":
            self._text_back(person, call, decision.template, ended + timedelta(seconds=1))

    def _text_back(self, person: _Person, call: Call, template: str, at: datetime) -> None:
        body = templates.render(
            self.setup.templates[template],
            {
                "business": self.setup.name,
                "phone": self.number,
                "next_open": in_words(next_opening(self.setup.week, at), at),
            },
        )
        message = self._message(
            person, at, "out", body, "rule", self.setup.rule.name if self.setup.rule else ""
        )
        message.delivered_at = at + timedelta(seconds=2)
        self.callbacks = getattr(self, "callbacks", [])
        self.callbacks.append((message, call))
        person.last_text_back = at
        if self.random.random() < 0.06:
            self._opts_out(person, at + timedelta(minutes=3))
        elif self.random.random() < 0.62:
            self._answers(person, at)

    def _opts_out(self, person: _Person, at: datetime) -> None:
        message = self._message(person, at, "in", "STOP", "contact", person.contact.name)
        person.contact.opted_out_at = at
        self.opt_outs.append((person, message))

    def _answers(self, person: _Person, at: datetime) -> None:
        theirs, ours, thanks = self.random.choice(THREADS[self.playbook])
        at += timedelta(minutes=self.random.randint(1, 25))
        self._message(person, at, "in", theirs, "contact", person.contact.name)
        recent = at > self.now - timedelta(hours=20)
        if not ours or (recent and self.random.random() < 0.6):
            return
        at += timedelta(minutes=self.random.randint(2, 40))
        self._message(person, at, "out", ours, "person", MEMBERS[self.playbook])
        person.person_wrote = at
        if thanks:
            at += timedelta(minutes=self.random.randint(1, 15))
            self._message(person, at, "in", thanks, "contact", person.contact.name)
            if at < self.now - timedelta(hours=20):
                person.conversation.unread = 0

    def _message(
        self, person: _Person, at: datetime, direction: str, body: str, author: str, name: str
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
        self.messages.append(message)
        if author == "person":
            person.conversation.unread = 0
        self._touch(person, at, body, direction, 1 if direction == "in" else 0)
        return message

    def _touch(self, person: _Person, at: datetime, line: str, direction: str, unread: int) -> None:
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
        Contact.objects.bulk_create([person.contact for person in used])
        for person in used:
            person.conversation.contact = person.contact
        Conversation.objects.bulk_create([person.conversation for person in used])
        _renew(self.calls, "contact")
        Call.objects.bulk_create(self.calls)
        for message, call in getattr(self, "callbacks", []):
            message.call = call.pk
        _renew(self.messages, "conversation")
        Message.objects.bulk_create(self.messages)
        for person, message in self.opt_outs:
            consent.record(
                person.contact,
                "opt_out",
                at=message.created_at,
                channel="sms",
                raw_text=message.body,
                matched="stop",
                matched_by="per_se",
                provider="simulator",
                provider_id=message.provider_id or "",
                our_number=self.number,
                legal_entity=self.setup.name,
            )
        return {"calls": len(self.calls), "texts": len(self.messages), "people": len(used)}


def _renew(rows: list[Any], name: str) -> None:
    """Give rows the keys their parents got when those were written."""
    for row in rows:
        setattr(row, name, getattr(row, name))
