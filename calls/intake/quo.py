"""Quo, formerly OpenPhone: call events of its webhooks, of both generations. Pure.

Source: quo.com/docs, "Webhook payload reference" (call.ringing, call.completed: data.object) and
"Webhook event payloads" of 2026-03-30 (adds call.answered, call.missed, call.voicemail.completed).
Proof: Standard Webhooks headers, or the older openphone-signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from calls.intake.events import BadReport, CallReport, Fields, Read, Skipped, checked_times

_DIRECTIONS = {"incoming": "inbound", "inbound": "inbound", "outgoing": "outbound", "outbound": "outbound"}  # fmt: skip
_KINDS = {
    "call.ringing": "ringing",
    "call.answered": "answered",
    "call.completed": "ended",
    "call.missed": "ended",
    "call.voicemail.completed": "ended",
}
_STATUSES = {
    "busy": "busy",
    "failed": "unreachable",
    "canceled": "caller_hung_up",
    "abandoned": "caller_hung_up",
}


def read(raw: Mapping[str, Any], now: datetime, message_id: str = "") -> Read:
    """Return the report of an event. Raises BadReport naming the field."""
    fields = Fields(raw)
    event_id = fields.text("id", required=True)
    event = fields.text("type", required=True)
    if event not in _KINDS:
        return Skipped(f"{event} tells nothing of how a call ended.", event_id)
    kind = _KINDS[event]
    call = _call(fields.inner("data"))
    direction = call.choice("direction", _DIRECTIONS)
    caller, called = _numbers(call, direction)
    started = call.moment("createdAt", required=True)
    answered = call.moment("answeredAt")
    ended = call.moment("completedAt") or fields.moment("createdAt")
    outcome = "answered" if kind == "answered" else ""
    if kind == "ended":
        outcome = _outcome(event, call, answered)
    talk = None
    if outcome == "answered" and answered and ended and kind == "ended":
        talk = max(0, int((ended - answered).total_seconds()))
    voicemail = call.raw.get("voicemail")
    seconds = (
        Fields(voicemail, call.named("voicemail")).seconds("duration")
        if isinstance(voicemail, dict)
        else None
    )
    report = CallReport(
        event_id=event_id,
        call_id=call.text("id") or call.text("conversationId", required=True),
        type=kind,
        direction=direction,
        caller=caller,
        called=called,
        outcome=outcome,
        started_at=started,
        answered_at=answered,
        ended_at=ended if kind == "ended" else None,
        talk_seconds=talk,
        voicemail_seconds=seconds,
    )
    return checked_times(
        report, now, started=call.named("createdAt"), ended=call.named("completedAt")
    )


def _call(data: Fields) -> Fields:
    """Return the call, by the names the two generations give it. Raises BadReport."""
    for name in ("object", "resource", "call"):
        if isinstance(data.raw.get(name), dict):
            return data.inner(name)
    raise BadReport(data.named("object"), "Expected the call as an object.", "required")


def _numbers(call: Fields, direction: str) -> tuple[str, str]:
    """Return caller and called number: from and to, or the participants, the outside party first."""
    caller, called = call.text("from", longest=80), call.text("to", longest=80)
    people = call.raw.get("participants")
    if not caller and isinstance(people, list):
        given = Fields({str(n): v for n, v in enumerate(people[:2])}, call.named("participants"))
        outside, ours = given.text("0", longest=80), given.text("1", longest=80)
        caller, called = (outside, ours) if direction == "inbound" else (ours, outside)
    return caller, called


def _outcome(event: str, call: Fields, answered: datetime | None) -> str:
    if event == "call.voicemail.completed" or call.raw.get("voicemail"):
        return "voicemail"
    if answered is not None and event != "call.missed":
        return "answered"
    return _STATUSES.get(call.text("status").lower(), "no_answer")
