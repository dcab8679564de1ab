"""When a text-back waits for the caller: until the call has proven enough, or can prove no more.

Pure but for the rows it looks at. compliance.md 1.2 and 8, row 24a; the gate itself asks again
(messaging/gate/calls.py), so what is not waited for is refused there, never let through here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from calls import emergencies
from calls.consented import heard, must_wait
from calls.models import Call
from calls.outcome import Outcome, merge
from calls.setup import Setup
from messaging.clearance import NOTICE_CALL
from messaging.clearing import Occasion, Person, standing_of
from messaging.gate.calls import perhaps_in_washington
from messaging.models import Contact
from messaging.numbers import textable
from messaging.places import Candidates, resolve
from tenants.models import EventState, ProviderEvent

# A call to the greeting whose end nobody reported is over after the longest voicemail.
LONGEST_GREETING = timedelta(seconds=180)
_TOO_LOW = "CONSENT_LEVEL_TOO_LOW"
_REFUSED_LEVEL = "refused_level"  # the fact of a call that it was refused with this level


def needed_level(setup: Setup, our_number: str, contact: Contact, now: datetime) -> int:
    """Return the least step of the consent ladder a text-back to this caller needs at `now` (aware).

    our_number: the line that was called, which may want more than the business does.
    """
    needed = setup.policy_of(our_number).level_needed
    if setup.policy.washington_needs_notice and perhaps_in_washington(_places(contact, now)):
        needed = max(needed, NOTICE_CALL)
    return needed


def waits(
    call: Call, contact: Contact | None, outcome: Outcome, setup: Setup, now: datetime
) -> bool:
    """Whether a text-back to a missed call must not be decided yet.

    Somebody who allowed enough for good need not hear our greeting out first.
    """
    if contact is None or textable(call.caller).problem:
        return False  # there is nobody to text, whatever he hears
    needed = needed_level(setup, call.our_number, contact, now)
    if contact.consent_level >= needed:
        return False
    return must_wait(heard(call.facts, ended=outcome.ended), needed)


def put_through_until(call: Call, outcome: Outcome) -> datetime | None:
    """Return until when a missed call is not decided: its caller may yet reach the one on call.

    None where he cannot. "Sorry we missed you" is wrong for somebody who is being put through.
    """
    if not emergencies.was_offered(call.facts):
        return None
    if not emergencies.may_come(call.facts, ended=outcome.ended) and not _unread(call):
        return None
    rang_out = call.facts.get("first_ring_end_at")
    began = datetime.fromisoformat(rang_out) if rang_out else call.started_at
    return began + LONGEST_GREETING


def came_late(call: Call, contact: Contact | None, setup: Setup, now: datetime) -> bool:
    """Whether a text-back was refused for want of proof that has come since, out of order.

    Only more proof than was refused asks again: one call is refused and told of once.
    """
    if contact is None or call.decision_reason != _TOO_LOW:
        return False
    level = heard(call.facts, ended=True).level
    refused = int(call.facts.get(_REFUSED_LEVEL) or 0)
    return level > refused and level >= needed_level(setup, call.our_number, contact, now)


def remember(call: Call) -> None:
    """Keep with the call the level its text-back was refused with, if it was; whoever asks saves it."""
    if call.decision_reason == _TOO_LOW:
        level = heard(call.facts, ended=True).level
        call.facts = merge(call.facts, {_REFUSED_LEVEL: level})


def _unread(call: Call) -> bool:
    """Whether a report of a pressed key or of the one on call is stored and not read yet."""
    return ProviderEvent.objects.filter(
        subject=call.provider_id, provider=call.provider, state=EventState.STORED,
        kind__in=emergencies.KINDS,
    ).exists()  # fmt: skip


def _places(contact: Contact, now: datetime) -> Candidates:
    """Return where the gate will take the person to be: what is known of them beats the area code."""
    known = standing_of(Person.of(contact), Occasion())
    return resolve(
        textable(contact.phone).e164,
        stated=known.stated,
        verified=known.verified,
        verified_at=known.verified_at,
        marketing=False,
        now=now,
    )
