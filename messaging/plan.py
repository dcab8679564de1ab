"""The steps of a voice plan, in no provider's language. Pure; calls/flow.py composes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Fields of our own beside a stored webhook's: the posture it was answered under, and `transcript`.
POSTURE, SAID = "ringback:posture", "ringback:said"
_SETTING_UP_SECONDS = 8  # what carriers add to a ringing's time limit


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring these numbers, all at once or one after the other; the first that accepts talks.

    seconds: how long each of them rings; press_one: accepting means pressing 1; on_call: this is
    the one on call in an emergency, not the staff.
    """

    numbers: tuple[str, ...]
    seconds: int
    press_one: bool
    in_order: bool = False
    on_call: bool = False

    @property
    def at_most(self) -> int:
        """How many seconds it may ring until the plan goes on, but for setting up the first call."""
        if not self.in_order:
            return self.seconds
        return len(self.numbers) * (self.seconds + _SETTING_UP_SECONDS) - _SETTING_UP_SECONDS


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a sentence."""

    words: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play a recording. words: what it says, as somebody of the business typed it."""

    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Gather:
    """Say or play something, during which and for `seconds` after which one key may be pressed.

    to: where the key goes: "screen" and "oncall/screen" (the leg of whoever was rung), "keys" (the
    greeting), "consent" (the offer of a text). consent_key: the key that accepts the offer, '' where
    none is made; emergency_key: the key for an emergency, '' where there is none. Without a key the
    plan goes on; on a leg we placed it ends.
    """

    prompt: tuple[Say | Play, ...]
    seconds: int
    to: str
    consent_key: str = ""
    emergency_key: str = ""

    @property
    def words(self) -> str:
        """Everything that is heard, in one line."""
        return " ".join(part.words for part in self.prompt)


@dataclass(frozen=True, slots=True)
class Record:
    """Take a voicemail of at most `seconds`; transcribe: the provider writes it out as well."""

    seconds: int
    transcribe: bool = False


@dataclass(frozen=True, slots=True)
class Connect:
    """On the leg of whoever was rung: 1 was pressed, connect."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """On a leg we placed: ring a number and put both through; it sees `shows`. Nobody there: go on.

    number, shows: E.164, the latter one of the account's; seconds: how long it rings at most; tells:
    the path below our voice webhook that is told how it ended, '' for none.
    """

    number: str
    shows: str
    seconds: int
    tells: str = ""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Say nothing for so many seconds, on a leg we placed."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Press:
    """Press one key, on a leg we placed: whoever answered it hears the tone."""

    key: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the call without answering it."""


Step = Ring | Say | Play | Gather | Record | Connect | Bridge | Hangup | Wait | Press | Reject


def transcript(steps: Sequence[Step]) -> str:
    """Return what a plan makes the caller hear, one step a line; '' when it is nothing at all.

    It is kept with the webhook it answered: what was said is known from there alone, whatever the
    set-up says later. Lines: "say WORDS", "play WORDS", "ask:KEY WORDS" (the offer of a text and the
    key that accepts it), "key KEY" (it may be pressed in an emergency), "ring SECONDS",
    "oncall SECONDS" (calls/consented.py reads it).
    """
    lines = []
    for step in steps:
        if isinstance(step, Ring):
            lines.append(f"{'oncall' if step.on_call else 'ring'} {step.at_most}")
            continue
        if isinstance(step, Gather) and step.emergency_key:
            lines.append(f"key {step.emergency_key}")
        if isinstance(step, Gather) and step.consent_key:
            lines.append(f"ask:{step.consent_key} {_one_line(step.words)}")
        elif isinstance(step, Gather):
            lines += [_line(part) for part in step.prompt]
        elif isinstance(step, Say | Play):
            lines.append(_line(step))
    return "\n".join(lines)


def _line(part: Say | Play) -> str:
    return f"{'say' if isinstance(part, Say) else 'play'} {_one_line(part.words)}"


def _one_line(words: str) -> str:
    return " ".join(words.split())
