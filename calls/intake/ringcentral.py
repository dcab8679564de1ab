"""RingCentral: notifications of telephony sessions. Pure.

Source: developers.ringcentral.com, "Account Telephony Sessions Event", and the model of its SDKs
(TelephonySessionsEvent, CallStatusInfo). A notification tells of the parties that changed; we act on
the caller's party, the one with direction Inbound.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from calls.intake.events import CallReport, Fields, Read, Skipped, checked_times

_STATUS = {
    word.lower(): word
    for word in (
        "Setup", "Proceeding", "Answered", "Disconnected", "Gone", "Parked", "Hold", "VoiceMail",
        "FaxReceive", "Tds", "VoiceMailScreening",
    )
}  # fmt: skip
_DIRECTIONS = {"inbound": "inbound", "outbound": "outbound"}
# Why a party was disconnected, where it was not the call that ended but a leg that went elsewhere.
_MOVED = frozenset(
    {
        "pickup", "supervising", "takeover", "blindtransfer", "rcctransfer", "attendedtransfer",
        "callerinputredirect", "callflip", "parklocation", "dtmftransfer", "agentanswered",
        "callpark", "callredirected", "callswitch",
    }
)  # fmt: skip
_MISSED = {
    "noanswer": "no_answer",
    "timeout": "no_answer",
    "targetbusy": "busy",
    "rejected": "declined",
    "cancelled": "caller_hung_up",
    "invalidnumber": "unreachable",
    "nosuchuser": "unreachable",
    "internalerror": "unreachable",
}


def read(raw: Mapping[str, Any], now: datetime, message_id: str = "") -> Read:
    """Return the report of a notification. Raises BadReport naming the field."""
    fields = Fields(raw)
    event_id = fields.text("uuid", required=True)
    if "/telephony/sessions" not in fields.text("event", longest=500):
        return Skipped(
            "Not about a call (RingCentral sends notices of the subscription too).", event_id
        )
    body = fields.inner("body")
    parties = body.raw.get("parties")
    inner = [p for p in parties if isinstance(p, dict)] if isinstance(parties, list) else []
    if not inner:
        return Skipped("It names no party of the call.", event_id)
    inbound = [p for p in inner if str(p.get("direction", "")).lower() == "inbound"]
    party = Fields((inbound or inner)[0], body.named("parties[0]"))
    status = party.inner("status")
    code = status.choice("code", _STATUS)
    reason = status.text("reason").lower()
    at = fields.moment("timestamp", required=True)
    assert at is not None
    started = body.moment("eventTime") or at
    outcome, kind = "", "ringing"
    if code == "Answered":
        outcome, kind = "answered", "answered"
    elif code == "VoiceMail":
        outcome, kind = "voicemail", "ended"
    elif code == "Disconnected":
        if reason in _MOVED:
            return Skipped("The call went on to somebody else; its end comes by itself.", event_id)
        missed = party.raw.get("missedCall") is True or reason in _MISSED
        kind, outcome = "ended", _MISSED.get(reason, "no_answer") if missed else "answered"
        if not missed and reason not in ("", "callfinished", "calldropped", "callreplied"):
            return Skipped(
                f"Disconnected because of {reason}, which tells nothing of an answer.", event_id
            )
    report = CallReport(
        event_id=event_id,
        call_id=body.text("telephonySessionId", required=True),
        type=kind,
        direction=party.choice("direction", _DIRECTIONS),
        caller=party.inner("from", required=False).text("phoneNumber", longest=80),
        called=party.inner("to", required=False).text("phoneNumber", longest=80),
        outcome=outcome,
        started_at=min(started, at),
        answered_at=at if kind == "answered" else None,
        ended_at=at if kind == "ended" else None,
        # The page says eventTime is the call's start; where it is the event's own time, we know none.
        started_known=at - started >= timedelta(seconds=2),
        # Each phone is a party with an end of its own; the voicemail takes the call itself.
        leg="" if code == "VoiceMail" else party.text("id") or "party",
    )
    return checked_times(report, now, started="body.eventTime", ended="timestamp")
