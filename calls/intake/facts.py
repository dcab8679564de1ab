"""A report as facts of a call, and when two calls are one. Pure.

The facts are in the vocabulary of calls.outcome.fold, chosen here and never taken over: a report
can prove no notice, no pressed key and no attestation, so its caller stands on step 1 of the consent
ladder at most (compliance.md 1.2).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from calls.intake.events import CallReport

PROVIDER = "reported"
# However long a rule lets a text be useful, a report that comes later than this texts nobody.
TOO_LATE = timedelta(hours=1)
# A forwarded call begins while the phone system still rings, or as it gives up. Clocks differ by
# seconds; a network takes some to set the new leg up.
CLOCKS = timedelta(seconds=5)
SET_UP = timedelta(seconds=15)
# Where the system does not say when the call started, it rang at most so long.
RANG_AT_MOST = timedelta(seconds=90)
# Our line answers at once; who is with the caller longer than this is with us.
WITH_US = timedelta(seconds=3)

_DIALS = {
    "answered": "completed",
    "no_answer": "no-answer",
    "busy": "busy",
    "unreachable": "failed",
    "declined": "declined",
    "caller_hung_up": "canceled",
    "voicemail": "no-answer",
}


@dataclass(frozen=True, slots=True)
class Span:
    """When a call of ours began and ended (aware); ended_at None while it goes on."""

    started_at: datetime
    ended_at: datetime | None


def call_key(source_id: int, call_id: str) -> str:
    """Return the provider id of a reported call: at most 64 characters, one a source and call."""
    whole = f"{source_id}:{call_id}"
    if len(whole) <= 64 and whole.isascii():
        return whole
    return f"{source_id}:{hashlib.sha256(call_id.encode()).hexdigest()[:40]}"


def event_key(source_id: int, event_id: str) -> str:
    """Return what one event of one source is stored once by."""
    return f"reported:{source_id}:{hashlib.sha256(event_id.encode()).hexdigest()[:40]}"


def settled(report: CallReport, received_at: datetime) -> CallReport:
    """Return a report with times that are not ahead of ours, and both ends of a call that is over."""
    started = min(report.started_at or received_at, received_at)
    ended = report.ended_at
    if report.type == "ended":
        ended = max(started, min(ended or received_at, received_at))
    answered = None
    if report.answered_at is not None:
        answered = max(started, min(report.answered_at, received_at))
    talk = report.talk_seconds
    if report.outcome == "answered" and ended is not None:
        length = int((ended - started).total_seconds())
        if talk is None and answered is not None:
            talk = max(0, int((ended - answered).total_seconds()))
        # Longer than the call is a mistake of somebody's clock.
        talk = None if talk is None else min(talk, length)
        if answered is None and talk is not None:
            answered = ended - timedelta(seconds=talk)
    return replace(
        report, started_at=started, ended_at=ended, answered_at=answered, talk_seconds=talk
    )


def arrival(report: CallReport) -> dict[str, Any]:
    """Return what is known of a call as it arrives, of a settled report."""
    facts: dict[str, Any] = {
        "direction": report.direction,
        "answering": PROVIDER,
        "press_one": False,
        "reported_to": report.called,
    }
    if not report.started_known:
        facts["start_unknown"] = True
    rang_until = _rang_until(report)
    if rang_until is not None:
        facts["first_ring_end_at"] = rang_until.isoformat()
    return facts


def outcome(report: CallReport, received_at: datetime) -> dict[str, Any]:
    """Return what a settled report says of a call's outcome; empty while it only rings."""
    if report.type == "answered":
        # How long they talk may matter to the rule: only the end decides.
        return {"dial_bridged": "true"}
    if report.type != "ended":
        return {}
    assert report.ended_at is not None and report.started_at is not None
    facts: dict[str, Any] = {
        "dial_status": _DIALS[report.outcome],
        "call_status": "completed",
        "call_seconds": int((report.ended_at - report.started_at).total_seconds()),
    }
    if report.outcome == "answered":
        facts |= {"dial_bridged": "true", "dial_seconds": report.talk_seconds}
    if report.outcome == "voicemail":
        facts["voicemail_seconds"] = max(1, report.voicemail_seconds or 0)
    if received_at - report.ended_at > TOO_LATE:
        facts["came_too_late"] = True
    return facts


def _rang_until(report: CallReport) -> datetime | None:
    """Return when the ringing ended, of a settled report; None when the end will tell."""
    assert report.started_at is not None
    if report.ring_seconds is not None and report.type == "ended":
        assert report.ended_at is not None
        return min(report.started_at + timedelta(seconds=report.ring_seconds), report.ended_at)
    if report.outcome == "voicemail" and report.voicemail_seconds and report.ended_at:
        left = report.ended_at - timedelta(seconds=report.voicemail_seconds)
        return max(report.started_at, left)
    return report.answered_at if report.outcome == "answered" else None


def window(report: CallReport) -> tuple[datetime, datetime]:
    """Return between which moments a call on our line began, if it is this one forwarded."""
    assert report.started_at is not None
    ended = report.ended_at or report.answered_at or report.started_at
    started = report.started_at
    if not report.started_known:
        started = min(started, ended - RANG_AT_MOST)
    return started - CLOCKS, ended + SET_UP


def is_same(report: CallReport, other_started_at: datetime) -> bool:
    """Whether a settled report and a call that began then can be the same call."""
    first, last = window(report)
    return first <= other_started_at <= last


def answered_by_us(report: CallReport, ours: Span) -> bool:
    """Whether what the phone system took for an answer was our own line picking up.

    It forwarded the call; our greeting answered; it reports an answered call. The caller was with us
    at the moment of the answer and for a while after it, so nobody else was with him.
    """
    answered = report.answered_at
    if answered is None:
        # The moment is not told: whom we have listened to was with us.
        return ours.ended_at is None or ours.ended_at - ours.started_at > WITH_US
    began_before = ours.started_at <= answered + WITH_US
    return began_before and (ours.ended_at is None or ours.ended_at > answered + WITH_US)
