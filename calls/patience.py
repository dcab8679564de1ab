"""When a text-back waits for the caller: until the call has proven enough, or can prove no more.

Pure but for the rows it looks at. compliance.md 1.2 and 8, row 24a; the gate itself asks again
(messaging/gate/calls.py), so what is not waited for is refused there, never let through here.
"""

from __future__ import annotations

from calls.consented import heard, must_wait
from calls.models import Call
from calls.outcome import Outcome
from calls.setup import Setup
from messaging import places
from messaging.clearance import NOTICE_CALL
from messaging.gate.calls import perhaps_in_washington
from messaging.models import Contact
from messaging.numbers import normalise, textable


def needed_level(setup: Setup, call: Call) -> int:
    """Return the least step of the consent ladder a text-back to this caller needs."""
    needed = setup.policy.level_needed
    caller = places.of_number(normalise(call.caller))
    if perhaps_in_washington(caller) and setup.policy.washington_needs_notice:
        needed = max(needed, NOTICE_CALL)
    return needed


def waits(call: Call, contact: Contact | None, outcome: Outcome, setup: Setup) -> bool:
    """Whether a text-back to a missed call must not be decided yet.

    Somebody who allowed enough for good need not hear our greeting out first.
    """
    if contact is None or textable(call.caller).problem:
        return False  # there is nobody to text, whatever he hears
    needed = needed_level(setup, call)
    if contact.consent_level >= needed:
        return False
    return must_wait(heard(call.facts, ended=outcome.ended), needed)


def came_late(call: Call, setup: Setup) -> bool:
    """Whether a text-back was refused for want of proof that has come since, out of order."""
    if call.decision_reason != "CONSENT_LEVEL_TOO_LOW":
        return False
    return heard(call.facts, ended=True).level >= needed_level(setup, call)
