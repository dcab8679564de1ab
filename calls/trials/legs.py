"""Our end of a test call through a real provider: what it does once our own line answers. Pure.

A provider places the call from a number of the account to the line; the line does what it does for
any caller. What the staff does is for people to do: `Condition.guide` says what.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from calls import flow
from calls.consented import spoken_seconds
from calls.trials.conditions import AGAIN, Condition
from messaging.plan import Gather, Hangup, Play, Press, Ring, Say, Step, Wait

SETTING_UP = 8  # seconds carriers add to a ringing's time limit
GIVES_UP_AFTER = 15  # seconds of ringing; a provider may add five
_STAYS = 60
_INTO_THE_OFFER = 3
_SPEECH = (
    "This is a test call of your own line. Nobody needs to call back. The message is only here so "
    "that the voicemail has something to take."
)
_LET_IT_RING = "Let the staff’s phones ring: nobody picks up."


@dataclass(frozen=True, slots=True)
class Leg:
    """What our end does after the line answered, and how long it rings at most (seconds)."""

    steps: tuple[Step, ...]
    ring_seconds: int
    at_most_seconds: int


@dataclass(frozen=True, slots=True)
class Opening:
    """How a line answers: seconds from the answer to the greeting, and from there to the offer.

    lead is 0 where the caller hears real ringing until the greeting answers.
    """

    lead: int
    greeting: int
    rings: int


def opening(line: flow.Line, answers_first: bool) -> Opening:
    """Return how a line answers. answers_first: the provider does before it rings anybody."""
    said, rings = 0.0, 0
    for step in flow.answer(line):
        if isinstance(step, Ring):
            rings = step.at_most + SETTING_UP
            break
        said += _seconds(step)
    is_answered_first = bool(rings) and (answers_first or said > 0)
    greeting = 0.0
    for step in flow.unanswered(line):
        if not isinstance(step, Say | Play | Gather) or (
            isinstance(step, Gather) and step.consent_key
        ):
            break
        greeting += _seconds(step)
    return Opening(ceil(said + rings) if is_answered_first else 0, ceil(greeting), rings)


def leg_of(condition: Condition, line: flow.Line, answers_first: bool) -> Leg:
    """Return what our end of a call under a condition does on a line."""
    begins = opening(line, answers_first)
    lead = (Wait(begins.lead),) if begins.lead else ()
    ring = begins.rings + 30
    if condition.leg == "gives_up":
        if begins.lead:
            return Leg((Wait(GIVES_UP_AFTER), Hangup()), ring, 60)
        return Leg((Hangup(),), GIVES_UP_AFTER, 60)
    if condition.leg == "speaks":
        # Through the greeting and the tone; the voicemail takes what comes after it.
        times = ceil((begins.greeting + 20) / spoken_seconds(_SPEECH))
        return Leg((*lead, *[Say(_SPEECH)] * times, Hangup()), ring, begins.lead + 120)
    if condition.leg == "stays":
        steps: tuple[Step, ...] = (
            Say("This is a test call."),
            Wait(begins.lead + _STAYS),
            Hangup(),
        )
        return Leg(steps, ring, begins.lead + _STAYS + 30)
    if condition.leg == "presses_consent":
        into = Wait(begins.greeting + _INTO_THE_OFFER)
        steps = (*lead, into, Press(line.consent_digit), Wait(4), Hangup())
        return Leg(steps, ring, begins.lead + begins.greeting + 60)
    if condition.leg == "presses_emergency":
        steps = (*lead, Wait(2), Press(line.emergency_digit), Wait(_STAYS), Hangup())
        return Leg(steps, ring, begins.lead + _STAYS + 60)
    return Leg((*lead, Hangup()), ring, begins.lead + 90)


def why_not_by_phone(condition: Condition, line: flow.Line) -> str:
    """Return why no real call can be made to go this way on a line, '' when one can."""
    if condition.cannot:
        return condition.cannot
    if condition.leg == "speaks" and not line.voicemail:
        return "This line takes no voicemail."
    if condition.id == "staff_voicemail" and not line.press_one:
        return "This line asks nobody to press 1, so a mobile’s voicemail counts as an answer."
    return ""


def as_placed(condition: Condition) -> Condition:
    """Return a condition as a real call goes: what must come of it is reckoned from that."""
    if condition.leg == "gives_up":
        return replace(condition, ended={**condition.ended, "rang": GIVES_UP_AFTER})
    return condition


def guide_of(condition: Condition, rings_staff: bool) -> str:
    """Return what people must do for the call to go this way, '' for nothing."""
    if condition.rings or not rings_staff:
        return condition.guide
    said = [_LET_IT_RING, condition.guide]
    if condition.caller == AGAIN:
        said.reverse()
    return " ".join(filter(None, said))


def _seconds(step: Step) -> float:
    if isinstance(step, Gather):
        return spoken_seconds(step.words) + step.seconds
    if isinstance(step, Say | Play):
        return spoken_seconds(step.words)
    return 0.0
