"""Our own shape of a call event, for PBX scripts, Zapier, Make and CRMs (telephony.md 4.5). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from calls.intake.events import OUTCOMES, BadReport, CallReport, Fields, Read, checked_times
from messaging.numbers import normalise, textable

TYPES = {
    "call.ringing": "ringing",
    "call.answered": "answered",
    "call.missed": "ended",
    "call.ended": "ended",
    "test": "test",
}
_DIRECTIONS = {"inbound": "inbound", "incoming": "inbound", "outbound": "outbound", "outgoing": "outbound"}  # fmt: skip
_OUTCOMES = {outcome: outcome for outcome in OUTCOMES}
_NO_PHONE = re.compile(r"(sip|client|tel):\S+", re.IGNORECASE)


def read(raw: Mapping[str, Any], now: datetime, message_id: str = "") -> Read:
    """Return the report of a body in our shape. message_id: what the signature names the event.

    Raises BadReport naming the field.
    """
    fields = Fields(raw)
    event_id = fields.text("event_id", required=not message_id) or message_id
    kind = fields.choice("type", TYPES)
    if kind == "test":
        return CallReport(event_id, fields.text("call_id") or event_id, "test")
    call_id = fields.text("call_id", required=True)
    direction = fields.choice("direction", _DIRECTIONS, default="inbound")
    caller = _number(fields, "from", required=True)
    outcome = _outcome(fields, kind)
    started_at = fields.moment("started_at", required=True)
    answered_at, ended_at = fields.moment("answered_at"), fields.moment("ended_at")
    ring, talk = fields.seconds("ring_seconds"), fields.seconds("talk_seconds")
    voicemail = fields.seconds("voicemail_seconds")
    if kind == "ended" and ended_at is None:
        assert started_at is not None
        ended_at = started_at + timedelta(seconds=(ring or 0) + (talk or 0) + (voicemail or 0))
    report = CallReport(
        event_id=event_id,
        call_id=call_id,
        type=kind,
        direction=direction,
        caller=caller,
        called=_number(fields, "to"),
        line=_line(fields),
        outcome=outcome,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at if kind == "ended" else None,
        ring_seconds=ring,
        talk_seconds=talk,
        voicemail_seconds=voicemail,
    )
    return checked_times(report, now, started="started_at", ended="ended_at")


def _outcome(fields: Fields, kind: str) -> str:
    if kind != "ended":
        return "answered" if kind == "answered" else ""
    is_missed = fields.text("type").lower() == "call.missed"
    outcome = fields.choice("outcome", _OUTCOMES, default="no_answer" if is_missed else None)
    if is_missed and outcome == "answered":
        raise BadReport(
            "outcome", "A missed call was not answered: send call.ended.", "contradiction"
        )
    return outcome


def _number(fields: Fields, name: str, *, required: bool = False) -> str:
    """Return a number as it was given; '' for one that was withheld. Raises BadReport."""
    value = fields.text(name, required=required, longest=80)
    if not value or textable(value).problem == "withheld":
        return ""
    if not normalise(value) and not _NO_PHONE.fullmatch(value):
        raise BadReport(
            fields.named(name), "Expected a phone number such as +13125550142, or anonymous."
        )
    return value


def _line(fields: Fields) -> str:
    value = fields.text("line", longest=40)
    if value and not normalise(value):
        raise BadReport("line", "Expected one of your lines, such as +13125550100.")
    return normalise(value)
