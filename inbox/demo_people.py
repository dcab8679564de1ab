"""The people of the demo's history: what the ledger and the gate know of each at every point of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from calls.setup import Setup
from messaging import clearing
from messaging.clearance import EXPRESS_TEXT, PURPOSES
from messaging.clearing import Answer, Line, Occasion, Wanted
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact, Conversation


@dataclass(slots=True)
class Event:
    """A row of the ledger to come, and the gate's answers that rely on it."""

    person: Person
    kind: str
    at: datetime
    how: dict[str, Any]
    relied: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """One of them, as the history goes on."""

    contact: Contact
    conversation: Conversation
    last_text_back: datetime | None = None
    person_wrote: datetime | None = None
    known: bool = False
    last_inbound: datetime | None = None
    introduced: datetime | None = None
    lasting: Event | None = None

    def facts(self) -> clearing.Person:
        """Return what the gate knows of this person at this point of the history."""
        contact, lasting = self.contact, self.lasting
        return clearing.Person(
            opted_out_at=contact.opted_out_at, untextable_at=None, paused_until=None,
            consent_level=EXPRESS_TEXT if lasting else 0, consent_event=None,
            consent_at=lasting.at if lasting else None, last_text_back_at=self.last_text_back,
            last_inbound_at=self.last_inbound, last_person_text_at=None,
            introduced_at=self.introduced, state="", zone="",
            place_source="", place_at=None,
        )  # fmt: skip


def ask(
    setup: Setup, person: Person, body: str, author: str, occasion: Occasion, at: datetime
) -> tuple[str, Answer]:
    """Ask the gate itself about a text of that moment (`at`, aware); returns it as it would leave."""
    is_new = person.introduced is None and person.last_inbound is None
    wanted = Wanted(
        person.contact.phone, body, author, PURPOSES[occasion.purpose], occasion,
        at + timedelta(hours=12), at, is_first=occasion.purpose == "text_back" or is_new,
    )  # fmt: skip
    wanted = replace(wanted, body=clearing.completed(wanted, setup.policy))
    line = Line(setup.own_numbers)
    answer = clearing.ask(wanted, person.facts(), line, setup.policy, current_rules(), at)
    answer.entry["occasion"] = occasion.as_dict()
    return wanted.body, answer
