"""A call that asked for the one on call: what was reported of that leg, and what it came to. Pure.

A provider reports the on-call leg in the words it has for the staff's. Here they are told apart, so
that nobody's unanswered ringing is taken for another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# How a webhook of ours is read by an adapter, where its kind is one that only we know.
READ_AS = {
    "voice.oncall": "voice.dial",
    "voice.oncall.screen": "voice.screen",
    "voice.keys": "voice.consent",
}
# Whose reports may tell of a pressed key or of the one on call.
KINDS = ("voice.keys", "voice.consent", "voice.oncall", "voice.oncall.screen")
_RENAMED = {
    "dial_status": "oncall_status",
    "dial_bridged": "oncall_bridged",
    "dial_seconds": "oncall_seconds",
    "dial_caller_gone": "oncall_caller_gone",
    "screen_accepted": "oncall_accepted",
}
ALERT = "EMERGENCY_UNANSWERED"


def facts_of(kind: str, reported: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of one stored webhook.

    kind: as it was stored; reported: what the adapter read; said: of calls.consented.said.
    """
    facts = dict(reported)
    if kind in ("voice.oncall", "voice.oncall.screen"):
        facts = {_RENAMED.get(name, name): value for name, value in facts.items()}
    if kind == "voice.keys":
        # Pressed in the greeting, before anything was offered: no key of the consent.
        facts.pop("consent_digit", None)
    if kind == "voice.keys" or said.get("emergency"):
        facts.pop("greeting_ended", None)  # more is to come
    elif kind in ("voice.consent", "voice.recording"):
        facts["keys_over"] = True  # after these a plan asks for no key any more
    return {**facts, **said}


def was_answered(facts: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return whether the one on call took it, and whether nothing can contradict it any more.

    Only a pressed 1 counts, as with the staff (telephony.md 1.4).
    """
    bridged, ended = str(facts.get("oncall_bridged", "")).lower(), facts.get("oncall_status")
    if not facts.get("oncall_accepted"):
        # Bridged, or nobody says whether: the pressed 1 may be a report that comes late.
        may_be = bridged == "true" or (not bridged and ended in ("completed", "answered"))
        return False, not may_be
    if bridged:
        return bridged == "true", True
    return ended in (None, "completed", "answered"), ended is not None


def was_offered(facts: Mapping[str, Any]) -> bool:
    """Whether the caller was offered the key, or is known to have pressed it."""
    return bool(facts.get("emergency_offered") or facts.get("emergency"))


def may_come(facts: Mapping[str, Any], *, ended: bool) -> bool:
    """Whether the caller may yet reach the one on call: by a key we offered, or by ringing that goes on.

    ended: whether the caller has hung up.
    """
    if ended or facts.get("oncall_status") is not None or facts.get("keys_over"):
        return False
    return was_offered(facts)


def went_unanswered(facts: Mapping[str, Any], *, ended: bool) -> bool:
    """Whether somebody asked for the one on call and is known not to have reached him.

    ended: whether the caller has hung up.
    """
    took_it, certain = was_answered(facts)
    if not facts.get("emergency") or took_it:
        return False
    return ended or (facts.get("oncall_status") is not None and certain)
