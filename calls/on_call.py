"""Tells the staff of an emergency that nobody took, and is silent again when somebody had."""

from __future__ import annotations

from datetime import datetime

from calls import emergencies
from calls.models import Call
from calls.outcome import merge
from messaging.alerts import raise_alert, resolve
from messaging.models import Contact
from messaging.numbers import national, normalise

_TOLD = "emergency_told"  # the fact of a call that the staff was told of it


def alert_if_unanswered(call: Call, contact: Contact | None, *, ended: bool, now: datetime) -> None:
    """Raise the alert once for a call that asked for the one on call and did not reach him.

    A pressed 1 that is reported late settles it. Whoever asks saves the call. ended: whether the
    caller has hung up; now: aware.
    """
    if call.facts.get(_TOLD):
        if emergencies.was_answered(call.facts)[0]:
            resolve(emergencies.ALERT, str(call.pk), by="the person on call", at=now)
        return
    if not emergencies.went_unanswered(call.facts, ended=ended):
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
