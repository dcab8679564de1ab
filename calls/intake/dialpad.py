"""Dialpad: call events of a subscription. Pure.

Source: developers.dialpad.com, "Call Events": one flat object a state; times are Unix milliseconds;
one call may be several legs with ids of their own, which name the leg the caller came in by
(entry_point_call_id) or the leg they belong to (master_call_id). Proof: the body is a JWT (HS256).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from calls.intake.events import CallReport, Fields, Read, Skipped, checked_times

_DIRECTIONS = {"inbound": "inbound", "outbound": "outbound"}
_RINGING = frozenset({"calling", "ringing", "preanswer", "queued", "hold", "parked"})
_VOICEMAIL = frozenset({"voicemail", "voicemail_uploaded"})


def read(raw: Mapping[str, Any], now: datetime, message_id: str = "") -> Read:
    """Return the report of an event. Raises BadReport naming the field."""
    fields = Fields(raw)
    state = fields.text("state", required=True).lower()
    leg = fields.text("call_id", required=True)
    if state not in _RINGING | _VOICEMAIL | {"connected", "hangup", "missed"}:
        return Skipped(f"The state {state} tells nothing of how a call ended.")
    if fields.raw.get("is_internal") is True:
        return Skipped("A call between colleagues.")
    if state == "missed" and fields.text("entry_point_call_id"):
        return Skipped(
            "One colleague did not answer; the call itself goes on, its end comes by itself."
        )
    connected = fields.moment("date_connected", unit=0.001)
    stamp = fields.moment("event_timestamp", required=True, unit=0.001)
    started = fields.moment("date_started", unit=0.001) or stamp
    ended = fields.moment("date_ended", unit=0.001) or stamp
    kind, outcome = "ringing", ""
    if state == "connected":
        kind, outcome, connected = "answered", "answered", connected or stamp
    elif state in _VOICEMAIL or (state == "hangup" and fields.raw.get("voicemail_link")):
        kind, outcome = "ended", "voicemail"
    elif state in ("hangup", "missed"):
        kind = "ended"
        outcome = (
            "answered" if connected else "no_answer" if _rang_out(fields) else "caller_hung_up"
        )
    talk = fields.seconds("talk_time", unit=0.001) if outcome == "answered" else None
    whole = fields.text("entry_point_call_id") or fields.text("master_call_id") or leg
    report = CallReport(
        event_id=f"{leg}:{state}:{fields.text('event_timestamp', longest=20)}",
        call_id=whole,
        type=kind,
        direction=fields.choice("direction", _DIRECTIONS),
        caller=fields.text("external_number", longest=80),
        called=fields.text("internal_number", longest=80),
        outcome=outcome,
        started_at=started,
        answered_at=connected,
        ended_at=ended if kind == "ended" else None,
        talk_seconds=talk or None,
        leg="" if whole == leg else leg,
    )
    return checked_times(report, now, started="date_started", ended="date_ended")


def _rang_out(fields: Fields) -> bool:
    """Whether it was the system that gave up, not the caller, as far as its state says."""
    return fields.text("state").lower() == "missed" or bool(fields.raw.get("date_rang"))
