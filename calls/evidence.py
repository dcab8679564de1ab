"""The calls' part in an evidence export (settings.EVIDENCE_SOURCES): what became of each and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calls.consented import Heard, heard
from calls.models import Call
from messaging.evidence.entries import CALL, About, Entry, Record, exactly, stamp, stamped
from messaging.evidence.glossary import level_in_words

_BATCH = 500
_HEARD = {
    "disclosure": "Notice spoken", "prompt": "Offer spoken", "dtmf": "Key pressed",
    "heard_by": "Known by", "stir": "Caller's number",
}  # fmt: skip


def calls_of(about: About) -> Iterator[Record]:
    """Every call from this number in the period: times, outcome, why a text was sent or not
    question by question, and what the caller heard and pressed. One JSON object a line.

    A messaging.evidence.entries.Source.
    """
    found = Call.objects.filter(contact__in=about.contacts, started_at__lt=about.period.end)
    if about.period.start:
        found = found.filter(started_at__gte=about.period.start)
    for call in found.order_by("started_at", "pk").iterator(chunk_size=_BATCH):
        allowed = heard(call.facts, ended=call.ended_at is not None)
        line = {
            "kind": "call",
            "id": call.pk,
            "at": stamp(call.started_at),
            "caller": call.caller,
            "our_number": call.our_number,
            "ended_at": stamp(call.ended_at),
            "outcome": call.outcome,
            "missed_because": call.missed_because,
            "ring_seconds": call.ring_seconds,
            "talk_seconds": call.talk_seconds,
            "voicemail_seconds": call.voicemail_seconds,
            "voicemail_url": call.voicemail_url,
            "decision": call.decision,
            "decision_reason": call.decision_reason,
            "decided_at": stamp(call.decided_at),
            "receipt": _receipt(call.receipt),
            "consent": {
                "level": allowed.level,
                "level_means": level_in_words(allowed.level),
                "channel": allowed.channel,
                "evidence": {name: stamped(v) for name, v in allowed.evidence.items()},
            },
            "provider": call.provider,
            "provider_id": call.provider_id,
        }
        yield Record(line, _entry(call, allowed), ((call.provider, call.provider_id),))


def _receipt(receipt: dict[str, Any] | None) -> dict[str, Any] | None:
    if receipt is None:
        return None
    times = ("decided_at", "due_at", "expires_at")
    return {name: stamped(v) if name in times else v for name, v in receipt.items()}


def _entry(call: Call, allowed: Heard) -> Entry:
    lines: list[tuple[str, str]] = []
    lasted = [f"ended {exactly(call.ended_at)}"] if call.ended_at else []
    for seconds, what in (
        (call.ring_seconds, "rang {} s"),
        (call.talk_seconds, "talked {} s"),
        (call.voicemail_seconds, "left a voicemail of {} s"),
    ):
        if seconds is not None:
            lasted.append(what.format(seconds))
    if lasted:
        lines.append(("Call", "; ".join(lasted)))
    receipt = call.receipt or {}
    if receipt.get("sentence"):
        lines.append(("Decision", f"{receipt['sentence']} [{receipt.get('code', '')}]"))
    for question in receipt.get("questions") or []:
        answer = f"{question.get('asked', '')} {question.get('answer', '')}"
        lines.append(("Asked", f"{answer} ({question.get('input', '')})"))
    lines.append(("Consent", f"this call by itself: level {level_in_words(allowed.level)}"))
    lines += [
        (label, allowed.evidence[name])
        for name, label in _HEARD.items()
        if allowed.evidence.get(name)
    ]
    lines.append(("Provider's id", f"{call.provider} {call.provider_id}"))
    because = f": {call.get_missed_because_display().lower()}" if call.missed_because else ""
    title = f"Call {call.get_outcome_display().lower()}{because}"
    return Entry(call.started_at, CALL, title, "The person called", "", tuple(lines))
