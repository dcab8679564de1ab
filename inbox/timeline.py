"""One timeline of a person: calls, texts, decisions and consent in the order they happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

STATUS_WORDS = {
    "queued": "Waiting to go out",
    "held": "Held",
    "sending": "On its way",
    "sent": "Sent",
    "delivered": "Delivered",
    "undelivered": "Not delivered",
    "failed": "Not sent",
    "cancelled": "Called off",
    "received": "",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline; `at` is aware.

    kind: call, text, note, decision, activity, event or day; author_kind: contact, rule, person, api,
    assistant or system; number: the other number of a person with two, as people write it.
    """

    kind: str
    at: datetime
    id: str = ""
    direction: str = ""
    body: str = ""
    author: str = ""
    author_kind: str = ""
    author_user: int | None = None
    number: str = ""
    icon: str = ""
    note: str = ""  # a few words beside what it is
    place: str = ""  # the moment to the microsecond, as thread/cursors writes it
    status: str = ""
    status_words: str = ""
    error_sentence: str = ""
    error_fix: str = ""
    error_code: str = ""
    segments: int = 1
    outcome: str = ""
    headline: str = ""
    duration_words: str = ""
    voicemail_seconds: int | None = None
    # What the network said of the caller's number: A, B, C, failed or '', and in words where it matters.
    attestation: str = ""
    vouched: str = ""
    # The way to hear it, '' until it is here; its words; whether nobody has listened yet.
    voicemail_url: str = ""
    transcript: str = ""
    unheard: bool = False
    voicemail_note: str = ""  # why it cannot be heard
    again_url: str = ""  # where a call that was not placed is tried again
    action: str = ""
    sentence: str = ""
    code: str = ""
    refused: bool = False  # `body` is a text that was kept back before it was queued
    questions: tuple[dict[str, Any], ...] = field(default=())
    # A text that is held: until when and for what; and why the gate decided so (inbox.proof.Proof).
    waits: str = ""
    files: tuple[Any, ...] = ()  # its pictures (messaging.attachments.reading.File)
    # A member's text that has not left: it can be taken back, until then where that is known.
    undoable: bool = False
    undo_until: datetime | None = None
    proof: Any = None


_HEADLINES = {
    "in_progress": "Calling now",
    "answered": "Answered call",
    "ignored": "Call by us",
}
_MISSED = {
    "no_answer": "Missed call, nobody answered",
    "busy": "Missed call, the line was busy",
    "unreachable": "Missed call, your phone could not be reached",
    "declined": "Missed call, declined",
    "caller_hung_up": "Missed call, the caller hung up",
    "forwarded": "Missed call, forwarded to us",
    "not_accepted": "Missed call, nobody pressed 1",
}


def call_headline(outcome: str, because: str, ring_seconds: int | None) -> str:
    """Return what happened on a call in one line ("Missed call, nobody answered after 22 s")."""
    if outcome not in ("missed", "voicemail"):
        return _HEADLINES.get(outcome, "Call")
    headline = _MISSED.get(because, "Missed call")
    return f"{headline} after {ring_seconds} s" if ring_seconds else headline


def duration_words(seconds: int | None) -> str:
    """Return how long people talked: '', "40 s", "3 min 5 s"."""
    if not seconds:
        return ""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return f"Talked {rest} s"
    return f"Talked {minutes} min {rest} s" if rest else f"Talked {minutes} min"


def woven(entries: Iterable[Entry], zone: ZoneInfo, until: datetime | None = None) -> list[Entry]:
    """Return the entries in order, each day opened by a day mark in `zone`.

    At one moment a call stands before its decision, and the decision before its text. until: where
    the page ends; what came of a call later still stands with it there.
    """
    place = {"call": 0, "decision": 1, "text": 2, "event": 3}

    def order(entry: Entry) -> tuple[datetime, int, str]:
        at = min(entry.at, until) if until is not None else entry.at
        return (at, place.get(entry.kind, 9), entry.id)

    result: list[Entry] = []
    day = None
    for entry in sorted(entries, key=order):
        local = order(entry)[0].astimezone(zone).date()
        if local != day:
            day = local
            result.append(Entry("day", entry.at))
        result.append(entry)
    return result
