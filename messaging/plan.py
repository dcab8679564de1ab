"""The steps of a voice plan, in no provider's language. Pure; calls/flow.py composes them."""

from __future__ import annotations

from dataclasses import dataclass


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
class Connect:
    """On the staff's leg: 1 was pressed, connect."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the call without answering it."""


Step = Ring | Say | Record | AskPressOne | Connect | Hangup | Reject
