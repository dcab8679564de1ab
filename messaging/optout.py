"""Does this reply ask us to stop? Any words a person may use, read in microseconds. Pure.

The pipeline of compliance.md section 6: fold (optout_fold), reactions and quotations out
(optout_quotes), whole short replies and per-se words (optout_bare, optout_words), then phrases
with their objects (optout_innocent covers what is innocent, optout_phrases and its neighbours say
what is meant), other languages beside them (optout_languages). R-REV-2: a per-se word alone is
definitive; R-REV-3: other words count as a reasonable person would read them.
"""

from __future__ import annotations

from messaging import optout_bare as bare
from messaging import optout_quotes as quotes
from messaging.optout_doubts import COMPLAINTS, CONSENT, QUESTIONS, RETRACTIONS
from messaging.optout_fold import fold
from messaging.optout_hunch import hunch
from messaging.optout_innocent import ANOTHER, LIMITED, PARTIAL, covered, refuses
from messaging.optout_languages import alone, foreign, foreign_alone
from messaging.optout_leftover import leftover
from messaging.optout_phrases import CEASING, LEAVING, REFUSING, REMOVING
from messaging.optout_rules import Label, Reading, Table
from messaging.optout_strangers import LEGAL, PERMISSION, STRANGERS
from messaging.optout_tokens import Words, squeeze, words_of
from messaging.optout_words import (
    HELPERS,
    PER_SE,
    STARTERS,
    STOPPERS,
    TYPOS_ALONE,
    TYPOS_HELP,
    TYPOS_START,
    each,
)

__all__ = ["PER_SE", "VERSION", "Label", "Reading", "normalise", "read"]

VERSION = "2026-11-22"

_OPT_OUT = Table([*CEASING, *REFUSING, *REMOVING, *LEAVING, *STRANGERS, *LEGAL, *PERMISSION])
_COMPLAINTS, _QUESTIONS = Table(COMPLAINTS), Table(QUESTIONS)
_CONSENT, _RETRACTIONS = Table(CONSENT), Table(RETRACTIONS)
# Words that a whole Cyrillic or Greek word is read as Latin for.
KNOWN = frozenset(STOPPERS | STARTERS | HELPERS | {"text", "texts", "no", "me", "out", "opt"})
# Our words that mean nothing else where they stand as a clause of their own.
_DEFINITE = frozenset(
    each(
        "stop unsubscribe optout quit stopall revoke remove cease desist unsub deregister discontinue"
    )
)
# What may stand around a copy of our instruction without making a sentence of it.
_BESIDE_FOOTER = bare.FILLERS | frozenset(
    each(
        "how what if it text number this do i can want to would like am will sending should need "
        "replying is my here so then doing"
    )
)
_NOTHING = Reading("not_opt_out", "", "")


def normalise(text: str) -> str:
    """Return the words of a text folded for comparison, one space between."""
    return " ".join(word for word in words_of(fold(text, KNOWN)).plain.split() if word not in ".?")


def read(text: str) -> Reading:
    """Read a reply on a missed-call thread. Accepts any string; never raises; linear in its length."""
    folded = fold(text, KNOWN)
    if found := quotes.reaction(folded):
        return _reaction(found)
    marked = quotes.without_marks(folded)
    whole = _whole(words_of(marked), marked) if marked != folded else None
    if whole and whole.label == "opt_out":
        return whole  # nothing beside it: a quotation needs words of the person's own
    own = quotes.without_copies(folded)
    reading = _read(own, text)
    if reading.label == "not_opt_out" and len(own.strip()) < len(folded.strip()) - 8:
        # What was cut away is no instruction, yet it may hold the person's own words.
        cut = _read(quotes.FOOTER.sub(" ", folded), text)
        if cut.label == "opt_out" or not own.strip(" \n.>"):
            return Reading("ambiguous", cut.matched, "quote")
    return reading


def _reaction(found: quotes.Reaction) -> Reading:
    """Read a reaction to a message: a dislike is a doubt, a like is nothing; words behind it count."""
    if found.tail:
        tail = _read(found.tail, found.tail)
        if tail.label in ("opt_out", "opt_in", "help"):
            return tail
    if found.is_negative:
        return Reading("ambiguous", found.words, "tapback")
    quoted = found.quoted
    if (
        len(quoted) < 40
        and not quotes.FOOTER.search(quoted)
        and _read(quoted, "").label == "opt_out"
    ):
        return Reading("ambiguous", quoted[:60], "tapback")  # their own STOP, pointed at again
    return Reading("not_opt_out", found.words, "tapback")


def _read(folded: str, text: str) -> Reading:
    """Read a folded text that the person wrote themselves; ``text``: with its accents."""
    words = words_of(folded)
    if reading := _whole(words, folded) or foreign_alone(words, folded, text):
        return reading
    if quotes.FOOTER.search(folded):
        return _around_footer(folded)
    signed = quotes.without_name(folded)
    if signed != folded:
        reading = _whole(words_of(signed), signed)
        if reading and reading.label in ("opt_out", "opt_in", "help"):
            return reading
    reading = _phrases(words, folded)
    if reading.label == "not_opt_out" and (named := quotes.denied_name(text)):
        return Reading("opt_out", named, "phrase")
    return reading


def _around_footer(folded: str) -> Reading:
    """Read a text that holds a copy of our own instruction ("reply STOP to opt out")."""
    rest = quotes.FOOTER.sub(" . ", folded)
    words = words_of(rest)
    left = [word for part in words.parts for word in part if word not in _BESIDE_FOOTER]
    if not any(len(word) > 1 for word in left):
        return Reading("opt_out", folded.strip()[:60], "per_se")
    reading = _whole(words, rest) or _phrases(words, rest)
    if reading.label == "opt_out":
        return reading
    if quotes.is_our_text(folded):
        return Reading("ambiguous", folded.strip()[:60], "quote")
    if quotes.reports(folded) or any(mark in folded for mark in '"“”«»'):
        return reading if reading.label != "not_opt_out" else Reading("not_opt_out", "", "quote")
    whole = _phrases(words_of(folded), folded)
    return whole if whole.label == "opt_in" else Reading("ambiguous", folded.strip()[:60], "quote")


def _whole(words: Words, folded: str) -> Reading | None:
    """Read a reply as one instruction or courtesy; None where it says more."""
    everything = [word for part in words.parts for word in part]
    if not everything:
        return _signs(folded)
    if len(everything) > 24 and not STOPPERS.issuperset(everything):
        return None
    said = " ".join(everything)[:60]
    everything = bare.CLOSINGS.sub(" ", " ".join(everything)).split() or everything
    phrase = " ".join(everything)
    core = [word for word in everything if word not in bare.FILLERS]
    plain = [word for word in everything if word not in bare.POLITE]
    polite = " ".join(plain)
    if bare.AFFIRMATIVE.issuperset(everything):
        return Reading("ambiguous", said, "yes")
    if phrase in bare.AMBIGUOUS_PHRASES:
        return Reading("ambiguous", said, "bare")
    if reading := _instruction(core):
        as_written = [word for word in words.plain.split() if word not in ".?"]
        is_right = not STOPPERS.isdisjoint(as_written) or "opt" in as_written or len(core) > 1
        return reading if is_right else Reading("opt_out", " ".join(as_written)[:60], "typo")
    if phrase in bare.HEARD or polite in bare.HEARD:
        return Reading("ambiguous", said, "typo")
    if phrase in bare.START_PHRASES or polite in bare.START_PHRASES:
        return Reading("opt_in", said, "bare")
    asked = " ".join(word for word in everything if word not in bare.HELP_FILLERS)
    if phrase in bare.HELP_PHRASES or asked in bare.HELP_PHRASES:
        return Reading("help", said, "bare")
    if len(plain) == 1 and plain[0] in TYPOS_START:
        return Reading("opt_in", said, "typo")
    if len(plain) == 1 and plain[0] in TYPOS_HELP:
        return Reading("help", said, "typo")
    if polite in bare.AMBIGUOUS_PHRASES or (len(set(plain)) == 1 and plain[0] in bare.AMBIGUOUS):
        return Reading("ambiguous", said, "bare")
    return None


def _instruction(core: list[str]) -> Reading | None:
    """Read "stop", "unsubscribe me", "st op", "qiut": a per-se word and nothing else.

    ``core``: the words of a reply or clause without its courtesies.
    """
    if not core:
        return None
    said = " ".join(core)[:60]
    rest = [word for word in core if word not in bare.ITS_OBJECT]
    if rest and core[0] == rest[0] and STOPPERS.issuperset(rest):
        return Reading("opt_out", said, "per_se")
    if not said.isalpha() and (digits := [word for word in core if word.isdigit()]):
        short = [word for word in core if not word.isdigit()]
        is_slip = len("".join(digits)) == 1 or len("".join(digits)) >= 7  # or a phone number
        if is_slip and "".join(short) in STOPPERS:
            # "exit 2" may be the way to a house, "stop 2" is a slip of the thumb.
            return Reading("opt_out" if short[0] in _DEFINITE else "ambiguous", said, "per_se")
    if core[0] in TYPOS_ALONE and rest in ([], core[:1]) and (len(core) == 1 or len(core[0]) > 3):
        return Reading("opt_out", said, "typo")
    if len(core) > 12 or core[0] in ("to", "no"):
        return None
    joined = "".join(core)
    if joined in STOPPERS or (squeeze(joined) in STOPPERS and joined != "stoop"):
        return Reading("opt_out", said, "per_se")
    torn = any(len(word) < 3 for word in core)  # else the words are meant as they stand
    if len(core) > 1 and torn and len(joined) > 3 and joined in TYPOS_ALONE:
        return Reading("opt_out", said, "typo")
    return None


def _signs(folded: str) -> Reading:
    """Read a reply without any word: emoji or punctuation."""
    signs = [c for c in folded if not c.isspace() and c not in bare.EMOJI_EXTRAS]
    if not signs:
        return _NOTHING
    shown = folded.strip()[:60]
    emoji = [c for c in signs if ord(c) > 0x2000 and c not in "“”‘’…–—‼"]
    if any(c in bare.STOP_EMOJI for c in emoji):
        return Reading("opt_out", shown, "emoji")
    if not emoji or any(c in bare.DOUBT_EMOJI for c in emoji):
        return Reading("ambiguous", shown, "emoji" if emoji else "bare")
    return _NOTHING


def _phrases(words: Words, folded: str) -> Reading:
    """Read a longer text: what any part of it asks for, the gravest first."""
    tokens = frozenset(words.line.split())
    if reading := _first(_RETRACTIONS, words.line, tokens, words):
        return reading
    line = covered(words.line, tokens)
    doubt = _refusal(line, tokens, words)
    if doubt and doubt.label == "opt_out":
        return doubt
    for reading in (None if doubt else foreign(words, folded), _clauses(words, line)):
        if reading and reading.label == "opt_out":
            return reading
        doubt = doubt or reading
    if doubt and doubt.label == "ambiguous":
        return doubt
    reading = leftover(line, tokens, folded) or _first(_COMPLAINTS, line, tokens, words)
    reading = reading or _first(_QUESTIONS, line, tokens, words) or doubt
    if reading := reading or _consent(line, tokens, words):
        return reading
    if smell := hunch(line, tokens):
        return Reading("ambiguous", smell[:60].strip(), "hunch")
    return _NOTHING


def _refusal(line: str, tokens: frozenset[str], words: Words) -> Reading | None:
    """Return a refusal of texts; ambiguous where it is one of a part of them or for a time."""
    doubt, limited = None, [(0, 0)]
    for rule in _OPT_OUT.awake(tokens):
        for found in rule.pattern.finditer(line):
            start, end = found.span()
            if any(first <= start < last for first, last in limited):
                continue  # a part of what was limited already
            matched = words.between(start, end)
            inside = found.group().split()
            # What follows a comma is a reason, no limit.
            limit = None if inside[-1] == "," else LIMITED.match(line, end - 1)
            if limit and rule.by == "threat" and ANOTHER.match(line, end - 1):
                limit = None  # what the threat forbids is the next text
            if not limit and ("list" in inside or PARTIAL.isdisjoint(inside)):
                return Reading("opt_out", matched, rule.by)
            limited.append((start, limit.end() if limit else end))
            doubt = doubt or Reading("ambiguous", matched, "limited")
    return doubt


def _first(table: Table, line: str, tokens: frozenset[str], words: Words) -> Reading | None:
    """Return what the first fitting rule of a table says."""
    for rule in table.awake(tokens):
        if found := rule.pattern.search(line):
            return Reading(rule.label, words.between(found.start(), found.end()), rule.by)
    return None


def _consent(line: str, tokens: frozenset[str], words: Words) -> Reading | None:
    """Return consent to texts, unless its sentence refuses before it ("I never said you could")."""
    for rule in _CONSENT.awake(tokens):
        found = rule.pattern.search(line)
        if found and not refuses(line, found.start()):
            return Reading(rule.label, words.between(found.start(), found.end()), rule.by)
    return None


def _clauses(words: Words, line: str) -> Reading | None:
    """Read each clause as an instruction: "Thanks for the info, stop". ``line``: what is uncovered."""
    doubt = None
    for part in words.parts if len(words.parts) > 1 else []:
        core = [word for word in part if word not in bare.FILLERS]
        reading = _instruction(core)
        if reading and core[0] in ("stop", "quit") and f" {core[0]} " not in line:
            continue  # "stop, you are too kind"
        if not reading:
            if len(part) > 1 and (said := alone(part)) and said.label == "opt_out":
                return said
            continue
        if core[0] in _DEFINITE or (reading.by == "typo" and len(core[0]) > 3):
            return reading
        doubt = Reading("ambiguous", reading.matched, "part") if len(core[0]) > 3 else doubt
    return doubt
