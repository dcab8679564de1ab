"""What the gate would answer to a text just now, or at a later hour, before anybody sends it.

It asks the very gate with what is known of the person, takes no lock and writes nothing: the answer
that counts is the one under the person's lock, when the text is queued and when it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from messaging import clearing
from messaging.clearance import Clearance
from messaging.clearing import Line, Person
from messaging.jurisdictions import current as current_rules
from messaging.marks import mark_here
from messaging.models import Contact, ErasedPerson
from messaging.outbox import Draft, Sender, wanted_of
from messaging.segments import Size, measure

# Asked about while nothing is written yet: words no rule minds.
_NOTHING_YET = "Hello"


@dataclass(frozen=True, slots=True)
class Foretold:
    """The gate's answer. body: as it would leave, with what is added to a first text; size: of that.

    entry: the answer as it would be kept (clearing.Answer); at: the hour it was asked about (aware).
    """

    clearance: Clearance
    entry: dict[str, Any]
    body: str
    size: Size
    at: datetime
    is_first: bool


def foretell(
    contact: Contact, body: str, sender: Sender, now: datetime, *, author: str = "person",
    at: datetime | None = None, purpose: str = "manual", category: str = "",
) -> Foretold:  # fmt: skip
    """Ask the gate about a text of a member. Never raises for what the text says.

    contact: may be one that is not stored (`stranger`); body: '' asks about the person alone;
    at: the hour it is to leave, None for at once; category: '' for the purpose's own. Times are aware.
    """
    draft = Draft(
        body.strip() or _NOTHING_YET, author, category=category, occasion=clearing.Occasion(purpose=purpose),
        send_after=at, is_chosen=at is not None,
    )  # fmt: skip
    wanted = wanted_of(contact, draft, now)
    wanted = replace(wanted, body=clearing.completed(wanted, sender.policy))
    line = Line(sender.own_numbers, sender.may_send, sender.use_case)
    asked_at = at or now
    answer = clearing.ask(
        wanted, Person.of(contact), line, sender.policy, current_rules(), asked_at
    )
    left = wanted.body if body.strip() else ""
    return Foretold(answer.clearance, answer.entry, left, measure(left), asked_at, wanted.is_first)


def stranger(phone: str, now: datetime) -> Contact:
    """Return somebody we have never dealt with, not stored; who opted out and was erased is out still."""
    gone = ErasedPerson.objects.filter(phone_mark=mark_here(phone)).first()
    return Contact(
        phone=phone, created_at=now, opted_out_at=gone.opted_out_at if gone is not None else None
    )
