"""Our words that no rule explained: meant at the end of a sentence, doubtful within one. Pure."""

from __future__ import annotations

from messaging.optout_bare import FILLERS
from messaging.optout_innocent import BOOKINGS, LAUGHING, PLAYFUL
from messaging.optout_rules import Reading
from messaging.optout_words import each

_OURS = frozenset(("stop", "quit", "cancel"))
_POINTING = frozenset(each("it this that now already all these everything"))
# What may follow STOP as a reason or a courtesy.
_CLAUSE = frozenset(
    each(
        "for i you we am not your u its it im who why how do dont no is are or if before because "
        "since and lady people computer machine altogether completely entirely permanently forever "
        "today yourself yall tyvm kk love asap immediately wrong unsubscribe remove me us thanks "
        "leave take ok please thank sorry my"
    )
)
_CLOSING = frozenset(each("now already all thanks right i you please ok thank"))
_ADDRESSED = frozenset(
    each(
        "you yall text this these i we contact spam everyone people bot request asked told notice demand"
    )
)
_BREAKS = (".", "?", ",", "but", "btw", "also")


def leftover(line: str, tokens: frozenset[str], folded: str) -> Reading | None:
    """Return what words of ours that stand uncovered in a line ask for, None where none does.

    ``tokens``: the words of the line; ``folded``: the text, for its emoji.
    """
    if _OURS.isdisjoint(tokens):
        return None
    is_playful = not PLAYFUL.isdisjoint(tokens) or LAUGHING.search(folded) is not None
    words = line.split()
    opening: list[str] = []
    doubt: Reading | None = None
    for place, word in enumerate(words):
        if word in _BREAKS:
            opening = []
            continue
        if word in _OURS:
            after = words[place + 1 : place + 3]
            if word == "stop":
                reading = _stop(opening, after, is_playful)
            elif word == "quit":
                reading = None if is_playful or _said(opening) else _doubt(word)
            else:
                reading = _cancel(after[0], tokens)
            if reading and reading.label == "opt_out":
                return reading
            doubt = doubt or reading
        opening.append(word)
    return doubt


def _said(opening: list[str]) -> bool:
    """Whether anything but a courtesy stands before our word in its clause."""
    return any(word not in FILLERS and word not in PLAYFUL for word in opening)


def _doubt(word: str) -> Reading:
    return Reading("ambiguous", word, "object")


def _stop(opening: list[str], after: list[str], is_playful: bool) -> Reading | None:
    """Decide about one STOP by the words before it in its clause and the two behind it."""
    meant = Reading("opt_out", "stop", "per_se")
    is_first = not _said(opening)
    if after[0] in _BREAKS:
        if opening[-1:] == ["you"] and opening[-2:-1] in (["can"], ["could"], ["will"], ["would"]):
            return _doubt("stop")
        if opening[-1:] == ["to"] and _ADDRESSED.isdisjoint(opening):
            return _doubt("stop") if "it" in opening else None  # "the noise needs to stop"
        if opening and opening[-1] in ("i", "we", "he", "she", "they"):
            return None  # "my brakes squeal when I stop"
        return None if is_playful and is_first else meant
    if is_playful and is_first:
        return None
    if is_first and after[0] in _POINTING:
        return meant if after[1] in _BREAKS or after[1] in _CLOSING else _doubt("stop")
    if is_first and (after[0].isdigit() or len(after[0]) < 3) and after[1] in _BREAKS:
        return meant  # a slip of the thumb behind it
    return meant if is_first and after[0] in _CLAUSE else _doubt("stop")


def _cancel(following: str, tokens: frozenset[str]) -> Reading | None:
    """Decide about one CANCEL: beside a booking it speaks of that."""
    if not tokens.isdisjoint(BOOKINGS) or any(token[0].isdigit() for token in tokens):
        return None
    at_end = following in _BREAKS or following in ("it", "that", "this", "all", "everything")
    return _doubt("cancel") if at_end else None
