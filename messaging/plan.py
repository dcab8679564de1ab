"""The steps of a voice plan, in no provider's language. Pure; calls/flow.py composes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Fields of our own beside a stored webhook's: the posture it was answered under, and `transcript`.
POSTURE, SAID = "ringback:posture", "ringback:said"


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring these numbers at once; the first that accepts talks."""

    numbers: tuple[str, ...]
    seconds: int
    press_one: bool


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a sentence."""

    words: str


@dataclass(frozen=True, slots=True)
class Record:
    """Take a voicemail of at most `seconds`."""

    seconds: int


@dataclass(frozen=True, slots=True)
class AskPressOne:
    """On the staff's leg: ask for a 1 before connecting."""

    words: str


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Offer the caller a text: one key, within `seconds` after the words; then the plan goes on."""

    words: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Connect:
    """On the staff's leg: 1 was pressed, connect."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the call without answering it."""


Step = Ring | Say | Record | AskPressOne | AskConsent | Connect | Hangup | Reject


def transcript(steps: Sequence[Step]) -> str:
    """Return what a plan makes the caller hear, one step a line; '' when nothing is said to him.

    It is kept with the webhook it answered: what was said is known from there alone, whatever the
    set-up says later. Lines: "say WORDS", "ask WORDS", "ring SECONDS" (calls/consented.py reads it).
    """
    lines = []
    for step in steps:
        if isinstance(step, Ring):
            lines.append(f"ring {step.seconds}")
        elif isinstance(step, Say | AskConsent):
            kind = "say" if isinstance(step, Say) else "ask"
            lines.append(f"{kind} {' '.join(step.words.split())}")
    return "\n".join(lines) if any(not line.startswith("ring") for line in lines) else ""
