"""What a call itself allowed: which step of the consent ladder its caller stands on, and by what proof.

Pure. compliance.md 1.2 (the ladder), R-SPOOF-1 and section 8, rows 4 and 24a. Everything is read
from the facts of the call (calls/outcome.py), which arrive in any order and only ever grow: what we
said is kept with the webhook it answered (messaging/plan.py, `transcript`), what the caller did is
what the provider reports.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls import flow
from tenants import postures

NOBODY, IMPLIED, NOTICED, PRESSED = 0, 1, 2, 3
WORDS_PER_SECOND = 2.6  # of a synthetic voice
FORGED = "failed"
BEFORE_RINGING, GREETING = "before_ringing", "greeting"
_OFFERED = "offered_"  # and the key: the words that offered a text for it
_PASSED = re.compile(r"TN-Validation-Passed-([ABC])(-Diverted)?")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a call allowed so far.

    level: 0 nothing (a forged caller, a call of ours), 1 implied by the call, 2 heard the notice
    that told how to decline, and stayed, 3 pressed 1; may_rise: the call goes on, and a higher
    level may yet come of it; channel: 'ivr' where a key said it, else 'call'; evidence: the proof
    for the ledger, only what is known.
    """

    level: int
    may_rise: bool
    channel: str
    evidence: dict[str, str]


def spoken_seconds(words: str) -> float:
    """Return how many seconds it takes to speak these words."""
    return round(len(words.split()) / WORDS_PER_SECOND, 1)


def said(transcript: str, posture: str, at: datetime, *, arrival: bool = False) -> dict[str, Any]:
    """Return what one answer of ours made the caller hear, as facts of the call.

    transcript: messaging.plan.transcript; posture: the one in force then; at: when it was
    answered (aware), which is when the speaking began; arrival: this answered the call's arrival,
    which says how the line answered.
    """
    facts: dict[str, Any] = {"posture": posture}
    words, rings = "", 0
    for line in transcript.splitlines():
        step, _, rest = line.partition(" ")
        step, _, key = step.partition(":")
        if step == "ring":
            rings = int(rest) if rest.isdecimal() else 0
            continue
        if step == "oncall":
            facts["emergency"] = True
            continue
        if step == "key":
            facts["emergency_offered"] = True
            continue
        for notice, version in flow.NOTICES.items():
            # What told how to decline is not forgotten for what did not.
            if notice in rest and facts.get("notice_text") not in flow.TELL_HOW_TO_DECLINE:
                before, _, _ = rest.partition(notice)
                facts |= {
                    "notice": GREETING,
                    "notice_text": notice,
                    "notice_version": version,
                    "notice_at": at.isoformat(),
                    "notice_seconds": spoken_seconds(f"{words} {before} {notice}"),
                }
        if step == "ask":
            facts |= {
                "prompt": rest,
                "prompt_hash": _sha256(rest),
                "prompt_version": flow.version_of_offer(rest),
                f"{_OFFERED}{key or '1'}": rest,
            }
        words = f"{words} {rest}"
    if rings and "notice" in facts:
        facts |= {"notice": BEFORE_RINGING, "ring_at_most": rings}
    if arrival and transcript:
        # Stronger than how the line is set: a call its staff sent back to us, say, is not rung again.
        facts["answered_as"] = "staff_first" if rings else "greeting"
        if rings:
            facts["rings_for"] = rings
    return facts


def heard(facts: Mapping[str, Any], *, ended: bool) -> Heard:
    """Return which step of the ladder a call reached.

    facts: as calls.outcome.fold takes them, with those of `said`, consent_digit, stir and
    call_ended_at; ended: whether the caller has hung up, so that nothing more can come of it but
    reports that are late.
    """
    evidence = _evidence(facts)
    is_ours = facts.get("direction", "inbound") != "inbound"
    if is_ours or attestation(facts) == FORGED:
        return Heard(NOBODY, False, "call", evidence)
    level = IMPLIED
    if why := _heard_notice(facts):
        level, evidence["heard_by"] = NOTICED, why
    if key := _agreed_by(facts):
        level, evidence["heard_by"] = PRESSED, f"pressed {key}"
    may_rise = not ended and level < _ceiling(facts, level)
    return Heard(level, may_rise, "ivr" if level == PRESSED else "call", evidence)


def attestation(facts: Mapping[str, Any]) -> str:
    """Return how far the network vouches for the caller's number (R-SPOOF-1): A, B, C, failed or ''.

    What another carrier merely passed on, unchecked, vouches for nothing.
    """
    word = str(facts.get("stir", ""))
    if word.startswith("TN-Validation-Failed"):
        return FORGED
    passed = _PASSED.fullmatch(word)
    return passed.group(1) if passed else ""


def seconds_before_ringing(facts: Mapping[str, Any]) -> float:
    """Return how long the caller listened to us before anything rang."""
    is_first = facts.get("notice") == BEFORE_RINGING
    return float(facts.get("notice_seconds") or 0) if is_first else 0.0


def must_wait(heard: Heard, needed_level: int) -> bool:
    """Whether a text-back must not be decided yet: the level does not suffice and may still rise."""
    return heard.level < needed_level and heard.may_rise


def _ceiling(facts: Mapping[str, Any], level: int) -> int:
    """Return the highest step a call can reach while it goes on."""
    if facts.get("posture") == postures.PRESS_ONE or facts.get("prompt"):
        # Whoever pressed another key was asked, and did not say yes. A key that rang the one on call
        # said nothing of it, and one that we do not know the question of may yet.
        refused = _pressed(facts) and facts.get("prompt") and not facts.get("emergency")
        return level if refused else PRESSED
    return IMPLIED if _cannot_decline(facts) else NOTICED


def _pressed(facts: Mapping[str, Any]) -> list[str]:
    """Return the keys pressed after an offer (calls.outcome.merge keeps them all)."""
    return [key for key in str(facts.get("consent_digit", "")).split(",") if key]


def _agreed_by(facts: Mapping[str, Any]) -> str:
    """Return the key that said yes, '' when none did.

    It is the one that was offered in the very words spoken then, not the one that is set by now; a
    key without the question it answered proves nothing.
    """
    offered = dict(facts)
    if facts.get("prompt") and not any(name.startswith(_OFFERED) for name in facts):
        offered[f"{_OFFERED}1"] = facts["prompt"]  # of a call from before other keys were possible
    return next((key for key in _pressed(facts) if offered.get(_OFFERED + key)), "")


def _heard_notice(facts: Mapping[str, Any]) -> str:
    """Return how we know that the caller heard the notice to its end and stayed; '' when we do not.

    A notice that did not tell how to decline proves nothing (compliance.md 1.2, level 2).
    """
    told_how = facts.get("notice_text") in flow.TELL_HOW_TO_DECLINE
    if not facts.get("notice") or not told_how or _cannot_decline(facts):
        return ""
    if facts["notice"] == BEFORE_RINGING and _rang(facts):
        return "the notice was over before it rang"
    if int(facts.get("voicemail_seconds") or 0) > 0:
        return "left a voicemail after it"
    if facts.get("consent_digit"):
        return "pressed a key after it"
    # A leg that nobody was connected to is answered by our first word: its seconds count from there.
    stayed = float(facts.get("call_seconds") or 0)
    if facts["notice"] == GREETING and _rang(facts):
        # Not every network counts so after it rang: the clock must agree.
        if not facts.get("call_ended_at"):
            return ""
        ended = datetime.fromisoformat(facts["call_ended_at"])
        began = datetime.fromisoformat(facts["notice_at"])
        stayed = min(stayed, (ended - began).total_seconds())
    takes = float(facts["notice_seconds"])
    return f"stayed {stayed:g} s, it takes {takes:g} s" if stayed >= takes else ""


def _cannot_decline(facts: Mapping[str, Any]) -> bool:
    """Whether hanging up declined nothing, whatever a greeting of their own words says of it."""
    return facts.get("posture") == postures.IMPLIED


def _rang(facts: Mapping[str, Any]) -> bool:
    """Whether the ringing of the staff is known to have begun, which our words come before."""
    return any(facts.get(key) for key in ("dial_status", "dial_bridged", "screen_accepted"))


def _evidence(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the proof in the ledger's words (compliance.md 7); values are texts, times ISO 8601."""
    notice, key = str(facts.get("notice_text", "")), _agreed_by(facts)
    prompt = str(facts.get(_OFFERED + key) or facts.get("prompt", ""))
    known = {
        "posture": facts.get("posture"),
        "call_start": facts.get("first_at"),
        "call_end": facts.get("call_ended_at"),
        "call_seconds": facts.get("call_seconds"),
        "dial_status": facts.get("dial_status"),
        "stir": facts.get("stir"),
        "voicemail_seconds": facts.get("voicemail_seconds"),
        "notice": facts.get("notice"),
        "notice_at": facts.get("notice_at"),
        "disclosure": notice,
        # Of the very words, also where a call was answered with two wordings.
        "disclosure_hash": _sha256(notice) if notice else None,
        "disclosure_version": flow.NOTICES.get(notice) or facts.get("notice_version"),
        "prompt": prompt,
        "prompt_hash": _sha256(prompt) if prompt else None,
        "prompt_version": flow.version_of_offer(prompt) if prompt else None,
        "dtmf": key or facts.get("consent_digit"),
    }
    return {key: str(value) for key, value in known.items() if value not in (None, "")}


def _sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
