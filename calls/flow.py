"""What a caller hears and whose phone rings: an abstract plan that a provider renders. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from messaging.plan import AskPressOne, Connect, Hangup, Record, Ring, Say, Step


@dataclass(frozen=True, slots=True)
class Line:
    """How one number answers; the public row, compiled."""

    e164: str
    business_name: str
    answering: str  # staff_first, greeting
    staff_numbers: tuple[str, ...]
    ring_seconds: int
    press_one: bool
    greeting: str
    voicemail: bool


TEXT_NOTICE = "If we miss you, we may text this number. Reply STOP to any text to opt out."
VOICEMAIL_SECONDS = 120
_SPEAKS_OF_TEXTING = re.compile(r"\btext(s|ed|ing)?\b", re.IGNORECASE)


def greeting(line: Line) -> str:
    """Return the spoken greeting; the notice that we may text is always part of it."""
    words = line.greeting.strip() or (
        f"You have reached {line.business_name}. Sorry we can't take your call right now."
    )
    return words if _SPEAKS_OF_TEXTING.search(words) else f"{words} {TEXT_NOTICE}"


def answer(line: Line) -> list[Step]:
    """The plan for a call that arrives."""
    if line.answering == "staff_first" and line.staff_numbers:
        return [Ring(line.staff_numbers, line.ring_seconds, line.press_one)]
    return unanswered(line)


def unanswered(line: Line) -> list[Step]:
    """The plan once nobody took the call: greeting with the notice, then voicemail or the end."""
    steps: list[Step] = [Say(greeting(line))]
    if line.voicemail:
        steps += [Say("Please leave a message after the tone."), Record(VOICEMAIL_SECONDS)]
    return [*steps, Hangup()]


def after_dial(line: Line, was_answered: bool) -> list[Step]:
    """The plan when the ringing ended."""
    return [Hangup()] if was_answered else unanswered(line)


def screen(line: Line, digits: str | None) -> list[Step]:
    """The plan on the staff's leg: ask for a 1, connect on it, hang up on anything else."""
    if digits is None:
        return [AskPressOne(f"Call for {line.business_name}. Press 1 to accept.")]
    return [Connect()] if digits.strip() == "1" else [Hangup()]


def after_recording() -> list[Step]:
    """The plan once a voicemail was taken."""
    return [Hangup()]


def fallback(line: Line) -> list[Step]:
    """The plan when our first answer did not reach the caller: greeting and voicemail, nobody rung."""
    return unanswered(line)
