"""The calls' part in erasing a person: caller, voicemail, its words and whatever carries the number go.

compliance.md R-PRIV-1. Times, outcome and decision stay.
"""

from __future__ import annotations

from collections import Counter

from calls import voicemails
from calls.models import Call, ForwardingCheck, TestCall
from messaging.erasure import ErasureRefused
from messaging.forgetting import Person

_REWRITTEN = ["caller", "voicemail_url", "recording", "transcript", "facts", "receipt"]


def erase(person: Person) -> Counter[str]:
    """Take the person out of his calls and their webhooks (settings.ERASURE_HANDLERS).

    Runs in the transaction that holds the contact's lock; may run again on a later look. Raises
    ErasureRefused while a call is going on: its next report would bring the number back.
    """
    counts: Counter[str] = Counter()
    providers: dict[str, list[str]] = {}
    calls = Call.objects.filter(contact=person.contact_id).order_by("pk")
    for call in calls.select_for_update():
        if person.phone and call.outcome == Call.Outcome.IN_PROGRESS:
            raise ErasureRefused("contact", "a call of this person is going on; try again shortly")
        providers.setdefault(call.provider, []).append(call.provider_id)
        was = [getattr(call, name) for name in _REWRITTEN]
        if call.voicemail_url or call.recording:
            voicemails.to_forget(call.pk, call.voicemail_url, person.business_id, person.at)
        call.caller = person.placeholder if call.caller else ""
        call.voicemail_url = call.recording = call.transcript = ""
        call.facts, call.receipt = person.who.value(call.facts), person.who.value(call.receipt)
        if was != [getattr(call, name) for name in _REWRITTEN]:
            call.save(update_fields=_REWRITTEN)
            counts["calls"] += 1
    voicemails.note_unheard(person.contact_id)
    if person.phone:
        counts["tries"] += _forget_tries(person)
    for provider, subjects in providers.items():
        counts["webhooks"] += person.forget_webhooks(provider, subjects)
    return counts


def _forget_tries(person: Person) -> int:
    """Take the person out of looks and test calls that name his number; returns how many."""
    changed = 0
    for check in ForwardingCheck.objects.all():
        was = (check.caller, check.detail)
        caller = "" if check.caller == person.phone else check.caller
        check.caller, check.detail = caller, person.who.value(check.detail)
        if was != (check.caller, check.detail):
            check.save(update_fields=["caller", "detail"])
            changed += 1
    for test in TestCall.objects.filter(caller=person.phone):
        test.caller, test.steps = person.placeholder[:16], person.who.value(test.steps)
        test.sentence = person.who.value(test.sentence)
        test.save(update_fields=["caller", "steps", "sentence"])
        changed += 1
    return changed
