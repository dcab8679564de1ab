"""Aircall: call events of its webhooks. Pure.

Source: developer.aircall.io, "Webhooks overview" and the Call object of its API reference: one
envelope {resource, event, timestamp, token, data}; times are Unix seconds; raw_digits is the outside
party's number, "anonymous" when withheld. Proof: the webhook's own token stands in the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from calls.intake.events import CallReport, Fields, Read, Skipped, checked_times

_DIRECTIONS = {"inbound": "inbound", "outbound": "outbound"}
_RINGING = frozenset({"call.created", "call.ringing_on_agent"})
# call.ended comes about half a minute after the end; call.hungup at once, with the same call.
_OVER = frozenset({"call.hungup", "call.ended", "call.voicemail_left"})
_REASONS = {
    "out_of_opening_hours": "no_answer",
    "no_available_agent": "no_answer",
    "agents_did_not_answer": "no_answer",
    "short_abandoned": "caller_hung_up",
    "abandoned_in_ivr": "caller_hung_up",
    "abandoned_in_classic": "caller_hung_up",
}


def read(raw: Mapping[str, Any], now: datetime, message_id: str = "") -> Read:
    """Return the report of an event. Raises BadReport naming the field."""
    fields = Fields(raw)
    event = fields.text("event", required=True)
    if event not in _RINGING | _OVER | {"call.answered"}:
        return Skipped(f"{event} tells nothing of how a call ended.")
    data = fields.inner("data")
    call_id = data.text("id", required=True)
    built_at = fields.text("timestamp", required=True, longest=20)
    started, answered = data.moment("started_at", required=True), data.moment("answered_at")
    ended = data.moment("ended_at")
    kind = "answered" if event == "call.answered" else "ended" if event in _OVER else "ringing"
    outcome = ""
    if kind == "answered":
        outcome = "answered"
        answered = answered or fields.moment("timestamp")
    if kind == "ended":
        ended = ended or fields.moment("timestamp")
        outcome = _outcome(event, data, answered)
    talk = None
    if outcome == "answered" and answered and ended:
        talk = max(0, int((ended - answered).total_seconds()))
    report = CallReport(
        # A tag or a comment changes nothing; the same event built again has another time.
        event_id=f"{event}:{call_id}:{built_at}",
        call_id=call_id,
        type=kind,
        direction=data.choice("direction", _DIRECTIONS),
        caller=data.text("raw_digits", longest=80),
        called=data.inner("number", required=False).text("digits", longest=80),
        outcome=outcome,
        started_at=started,
        answered_at=answered,
        ended_at=ended if kind == "ended" else None,
        talk_seconds=talk,
    )
    return checked_times(report, now, started="data.started_at", ended="data.ended_at")


def _outcome(event: str, data: Fields, answered: datetime | None) -> str:
    if event == "call.voicemail_left" or data.raw.get("voicemail"):
        return "voicemail"
    if answered is not None:
        return "answered"
    return _REASONS.get(data.text("missed_call_reason").lower(), "no_answer")
