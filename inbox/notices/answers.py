"""What a member's answer from his handset is for: which caller, which words, or just "I see to it". Pure.

Several alerts at one phone carry numbers, and an answer begins with its number and a colon. Where it
could be meant for more than one, nobody is guessed: he is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# "2: on my way", "#2 - on my way", "2) on my way"; but no time of day ("8:30 works") and no list.
_NUMBERED = re.compile(r"\s*#?(\d{1,2})\s*(?::|\)|\.|\s[-–—])\s*(?!\d)(\S.*)", re.DOTALL)
_BARE = re.compile(r"\s*#?(\d{1,2})\s*[.!)]?\s*")
_SEEN_TO = frozenset({"ok", "okay", "k", "got it", "on it", "mine", "👍", "vale", "listo"})
JOIN = frozenset({"join", "unirse"})


@dataclass(frozen=True, slots=True)
class Open:
    """A caller this phone was alerted about: the number his alerts carry, and whether he waits still.

    at: when the newest of those alerts was written (aware).
    """

    slot: int
    conversation: int
    wait: int | None
    name: str
    waits: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do: send the words to the caller, note that the member sees to him, or ask.

    why: of ask: "nobody", "which", "no_such"; of the others "".
    """

    what: Literal["send", "seen_to", "ask"]
    caller: Open | None = None
    words: str = ""
    why: str = ""


def is_join(body: str) -> bool:
    """Whether a text says yes to alerts: the word alone, whatever its case, quotes and full stop."""
    return body.strip().strip(".!\"'“”‘’").strip().lower() in JOIN


def choose(body: str, callers: Sequence[Open]) -> Choice:
    """Decide whom an answer is for. callers: one a conversation, alerted within a day, newest first.

    Those who wait still come first: one of them needs no number. When nobody waits any more, the
    one caller of that day is meant, or he is asked.
    """
    waiting = [caller for caller in callers if caller.waits]
    candidates = waiting or list(callers)
    if not candidates:
        return Choice("ask", why="nobody")
    bare = _BARE.fullmatch(body)
    if bare is not None:
        return _seen_to(int(bare.group(1)), callers, candidates)
    if body.strip().rstrip(".!").lower() in _SEEN_TO:
        if len(candidates) == 1:
            return Choice("seen_to", candidates[0])
        return Choice("ask", why="which")
    numbered = _NUMBERED.fullmatch(body)
    if numbered is not None:
        slot, words = int(numbered.group(1)), numbered.group(2).strip()
        meant = [caller for caller in callers if caller.slot == slot]
        if len(meant) == 1:
            return Choice("send", meant[0], words)
        return Choice("ask", why="no_such")
    if len(candidates) == 1:
        return Choice("send", candidates[0], body.strip())
    return Choice("ask", why="which")


def free_slot(conversation: int, callers: Sequence[Open]) -> int:
    """Return the number for an alert: that of its conversation, or the least no waiting caller has."""
    for caller in callers:
        if caller.conversation == conversation:
            return caller.slot
    taken = {caller.slot for caller in callers}
    return next(number for number in range(1, 100) if number not in taken)


def _seen_to(slot: int, callers: Sequence[Open], candidates: Sequence[Open]) -> Choice:
    meant = [caller for caller in callers if caller.slot == slot]
    if len(meant) == 1:
        return Choice("seen_to", meant[0])
    # "1" is how one alert is acknowledged, whatever number it carries.
    if slot == 1 and len(candidates) == 1:
        return Choice("seen_to", candidates[0])
    return Choice("ask", why="no_such")
