"""Tells the staff of an emergency that nobody took."""

from __future__ import annotations

from datetime import datetime

from calls import emergencies
from calls.models import Call
from calls.outcome import merge
from messaging.alerts import raise_alert
from messaging.models import Contact
from messaging.numbers import national, normalise

_TOLD = "emergency_told"  # the fact of a call that the staff was told of it


def alert_if_unanswered(call: Call, contact: Contact | None, *, ended: bool, now: datetime) -> None:
    """Raise the alert once for a call that asked for the one on call and did not reach him.

    Whoever asks saves the call. ended: whether the caller has hung up; now: aware.
    """
    if call.facts.get(_TOLD) or not emergencies.went_unanswered(call.facts, ended=ended):
        return
    call.facts = merge(call.facts, {_TOLD: True})
    number = normalise(call.caller)
    who = national(number) if number else "Somebody whose number is withheld"
    raise_alert(
        emergencies.ALERT,
        f"{who} pressed the emergency key and the person on call did not take the call.",
        fix="Phone them now." if number else "Listen to the voicemail, if they left one.",
        subject=str(call.pk),
        contact=contact,
        at=now,
    )
