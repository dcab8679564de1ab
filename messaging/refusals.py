"""Texts that were wanted and kept back before they were queued: kept, so that "why not" has an answer."""

from __future__ import annotations

from datetime import datetime

from messaging import clearing
from messaging.alerts import tell
from messaging.clearance import PURPOSES, Policy
from messaging.clearing import Line, Occasion, Person, Wanted
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact, Refusal
from messaging.outbox import Draft, NotAllowed


def called_though_opted_out(
    contact: Contact, call_id: int, policy: Policy, own_numbers: frozenset[str], now: datetime
) -> None:
    """Somebody who opted out called and was missed: no text, and the staff should phone back (row 8)."""
    wanted = Wanted(
        contact.phone, "", "rule", "C1", Occasion(purpose="text_back", asked_at=now), None, now
    )
    person = Person.of(contact)
    answer = clearing.ask(wanted, person, Line(own_numbers), policy, current_rules(), now)
    tell(answer.clearance, contact.phone, now, contact)
    Refusal.objects.create(
        contact=contact,
        author="rule",
        purpose="text_back",
        call=call_id,
        code=answer.clearance.code,
        clearance=answer.entry | {"category": "C1"},
        at=now,
    )


def keep_refusal(contact: Contact, draft: Draft, refused: NotAllowed, now: datetime) -> Refusal:
    """Write down in the caller's transaction what was refused and why, and alert where it matters."""
    tell(refused.clearance, contact.phone, now, contact)
    purpose = draft.occasion.purpose
    return Refusal.objects.create(
        contact=contact,
        author=draft.author,
        author_name=draft.author_name[:120],
        purpose=purpose,
        call=draft.call,
        body=draft.body,
        code=refused.clearance.code,
        clearance=refused.answer.entry | {"category": draft.category or PURPOSES[purpose]},
        at=now,
    )
