"""What became of a call, folded from facts that arrive in any order. Pure.

telephony.md 1.4 is the specification; every row of it is a test (tests/calls/test_outcome.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calls import emergencies

FINAL_STATUSES = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to.

    kind: in_progress, answered, missed, voicemail, ignored; because: why it was missed, else '';
    certain: False while a later event may still say otherwise (only the number-level callback
    arrived, or a bridge whose pressed 1 is not reported yet); ended: whether the caller has hung up; short: answered, but hardly (seconds decide).
    """

    kind: str
    because: str = ""
    certain: bool = True
    ended: bool = False
    short: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether nobody talked to the caller."""
        return self.kind in ("missed", "voicemail")


SHORT_TALK_SECONDS = 5
_SETTING_UP_SECONDS = 8  # what carriers add to a ringing's time limit
_RINGS_AT_MOST_SECONDS = 60  # of a line (tenants.models.PhoneNumber)

# A Dial's status in our words (telephony.md 1.4, column "Dial action POST").
_DIAL_BECAUSE = {
    "no-answer": "no_answer",
    "busy": "busy",
    "declined": "declined",
    "failed": "unreachable",
    "canceled": "caller_hung_up",
    "completed": "not_accepted",
    "answered": "not_accepted",
}
_CALL_BECAUSE = {"no-answer": "no_answer", "busy": "busy", "failed": "unreachable"}


def merge(facts: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts with new ones added; commutative and idempotent, so order never matters.

    Yes beats no (an accepted screen stays accepted), the larger number wins (durations, times are
    ISO strings of one width), a final word is kept over none. Two different words for one fact
    keep the one that says less happened to the caller's good: "completed" beats "no-answer"; a
    failed attestation beats a passed one. Every key that was pressed is kept ("1,9"). The notice
    before the ringing beats the one in the greeting, the stricter posture the milder.
    """
    merged = dict(facts)
    for key, value in new.items():
        if value is None or value == "":
            continue
        old = merged.get(key)
        if old is None or old == "":
            merged[key] = value
        elif key.startswith("first_") or key == "notice":
            merged[key] = min(old, value)
        elif isinstance(old, bool) or isinstance(value, bool):
            merged[key] = bool(old) or bool(value)
        elif key in ("dial_status", "call_status"):
            merged[key] = max(old, value, key=_strength)
        elif key == "consent_digit":
            merged[key] = ",".join(sorted({*str(old).split(","), *str(value).split(",")}))
        elif key == "stir":
            merged[key] = max(old, value, key=_weight)
        else:
            merged[key] = max(old, value, key=lambda v: (str(type(v)), v))
    return merged


def _strength(status: str) -> tuple[int, str]:
    order = ["failed", "declined", "busy", "no-answer", "canceled", "answered", "completed"]
    return (order.index(status) if status in order else -1, status)


def _weight(word: str) -> tuple[bool, str]:
    return ("Failed" in word, word)


def answered_as(facts: Mapping[str, Any]) -> str:
    """Return how a call was answered, "staff_first" or "greeting": as seen, else as the line is set."""
    return str(facts.get("answered_as") or facts.get("answering") or "")


def fold(facts: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a call.

    Keys of `facts`, all optional: direction ("inbound" or other), answering (how the line
    is set), answered_as (how this call was answered: "staff_first", "greeting"), rings_for (seconds
    its staff rings at most), press_one (bool: the staff's leg was screened), screen_accepted (bool),
    dial_status, dial_bridged ("true", "false"), dial_seconds (int), dial_caller_gone (bool: the
    caller had hung up when the ringing ended), answered_first (bool: the provider answers every call
    before it rings), call_status (number-level, final ones only),
    call_seconds (int), voicemail_seconds (int), greeting_ended (bool), notice ("before_ringing":
    our words answered the caller's leg), notice_seconds, ring_at_most (seconds), and those of the one
    on call (calls/emergencies.py). Those that only consent is read from are in calls/consented.py.
    """
    if facts.get("direction", "inbound") != "inbound":
        return Outcome("ignored")
    ended = facts.get("call_status") in FINAL_STATUSES
    voicemail = int(facts.get("voicemail_seconds") or 0) > 0
    helped, known = emergencies.was_answered(facts)
    if helped:
        over = ended or facts.get("oncall_status") is not None
        return Outcome("answered", certain=known, ended=over)
    answered, certain = _was_answered(facts)
    if answered:
        seconds = facts.get("dial_seconds")
        return Outcome(
            "answered",
            certain=certain,
            ended=ended or facts.get("dial_status") is not None,
            short=seconds is not None and int(seconds) < SHORT_TALK_SECONDS,
        )
    missed = "voicemail" if voicemail else "missed"
    dial = facts.get("dial_status")
    if dial in _DIAL_BECAUSE:
        # Some carriers report a caller who gave up as "no-answer" (telephony.md 1.4, row 1).
        gave_up = dial == "canceled" or (dial == "no-answer" and facts.get("dial_caller_gone"))
        because = "caller_hung_up" if gave_up else _DIAL_BECAUSE[dial]
        # Bridged, or nobody says whether, and no pressed 1 has been reported: it may still come.
        bridged = str(facts.get("dial_bridged", "")).lower()
        may_be = bridged == "true" or (not bridged and dial in ("completed", "answered"))
        certain = known and not (facts.get("press_one") and may_be)
        return Outcome(missed, because, certain=certain, ended=ended or bool(gave_up))
    if answered_as(facts) == "greeting":
        # Every call that reaches us here was missed elsewhere (telephony.md 1.8 b); it is told
        # apart from one still listening to the greeting by its end.
        if ended or voicemail or facts.get("greeting_ended") or facts.get("oncall_status"):
            return Outcome(missed, "forwarded", certain=known, ended=ended)
        return Outcome("in_progress")
    if voicemail:
        return Outcome("voicemail", "no_answer", certain=known, ended=ended)
    if ended:
        # Only the number-level callback so far: the Dial's own word may still come, or never
        # (telephony.md 1.4, rows 1 and 11).
        # Somebody who listened to the greeting did not give up while it rang.
        otherwise = "no_answer" if facts.get("greeting_ended") else "caller_hung_up"
        because = _CALL_BECAUSE.get(facts["call_status"], otherwise)
        return Outcome("missed", because, certain=False, ended=True)
    return Outcome("in_progress")


def _was_answered(facts: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return whether somebody talked to the caller, and whether nothing can contradict it any more."""
    bridged = str(facts.get("dial_bridged", "")).lower()
    dial = facts.get("dial_status")
    if facts.get("press_one", False):
        # A staff member's own voicemail "answers" and bridges nothing; only a pressed 1 counts.
        if not facts.get("screen_accepted"):
            return False, True
        if bridged:
            return bridged == "true", True
        return dial in (None, "completed", "answered"), dial is not None
    if bridged:
        return bridged == "true", True
    if dial in ("completed", "answered"):
        # No word about bridging (older parameter sets): seconds of talk are the only evidence.
        return int(facts.get("dial_seconds") or 0) > 0, True
    # The ringing never reported its end, yet the caller was connected for a while: since the
    # caller's leg is answered only by the bridge (answerOnBridge), somebody took the call. The
    # Dial's own word may still say otherwise. Where our notice answered the leg, only more seconds
    # than notice and ringing can take tell the same.
    unconnected = 0.0
    if facts.get("notice") == "before_ringing":
        ringing = float(facts.get("ring_at_most") or 0) + _SETTING_UP_SECONDS
        unconnected = float(facts.get("notice_seconds") or 0) + ringing
    if facts.get("answered_first"):
        # This provider answers the caller's leg before anything rings.
        ringing = float(facts.get("rings_for") or _RINGS_AT_MOST_SECONDS)
        unconnected = max(unconnected, ringing + _SETTING_UP_SECONDS)
    connected = (
        answered_as(facts) == "staff_first"
        and dial is None
        and facts.get("call_status") == "completed"
        and not facts.get("greeting_ended")
        and not facts.get("emergency")
        and int(facts.get("voicemail_seconds") or 0) == 0
        and int(facts.get("call_seconds") or 0) > unconnected
    )
    return connected, False
