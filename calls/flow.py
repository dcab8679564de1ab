"""What a caller hears and whose phone rings: an abstract plan that a provider renders. Pure.

The consent posture is audible (compliance.md 1.2): `implied` tells in the greeting that we may
text, `notice` tells it before anything else, `press_one` offers a text for a pressed 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from messaging.plan import AskConsent, AskPressOne, Connect, Hangup, Record, Ring, Say, Step
from tenants import postures


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
    posture: str = postures.IMPLIED  # a key of postures.POSTURES


# No word of hanging up here: under `implied` whoever hangs up is texted all the same.
TEXT_NOTICE = "If we miss you, we may text this number. Reply STOP to any text to opt out."
FIRST_NOTICE = (
    "If we miss you, we may text this number. To decline, hang up now. "
    "Reply STOP to any text to opt out."
)
# Staying on the line means something only to a caller who was told how to decline (compliance.md
# 1.2, level 2).
TELL_HOW_TO_DECLINE = frozenset({FIRST_NOTICE})
# Every wording has a version; a changed sentence gets a new one (held by tests/calls/test_flow.py).
NOTICES = {FIRST_NOTICE: "first-1", TEXT_NOTICE: "greeting-1"}
OFFER_VERSION = "offer-1"
OFFER_SECONDS = 5  # to find the key once the offer was spoken
VOICEMAIL_SECONDS = 120
_SPEAKS_OF_TEXTING = re.compile(r"\btext(s|ed|ing)?\b", re.IGNORECASE)


def greeting(line: Line) -> str:
    """Return the spoken greeting, with the notice that we may text where only the greeting gives it.

    Under `notice` it has been given already; under `press_one` it would not be true.
    """
    words = line.greeting.strip() or (
        f"You have reached {line.business_name}. Sorry we can't take your call right now."
    )
    if line.posture != postures.IMPLIED or _SPEAKS_OF_TEXTING.search(words):
        return words
    return f"{words} {TEXT_NOTICE}"


def offer(line: Line) -> str:
    """Return the offer of a text, as it is filed for review (compliance.md 3.3, "CTA text")."""
    return (
        f"If you would like a text about your call from {line.business_name}, press 1. "
        "Message and data rates may apply. Reply STOP to opt out."
    )


def answer(line: Line) -> list[Step]:
    """The plan for a call that arrives."""
    if line.answering == "staff_first" and line.staff_numbers:
        return [*_notice(line), Ring(line.staff_numbers, line.ring_seconds, line.press_one)]
    return [*_notice(line), *unanswered(line)]


def unanswered(line: Line) -> list[Step]:
    """The plan once nobody took the call: greeting, perhaps the offer, voicemail or the end."""
    offered: list[Step] = []
    if line.posture == postures.PRESS_ONE:
        offered = [AskConsent(offer(line), OFFER_SECONDS)]
    return [Say(greeting(line)), *offered, *_voicemail(line)]


def after_offer(line: Line, digits: str) -> list[Step]:
    """The plan once the caller pressed something: a 1 is thanked for, anything else is no consent."""
    thanks = Say("Thank you. We have noted that you would like a text.")
    return [*([thanks] if digits.strip() == "1" else []), *_voicemail(line)]


def _notice(line: Line) -> list[Step]:
    return [Say(FIRST_NOTICE)] if line.posture == postures.NOTICE else []


def _voicemail(line: Line) -> list[Step]:
    if not line.voicemail:
        return [Hangup()]
    message = Say("Please leave a message after the tone.")
    return [message, Record(VOICEMAIL_SECONDS), Hangup()]


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
    """The plan when our first answer did not reach the caller: greeting and voicemail, nobody rung.

    Whatever was said before may not have been heard, so a notice comes first here too.
    """
    return [*_notice(line), *unanswered(line)]
