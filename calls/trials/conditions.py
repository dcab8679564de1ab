"""What a test call plays: every way a call is missed, or is not. Pure.

Source: telephony.md 1.4 and 1.7, row by row. What must come of one is not written here: it is asked
of the rules in force (calls/trials/expecting.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Who calls: somebody nobody knows, and so on.
FRESH, AGAIN, LANDLINE, WITHHELD, STOPPED = "fresh", "again", "landline", "withheld", "stopped"


@dataclass(frozen=True, slots=True)
class Condition:
    """One way a call goes.

    staff, afterwards, ring_seconds, talk_seconds, faster: of calls.simulator.voice.Plan; caller: who
    calls (FRESH ...); rings: whether staff must be rung for it; needs: "press_one" (the posture),
    "emergency" (a key on the line) or ''; facts: played on top of what the network reports; ended:
    what is known of such a call in the end (calls.outcome.fold), for what the rules make of it;
    leg: what our end of a real call does (calls/trials/legs.py); guide: what a person must do for it,
    '' for nothing but letting it ring; cannot: why no real call can be made to go this way, '' else.
    """

    id: str
    name: str
    words: str
    staff: str = "no_answer"
    afterwards: str = "hangs_up"
    ring_seconds: float = 3
    talk_seconds: int = 8
    faster: bool = True
    caller: str = FRESH
    rings: bool = False
    needs: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    ended: Mapping[str, Any] = field(default_factory=dict)
    leg: str = "listens"
    guide: str = ""
    cannot: str = ""


_UNANSWERED = {"dial_status": "no-answer", "dial_bridged": "false", "call_status": "completed"}
_ANSWERED = {
    "dial_status": "completed",
    "dial_bridged": "true",
    "screen_accepted": True,
    "call_status": "completed",
}

_ALL = (
    Condition(
        "no_answer", "Nobody answers", "The phones ring their full time and nobody picks up.",
        ended=_UNANSWERED,
    ),
    Condition(
        "busy", "The line is busy", "The staff's line is taken.", staff="busy", rings=True,
        ended={**_UNANSWERED, "dial_status": "busy"},
        guide="First make the staff’s phone busy: call somebody else on it, with call waiting off.",
    ),
    Condition(
        "unreachable", "The phone is off", "The staff's phone cannot be reached.",
        staff="unreachable", rings=True, ended={**_UNANSWERED, "dial_status": "failed"},
        guide="First switch the staff’s phone off, or put it in flight mode.",
    ),
    Condition(
        "declined", "Staff declines", "Somebody presses the red button.", staff="decline",
        rings=True, ended={**_UNANSWERED, "dial_status": "busy"},
        guide="When the staff’s phone rings, press the red button.",
    ),
    Condition(
        "hangs_up_early", "Caller hangs up at once", "The caller gives up after one ring.",
        staff="caller_hangs_up", rings=True, ring_seconds=2,
        ended={"dial_status": "canceled", "dial_bridged": "false", "call_status": "canceled", "rang": 1},
        cannot="Providers let a placed call ring for five seconds at least. Call the line from your own phone, and hang up after one ring.",
    ),
    Condition(
        "hangs_up_late", "Caller gives up", "The caller listens to the ringing for a while, then hangs up.",
        staff="caller_hangs_up", rings=True, ring_seconds=8, faster=False,
        ended={"dial_status": "canceled", "dial_bridged": "false", "call_status": "canceled", "rang": 8},
        leg="gives_up",
    ),
    Condition(
        "voicemail_left", "A voicemail is left", "Nobody answers, and the caller leaves a message.",
        afterwards="leaves_message", ended={**_UNANSWERED, "voicemail_seconds": 5},
        leg="speaks",
    ),
    Condition(
        "staff_voicemail", "Staff's own voicemail picks up",
        "A mobile's voicemail answers and presses no 1: the call counts as missed.",
        staff="voicemail", rings=True,
        ended={"dial_status": "completed", "dial_bridged": "false", "call_status": "completed"},
        guide="Let the staff’s phone ring until its own voicemail picks up.",
    ),
    Condition(
        "answered", "Somebody answers", "Staff picks up, presses 1 and talks.", staff="answers",
        rings=True, ended={**_ANSWERED, "dial_seconds": 8},
        leg="stays",
        guide="When the staff’s phone rings, pick up, press 1 where it asks for it, wait ten seconds, and hang up.",
    ),
    Condition(
        "short_answer", "Answered for a moment", "Staff picks up and the talk is over after two seconds.",
        staff="answers", rings=True, talk_seconds=2, faster=False, ring_seconds=1,
        ended={**_ANSWERED, "dial_seconds": 2},
        leg="stays",
        guide="When the staff’s phone rings, pick up, press 1 where it asks for it, and hang up after two seconds.",
    ),
    Condition(
        "after_hours", "After hours", "Nobody answers, and it is as if you were closed.",
        facts={"as_if": "closed"}, ended=_UNANSWERED,
    ),
    Condition(
        "in_hours", "While you are open", "Nobody answers, and it is as if you were open.",
        facts={"as_if": "open"}, ended=_UNANSWERED,
    ),
    Condition(
        "withheld", "Withheld number", "The caller shows no number, so there is nobody to text.",
        caller=WITHHELD, ended=_UNANSWERED,
        cannot="Providers place calls from a number of the account only, never without one. Call the line from your own phone, with *67 before its number.",
    ),
    Condition(
        "landline", "A landline calls", "The number gets no texts.", caller=LANDLINE,
        ended=_UNANSWERED,
        cannot="It takes a landline. Call the line from one.",
    ),
    Condition(
        "forged", "Forged number", "The network says that the caller's number is forged.",
        facts={"stir": "TN-Validation-Failed"}, ended=_UNANSWERED,
    ),
    Condition(
        "opted_out", "Somebody who opted out", "The caller texted STOP before calling.",
        caller=STOPPED, ended=_UNANSWERED,
        cannot="The provider itself would block texts to your test number until it texts START.",
    ),
    Condition(
        "repeat_caller", "The same caller again", "Somebody calls a second time within a minute.",
        caller=AGAIN, ended=_UNANSWERED,
        guide="First try “Nobody answers” from the same number: this is the second call.",
    ),
    Condition(
        "emergency", "Emergency key", "The caller presses the key for emergencies.",
        afterwards="emergency", needs="emergency",
        ended={
            **_UNANSWERED, "oncall_status": "completed", "oncall_bridged": "true",
            "oncall_accepted": True, "oncall_seconds": 8,
        },
        leg="presses_emergency",
        guide="When the phone of the one on call rings, pick up, press 1 where it asks for it, wait ten seconds, and hang up.",
    ),
    Condition(
        "press_one", "Caller presses the key for a text", "The caller is offered a text and takes it.",
        afterwards="presses_1", needs="press_one", ended={**_UNANSWERED, "consent_digit": "1"},
        leg="presses_consent",
    ),
)  # fmt: skip
CONDITIONS = {condition.id: condition for condition in _ALL}


def why_not(condition: Condition, rings_staff: bool, press_one: bool, emergency: bool) -> str:
    """Return why a condition cannot be tried on such a line, '' when it can."""
    if condition.rings and not rings_staff:
        return (
            "This line rings no staff: every call goes straight to the greeting. Under Lines you "
            "choose who answers first."
        )
    if condition.needs == "press_one" and not press_one:
        return "This line offers no key for a text. It does where Policy, under Compliance, says “Press 1 required”."
    if condition.needs == "emergency" and not emergency:
        return "This line has no key for emergencies. Under Lines you give it one."
    return ""
