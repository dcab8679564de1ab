"""From webhook to reply: what became of a call or a text, link by link, and which link is missing. Pure.

`links` says of each link whether it is there, not due, awaited or missing; `in_order` puts moments
in the order of their times with the milliseconds between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

# A link is there, is not needed, is still awaited, or is missing and should not be.
THERE, NOT_DUE, AWAITED, MISSING = "there", "none", "awaited", "missing"
NAMES = ("Webhook", "Facts", "Outcome", "Decision", "Gate", "Send", "Receipt", "Reply")
# After so long a provider that took a text has told what became of it, or will not.
RECEIPT_LATE = timedelta(minutes=5)
# After so long an agenda row that is due should have been worked on.
_WORK_LATE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain. state: there, none, awaited or missing; sentence: what is known of it."""

    name: str
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened. at: aware; link: one of NAMES; lines: (asked or field, answer).

    url: the row; since_ms: milliseconds since the moment before, None for the first.
    """

    at: datetime
    link: str
    what: str
    detail: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    url: str = ""
    is_bad: bool = False
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A stored webhook. state: of tenants.models.EventState; is_receipt: about a text of ours."""

    at: datetime
    kind: str
    state: str
    note: str = ""
    is_receipt: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A text of ours as far as the chain asks. Times are aware or None."""

    status: str
    created_at: datetime
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    held_until: datetime | None = None
    error: str = ""
    hold: str = ""
    attempts: int = 0
    answers: int = 0  # of the gate


@dataclass(frozen=True, slots=True)
class Known:
    """All that the chain of one call or one text is made of.

    is_call: whether it begins with a call; inbound: a text that came in; refused: the gate's
    sentence where a text was kept back before it was queued; waiting: (due at, last error, is dead)
    of each row of the agenda about it.
    """

    now: datetime
    is_call: bool = True
    inbound: bool = False
    heard: Sequence[Heard] = ()
    facts: Sequence[str] = ()
    outcome: str = ""
    outcome_words: str = ""
    decision: str = ""
    decision_words: str = ""
    decided_at: datetime | None = None
    sent: Sent | None = None
    refused: str = ""
    replied_at: datetime | None = None
    replies: int = 0
    waiting: Sequence[tuple[datetime, str, bool]] = field(default=())


def links(known: Known) -> list[Link]:
    """Return the eight links of a call's chain; a text without a call has those it can have."""
    made = [_webhook(known), _facts(known), _outcome(known), _decision(known)]
    made += [_gate(known), _send(known), _receipt(known), _reply(known)]
    return made


def in_order(moments: Iterable[Moment]) -> list[Moment]:
    """Return moments by their times, each with the milliseconds since the one before."""
    ordered = sorted(moments, key=lambda moment: (moment.at, NAMES.index(moment.link)))
    told: list[Moment] = []
    for moment in ordered:
        since = _ms(moment.at - told[-1].at) if told else None
        told.append(replace(moment, since_ms=since))
    return told


def gap(milliseconds: int | None) -> str:
    """Return a span as it stands beside a moment: +12 ms, +3.4 s, +2 min 5 s, +3 h 2 min."""
    if milliseconds is None:
        return ""
    if milliseconds < 10_000:
        return f"+{milliseconds:,} ms"
    seconds = milliseconds // 1000
    if seconds < 60:
        return f"+{seconds}.{milliseconds % 1000 // 100} s"
    if seconds < 3600:
        return f"+{seconds // 60} min {seconds % 60} s"
    if seconds < 86_400:
        return f"+{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"+{seconds // 86_400} d {seconds % 86_400 // 3600} h"


def _ms(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))


def _ago(then: datetime, now: datetime) -> str:
    return gap(max(0, _ms(now - then))).removeprefix("+")


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _webhook(known: Known) -> Link:
    about = [h for h in known.heard if not h.is_receipt]
    if not about:
        if not known.is_call and not known.inbound:
            return Link("Webhook", NOT_DUE, "None: this text began with us.")
        sentence = "No stored webhook about it. It was reported another way, or is kept no longer."
        return Link("Webhook", MISSING, sentence)
    bad = [h for h in about if h.state in ("failed", "refused", "unroutable")]
    if bad:
        return Link("Webhook", MISSING, f"{bad[0].kind}: {bad[0].note or bad[0].state}.")
    stored = [h for h in about if h.state == "stored"]
    if stored:
        return Link(
            "Webhook", AWAITED, f"{stored[0].kind} waits since {_clock(stored[0].at)} to be read."
        )
    return Link("Webhook", THERE, f"{len(about)} stored, the first at {_clock(about[0].at)}.")


def _facts(known: Known) -> Link:
    if not known.is_call:
        return Link("Facts", NOT_DUE, "Only calls have facts.")
    if not known.facts:
        return Link("Facts", MISSING, "No webhook of this call has been read into facts.")
    return Link("Facts", THERE, f"{len(known.facts)} known of it.")


def _outcome(known: Known) -> Link:
    if not known.is_call:
        return Link("Outcome", NOT_DUE, "Only calls have an outcome.")
    if known.outcome in ("", "in_progress"):
        since = [h for h in known.heard if not h.is_receipt]
        at = f" since {_clock(since[-1].at)}" if since else ""
        return Link("Outcome", AWAITED, f"Still in progress: nothing said{at} how it ended.")
    return Link("Outcome", THERE, known.outcome_words + ".")


def _decision(known: Known) -> Link:
    if not known.is_call:
        return Link("Decision", NOT_DUE, "Nothing to decide: no call is behind it.")
    if not known.decision:
        dead = [error for _, error, is_dead in known.waiting if is_dead]
        if dead:
            return Link("Decision", MISSING, f"Given up: {dead[0]}")
        if known.outcome in ("", "in_progress"):
            return Link("Decision", AWAITED, "Waits for the call's end.")
        due = min((at for at, _, _ in known.waiting), default=None)
        if due is not None and known.now - due < _WORK_LATE:
            return Link("Decision", AWAITED, f"Will be decided at {_clock(due)}.")
        return Link("Decision", MISSING, "The call ended and nothing was decided.")
    return Link("Decision", THERE, known.decision_words)


def _gate(known: Known) -> Link:
    if known.inbound:
        return Link("Gate", NOT_DUE, "Only texts that leave are asked about.")
    if known.refused:
        return Link("Gate", THERE, f"Refused: {known.refused}")
    if known.sent is None:
        if known.is_call and known.decision == "skip":
            return Link("Gate", NOT_DUE, "Not asked: the decision was no text.")
        if known.is_call and known.decision:
            return Link("Gate", MISSING, "The decision wanted a text and none was queued.")
        return Link("Gate", AWAITED, "Nothing to ask about yet.")
    if not known.sent.answers:
        return Link("Gate", MISSING, "No answer of the gate is kept with this text.")
    if known.sent.status == "held":
        until = f" until {_clock(known.sent.held_until)}" if known.sent.held_until else ""
        return Link("Gate", AWAITED, f"Holds it{until}: {known.sent.hold}.")
    return Link("Gate", THERE, f"Asked {known.sent.answers} times." if known.sent.answers > 1 else "Asked once.")  # fmt: skip


def _send(known: Known) -> Link:
    text = known.sent
    if known.inbound:
        return Link("Send", NOT_DUE, "It came in.")
    if text is None:
        return Link("Send", NOT_DUE, "There is no text.")
    if text.status in ("failed", "undelivered", "cancelled") and text.sent_at is None:
        return Link("Send", MISSING, f"Not sent: {text.error or text.status}")
    if text.sent_at is not None:
        return Link(
            "Send", THERE,
            f"Taken by the provider at {_clock(text.sent_at)}, "
            f"{_ago(text.created_at, text.sent_at)} after it was queued.",
        )  # fmt: skip
    if text.status == "sending":
        since = text.claimed_at or text.created_at
        return Link(
            "Send", AWAITED,
            f"No answer of the provider since {_clock(since)}, {_ago(since, known.now)}. "
            "It is asked whether it took the text; it is not sent twice.",
        )  # fmt: skip
    return Link("Send", AWAITED, f"Waits ({text.status}).")


def _receipt(known: Known) -> Link:
    text = known.sent
    if known.inbound or text is None:
        return Link("Receipt", NOT_DUE, "Nothing was sent.")
    receipts = [h for h in known.heard if h.is_receipt]
    if text.status in ("delivered", "undelivered", "failed") and text.sent_at is not None:
        bad = text.status != "delivered"
        words = f"{text.status.capitalize()}{f': {text.error}' if bad and text.error else ''}."
        said = f"{len(receipts)} receipts. {words}" if receipts else f"{words} No receipt is kept."
        return Link("Receipt", MISSING if bad else THERE, said)
    if text.sent_at is None:
        return Link("Receipt", NOT_DUE, "Nothing was sent.")
    since = max((h.at for h in receipts), default=text.sent_at)
    what = "no receipt" if not receipts else "no final receipt"
    late = known.now - since > RECEIPT_LATE
    return Link(
        "Receipt", MISSING if late else AWAITED,
        f"{what.capitalize()} since {_clock(since)}, {_ago(since, known.now)}.",
    )  # fmt: skip


def _reply(known: Known) -> Link:
    if known.replied_at is None:
        return Link("Reply", NOT_DUE, "Nothing written since.")
    more = f", {known.replies} texts since" if known.replies > 1 else ""
    return Link("Reply", THERE, f"Came at {_clock(known.replied_at)}{more}.")


def lines_of(answers: Iterable[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return a receipt's questions as lines: what was asked, what was looked at and answered."""
    return tuple(
        (str(q.get("asked", "")), " → ".join(filter(None, [str(q.get("input", "")), str(q.get("answer", ""))])))
        for q in answers
    )  # fmt: skip
