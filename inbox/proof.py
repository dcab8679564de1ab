"""Why a text was sent, waits, or was not sent: the gate's stored answer in words people read. Pure.

What is read is an entry of Message.clearances or Refusal.clearance (messaging/clearing.py, `ask`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from messaging import zones
from messaging.places import states
from tenants.postures import IMPLIED, NOTICE, PRESS_ONE

# The ladder of compliance.md 1.2.
LEVELS = {
    0: "None",
    1: "Implied by their call",
    2: "Heard the notice that we may text, and stayed on the line",
    3: "Agreed to texts: pressed 1, or as the ledger says",
    4: "Wrote to us",
    5: "Agreed in writing to marketing texts",
}
_POSTURES = {
    IMPLIED: "implied by the call",
    NOTICE: "spoken notice required",
    PRESS_ONE: "press 1 required",
}
_HEADINGS = {"send": "Why it was sent", "hold": "Why it waits", "never": "Why it was not sent"}
# What the text's own state makes of an answer that is not its end.
_ALLOWED = "Why it was allowed"
_EARLIER = "What the check said before"
_FEW = 3  # states or clocks that are named one by one
# What a text waits for, when it is no clock.
_WAITS_FOR = {
    "SOFT_PAUSED": "Waits until somebody decides: their last reply could mean stop",
    "SENDER_NOT_REGISTERED": "Waits until our number is registered for texts",
    "LOOP_GUARD": "Waits: two machines seem to be answering each other",
    "AI_DISCLOSURE_MISSING": "Waits: it does not say yet that a machine writes",
    "THROUGHPUT": "Waits for its turn: the carrier's limit is reached",
    "DAY_LIMIT": "Waits: your rules have sent as many texts as a day allows",
    "MONTH_LIMIT": "Waits: this month's spending limit is reached",
    "PLATFORM_LIMIT": "Waits: the platform sends far more than usual, and support is looking",
    "RANGE_VELOCITY": "Waits until somebody looks: many numbers like this one called within minutes",
    "DNC_STALE": "Waits for a look at the do-not-call lists",
    "FAIL_CLOSED": "Waits: the check before sending fails",
}
# Codes by which a clock holds a text: it goes by itself.
CLOCKS = {
    "QUIET_HOURS": "quiet hours",
    "QUIET_HOURS_STRICT": "quiet hours",
    "STATE_HOURS": "quiet hours",
    "UNKNOWN_STATE_STRICT": "quiet hours",
    "STATE_DAY_BANNED": "a day without marketing texts",
    "STATE_EMERGENCY_BAN": "a declared emergency",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One answer of the gate. clocks: (zone in words, what its clock showed); event: the ledger row's id."""

    heading: str
    result: str
    sentence: str
    code: str
    rules: tuple[str, ...]
    consent: str
    places: str
    clocks: tuple[tuple[str, str], ...]
    ruleset: str
    policy: str
    decided_at: datetime | None
    event: int | None = None
    seq: int | None = None


def proof_of(
    entry: Mapping[str, Any] | None, seqs: Mapping[int, int] | None = None, status: str = ""
) -> Proof | None:
    """Return a stored answer in words; None for a text that has none.

    seqs: numbers of ledger rows by their ids, as far as they are known; status: the text's own,
    where there is one.
    """
    if not entry or not entry.get("code"):
        return None
    event = entry.get("consent_event")
    return Proof(
        heading=_heading(entry.get("result", ""), status),
        result=entry.get("result", ""),
        sentence=entry.get("sentence", ""),
        code=entry["code"],
        rules=tuple(str(rule) for rule in entry.get("rules") or ()),
        consent=LEVELS.get(entry.get("level") or 0, LEVELS[0]),
        places=places_words(entry),
        clocks=_clocks(entry.get("local_times") or ()),
        ruleset=entry.get("ruleset", ""),
        policy=_policy(entry),
        decided_at=moment(entry.get("at")),
        event=event,
        seq=(seqs or {}).get(event) if event else None,
    )


def _policy(entry: Mapping[str, Any]) -> str:
    version, posture = entry.get("policy"), _POSTURES.get(entry.get("posture", ""))
    if not version:
        return f"None stored yet, {posture}" if posture else "None stored yet"
    return f"Version {version}, {posture}" if posture else f"Version {version}"


def _heading(result: str, status: str) -> str:
    if status == "cancelled" and result != "never":
        return _EARLIER
    if status in ("queued", "failed", "undelivered") and result == "send":
        return _ALLOWED
    return _HEADINGS.get(result, "Why")


def moment(stored: str | None) -> datetime | None:
    """Return a stored ISO 8601 time; None where there is none or it is none."""
    try:
        return datetime.fromisoformat(stored) if stored else None
    except ValueError:
        return None


def places_words(entry: Mapping[str, Any]) -> str:
    """Return where the person may be and how we know: "Texas or Oklahoma, by area code"."""
    codes = list(entry.get("states") or ())
    source = entry.get("places_from") or ""
    if not codes:
        return "Not known: anywhere the area code reaches" if source else "Not asked"
    return f"{_state_names(codes)}, by {source}" if source else _state_names(codes)


def _state_names(codes: Sequence[str]) -> str:
    names = [states().get(code, code) for code in codes]
    if len(names) > _FEW:
        return f"{', '.join(names[:_FEW])} or {len(names) - _FEW} more"
    return " or ".join(names)


def _clocks(pairs: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return what the clocks showed; zones that agree are told together."""
    told: dict[str, list[str]] = {}
    for name, shown in pairs:
        words = zones.in_words(name)
        if words not in told.setdefault(shown, []):
            told[shown].append(words)
    return tuple(
        (", ".join(names[:_FEW]) + (" …" if len(names) > _FEW else ""), shown)
        for shown, names in told.items()
    )


def waits(
    code: str, until: datetime | None, entry: Mapping[str, Any], mine: ZoneInfo, now: datetime
) -> str:
    """Say until when a held text waits and for what, in the person's time and in the member's.

    "Waits until 8:15 AM their time (9:15 AM yours): quiet hours in Texas".
    """
    if code not in CLOCKS or until is None:
        return _WAITS_FOR.get(code, "Waits")
    where = list(entry.get("states") or ())
    theirs = _agreed(until, entry.get("zones") or (), now)
    yours = clock(until.astimezone(mine), now)
    when = f"{theirs} their time" if theirs else f"{yours} your time"
    if theirs and theirs != yours:
        when = f"{theirs} their time ({yours} yours)"
    # No two holes side by side: the sentence is matched to its pattern again (inbox/said.py).
    if where:
        return f"Waits until {when}: {CLOCKS[code]} in {_state_names(where)}"
    return f"Waits until {when}: {CLOCKS[code]} where they may be"


def their_time(until: datetime, entry: Mapping[str, Any], now: datetime) -> str:
    """Return a moment on the person's clock; '' where his zones do not agree or are not known."""
    return _agreed(until, entry.get("zones") or (), now)


def _agreed(at: datetime, names: Sequence[str], now: datetime) -> str:
    shown = {clock(at.astimezone(zones.zone(n)), now) for n in names if n in zones.names()}
    return shown.pop() if len(shown) == 1 else ""


def clock(local: datetime, now: datetime) -> str:
    """Return a local time as people say it: "8:15 AM", with its weekday when it is not today's."""
    words = zones.time_in_words(zones.minute_of_day(local))
    today = now.astimezone(local.tzinfo).date()
    if local.date() == today:
        return words
    return (
        f"{local:%a} {words}" if abs((local.date() - today).days) < 7 else f"{local:%d %b} {words}"
    )
