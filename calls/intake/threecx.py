"""3CX: the report of a call by a CRM template (scenario ReportCall). Pure.

Source: 3CX's documentation of CRM templates: the variables [CallType] (Inbound, Outbound, Missed,
Notanswered), [Number], [Agent], [Duration] (hh:mm:ss), [CallStartTimeUTC] and its kin. A template
chooses the names; ours (`template`) are those read here. 3CX gives a call no id: it is told by its
number and the second it started. Proof: the key in the template's settings, as Basic authorization.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

from calls.intake.events import BadReport, CallReport, Fields, Read, checked_times

# [CallType] -> direction, outcome. Notanswered is a call of ours that nobody took.
_TYPES = {
    "inbound": "inbound answered",
    "missed": "inbound no_answer",
    "outbound": "outbound answered",
    "notanswered": "outbound no_answer",
}
_DURATION = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?:\.\d+)?")
_UNFILLED = re.compile(r"\[+[A-Za-z]+\]?.*")  # a variable that this 3CX does not know


def read(raw: Mapping[str, Any], now: datetime, message_id: str = "") -> Read:
    """Return the report of a call that ended. Raises BadReport naming the field."""
    fields = Fields({k: "" if _is_unfilled(v) else v for k, v in raw.items()})
    kind = fields.choice("call_type", _TYPES)
    direction, outcome = kind.split(" ")
    number = fields.text("number", longest=80)
    started = fields.moment("started_at", required=True)
    assert started is not None
    length = _seconds(fields)
    answered = fields.moment("answered_at")
    ended = fields.moment("ended_at") or started + timedelta(seconds=length or 0)
    identity = f"{number}|{int(started.timestamp())}"
    call_id = hashlib.sha256(identity.encode()).hexdigest()[:32]
    # A ring group reports once for each colleague.
    agent = fields.text("agent", longest=80)
    told = f"{call_id}|{kind}|{agent}|{ended.isoformat()}"
    talk = length if outcome == "answered" else None
    if talk is None and outcome == "answered" and answered is not None:
        talk = max(0, int((ended - answered).total_seconds()))
    report = CallReport(
        event_id=hashlib.sha256(told.encode()).hexdigest()[:32],
        call_id=call_id,
        type="ended",
        direction=direction,
        caller=number if direction == "inbound" else "",
        called="" if direction == "inbound" else number,
        outcome=outcome,
        started_at=started,
        answered_at=answered,
        ended_at=ended,
        talk_seconds=talk,
        leg=agent or "agent",
    )
    return checked_times(report, now, started="started_at", ended="ended_at")


def _is_unfilled(value: Any) -> bool:
    return isinstance(value, str) and _UNFILLED.fullmatch(value.strip()) is not None


def _seconds(fields: Fields) -> int | None:
    value = fields.text("duration", longest=20)
    if not value:
        return None
    found = _DURATION.fullmatch(value)
    if found is None and not (value.isascii() and value.isdigit() and len(value) < 6):
        raise BadReport("duration", "Expected hours, minutes and seconds such as 00:04:32.")
    if found is None:
        return int(value)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def template(address: str) -> str:
    """Return the CRM template for 3CX that reports calls to `address`; it holds no secret."""
    values = {
        "call_type": "[CallType]",
        "number": "[Number]",
        "agent": "[Agent]",
        "duration": "[Duration]",
        "started_at": '[[CallStartTimeUTC].ToString("yyyy-MM-ddTHH:mm:ssZ")]',
        "answered_at": '[[CallEstablishedTimeUTC].ToString("yyyy-MM-ddTHH:mm:ssZ")]',
        "ended_at": '[[CallEndTimeUTC].ToString("yyyy-MM-ddTHH:mm:ssZ")]',
    }
    posted = "\n".join(
        f'          <Value Key="{key}" Passes="{2 if "ToString" in value else 1}" '
        f'Type="String">{value}</Value>'
        for key, value in values.items()
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<Crm Country="US" Name="Missed calls" Version="1" SupportsEmojis="false" ListPageSize="0">
  <Number Prefix="AsIs" MaxLength="" />
  <Connection MaxConcurrentRequests="4" />
  <Parameters>
    <Parameter Name="SourceSecret" Type="String" Parent="General Configuration" Editor="String" Title="Secret of the source:" Default="" />
    <Parameter Name="ReportCallEnabled" Type="Boolean" Parent="" Editor="String" Title="Report calls" Default="True" />
  </Parameters>
  <Authentication Type="Basic">
    <Value>[SourceSecret]:x</Value>
  </Authentication>
  <Scenarios>
    <Scenario Id="ReportCall" Type="REST">
      <Request Url={quoteattr(address)} MessagePasses="0" Message="" RequestContentType="application/json" RequestEncoding="Json" RequestType="Post" ResponseType="Json">
        <PostValues Key="">
{posted}
        </PostValues>
      </Request>
    </Scenario>
  </Scenarios>
</Crm>
"""
