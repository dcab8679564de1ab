"""What support sees of people by default: enough to tell them apart, too little to call anybody. Pure.

A caller's number keeps its country, its area code and its last two digits; what people said or
wrote is only counted. A business's own lines stay as they are: they are no secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from messaging.numbers import normalise

_NUMBER = re.compile(
    r"(?:\+|%2[Bb])[1-9]\d{6,14}(?!\d)"
    r"|(?<![\w.+-])(?:1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}(?![\w-])"
    r"|(?<![A-Za-z0-9-])\d{10,15}(?![A-Za-z0-9-])"
)
# Fields of webhooks in which people's words, names and places stand, whoever the provider is.
_WORDS = re.compile(
    r"(body|text|transcription|callername|fromcity|fromzip|tocity|tozip|callercity|callerzip"
    r"|calledcity|calledzip|caller_id_name|recordingurl|mediaurl|recording_urls|url)\d*\Z",
    re.IGNORECASE,
)


def number(raw: str, keep: Collection[str] = ()) -> str:
    """Return a number with its middle hidden: +1312•••••42. One of `keep` stays, so does a word."""
    e164 = normalise(raw)
    if not e164:
        return raw if not any(letter.isdigit() for letter in raw) else "•••"
    if e164 in keep:
        return e164
    shown = 5 if e164.startswith("+1") else 3
    return f"{e164[:shown]}{'•' * max(3, len(e164) - shown - 2)}{e164[-2:]}"


def text(said: str, keep: Collection[str] = ()) -> str:
    """Return a sentence of ours with every number in it hidden."""

    def hidden(found: re.Match[str]) -> str:
        return number(found[0].replace("%2B", "+").replace("%2b", "+"), keep)

    return _NUMBER.sub(hidden, said)


def words(said: str) -> str:
    """Return how much somebody said, in place of what he said."""
    return f"{len(said)} characters, hidden" if said else ""


def value(given: Any, keep: Collection[str] = ()) -> Any:
    """Return a stored value (JSON) with numbers hidden, and fields of people's words counted."""
    if isinstance(given, str):
        return text(given, keep)
    if isinstance(given, Mapping):
        return {
            text(str(name), keep): words(inner)
            if isinstance(inner, str) and _WORDS.search(str(name))
            else value(inner, keep)
            for name, inner in given.items()
        }
    if isinstance(given, list | tuple):
        return [value(inner, keep) for inner in given]
    # A number written as a number, not as text.
    if isinstance(given, int) and not isinstance(given, bool) and given >= 10**9:
        return text(str(given), keep)
    return given


@dataclass(frozen=True, slots=True)
class Veil:
    """How much somebody sees. is_full: everything as it is stored; keep: numbers that always stay."""

    is_full: bool = False
    keep: frozenset[str] = frozenset()

    def number(self, raw: str) -> str:
        """Return a number, masked unless everything is shown."""
        return raw if self.is_full else number(raw, self.keep)

    def text(self, said: str) -> str:
        """Return a sentence of ours, the numbers in it masked."""
        return said if self.is_full else text(said, self.keep)

    def words(self, said: str) -> str:
        """Return what somebody wrote or said, or how long it was."""
        return said if self.is_full else words(said)

    def value(self, given: Any) -> Any:
        """Return a stored value."""
        return given if self.is_full else value(given, self.keep)
