"""Spans, clocks, lists and outcomes as people say them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta

from calls.outcome import Outcome

BECAUSE = {
    "no_answer": "nobody answered",
    "busy": "the line was busy",
    "unreachable": "the phone could not be reached",
    "declined": "the call was declined",
    "caller_hung_up": "the caller hung up",
    "forwarded": "the call was forwarded to us unanswered",
    "not_accepted": "nobody pressed 1, so a voicemail had picked up",
}


def because_words(outcome: Outcome) -> str:
    """Return what became of a call ("nobody answered", "answered")."""
    return BECAUSE.get(outcome.because, outcome.because or "answered")


def ago(span: timedelta) -> str:
    """Return a span as people say it: "40 s", "5 min", "2 h", "3 days"."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 2 * 86400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


def clock(moment: time) -> str:
    """Return a time of day ("5:30 PM")."""
    return moment.strftime("%I:%M %p").lstrip("0")


def listed(words: Sequence[str], joint: str) -> str:
    """Return words as a list in a sentence ("a, b or c")."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"
