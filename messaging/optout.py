"""Does this reply ask us to stop? Any words a person may use, read in microseconds. Pure.

The pipeline of compliance.md section 6: fold (optout_fold), reactions and quotations out
(optout_quotes), whole short replies and per-se words (optout_bare, optout_words), then phrases
with their objects (optout_innocent covers what is innocent, optout_phrases and its neighbours say
what is meant), other languages beside them (optout_languages). R-REV-2: a per-se word alone is
definitive; R-REV-3: other words count as a reasonable person would read them.
"""

from __future__ import annotations

from dataclasses import dataclass

from messaging import optout_bare as bare
from messaging import optout_quotes as quotes
from messaging.optout_doubts import COMPLAINTS, CONSENT, QUESTIONS, RETRACTIONS
from messaging.optout_fold import fold
from messaging.optout_hunch import hunch
from messaging.optout_innocent import (
    BOOKINGS,
    LAUGHING,
    LIMITED,
    PARTIAL,
    PLAYFUL,
    covered,
    refuses,
)
from messaging.optout_languages import foreign, foreign_alone
from messaging.optout_phrases import CEASING, LEAVING, REFUSING, REMOVING
from messaging.optout_rules import Label, Rule
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

VERSION = "2026-11-21"

_OPT_OUT: list[Rule] = [*CEASING, *REFUSING, *REMOVING, *LEAVING, *STRANGERS, *LEGAL, *PERMISSION]
# Words that a whole Cyrillic or Greek word is read as Latin for.
KNOWN = frozenset(STOPPERS | STARTERS | HELPERS | {"text", "texts", "no", "me", "out", "opt"})
_DEFINITE = frozenset(
    each("stop unsubscribe optout quit stopall revoke remove cease desist unsub deregister")
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply asks for.

    matched: the words that said so, '' when nothing did; at most 60 characters. by: how it was
    read: per_se, typo, phrase, emoji, tapback, quote, question, bare, yes, consent, voice, '' ...
    """

    label: Label
    matched: str
    by: str


_NOTHING = Reading("not_opt_out", "", "")


def normalise(text: str) -> str:
    """Return the words of a text folded for comparison, one space between."""
    return " ".join(word for word in words_of(fold(text, KNOWN)).plain.split() if word not in ".?")


def read(text: str) -> Reading:
    """Read a reply on a missed-call thread. Accepts any string; never raises; linear in its length."""
    folded = fold(text, KNOWN)
    if found := quotes.reaction(folded):
        return _reaction(found)
    own = quotes.without_copies(folded)
    reading = _read(own, text)
    if reading.label == "not_opt_out" and len(own.strip()) < len(folded.strip()) - 8:
        # Below a quotation or a signature nothing asks for anything; above it something may.
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
    quoted = found.quoted
    if found.is_negative:
        return Reading("ambiguous", found.words, "tapback")
    if (
        len(quoted) < 40
        and not quotes.FOOTER.search(quoted)
        and _read(quoted, quoted).label == "opt_out"
    ):
        return Reading("ambiguous", quoted[:60], "tapback")  # their own STOP, pointed at again
    return Reading("not_opt_out", found.words, "tapback")


def _read(folded: str, text: str) -> Reading:
    """Read a folded text that the person wrote themselves."""
    words = words_of(folded)
    if reading := _whole(words, folded):
        return reading
    if found := foreign_alone(words, folded, text):
        return Reading(found.label, found.matched, found.by)
    if quotes.FOOTER.search(folded):
        return _around_footer(folded, text)
    if any(mark in folded for mark in "-–—~\n"):
        signed = quotes.without_name(folded)
        if signed != folded:
            reading = _whole(words_of(signed), signed)
            if reading and reading.label in ("opt_out", "opt_in", "help"):
                return reading
    return _phrases(words, folded)


def _around_footer(folded: str, text: str) -> Reading:
    """Read a text that holds a copy of our own instruction ("reply STOP to opt out")."""
    rest = quotes.FOOTER.sub(" . ", folded)
    reading = _whole(words_of(rest), rest) or _phrases(words_of(rest), rest)
    if reading.label == "opt_out" and reading.by != "bare":
        return reading
    left = [
        w for part in words_of(rest).parts for w in part if w not in bare.FILLERS and len(w) > 1
    ]
    left = [w for w in left if w not in ("how", "what", "if", "it", "text", "number", "this")]
    if not left:
        return Reading("opt_out", folded.strip()[:60], "per_se")
    original = _phrases(words_of(folded), folded)
    if quotes.is_our_text(folded):
        return Reading("ambiguous", folded.strip()[:60], "quote")
    if quotes.reports(folded):
        return reading if reading.label != "not_opt_out" else Reading("not_opt_out", "", "quote")
    if original.label in ("opt_out", "opt_in"):
        return original
    return Reading("ambiguous", folded.strip()[:60], "quote")


def _whole(words: Words, folded: str) -> Reading | None:
    """Read a reply as one instruction or courtesy; None where it says more."""
    everything = [word for part in words.parts for word in part]
    if not everything:
        return _signs(folded)
    if len(everything) > 24 and not set(everything) <= STOPPERS:
        return None
    phrase = " ".join(everything)
    said = phrase[:60]
    if (closed := bare.CLOSINGS.sub(" ", phrase)) != phrase:
        everything = closed.split() or everything
        phrase = " ".join(everything)
    core = [word for word in everything if word not in bare.FILLERS]
    if everything and all(word in bare.AFFIRMATIVE for word in everything):
        return Reading("ambiguous", said, "yes")
    if phrase in bare.AMBIGUOUS_PHRASES:
        return Reading("ambiguous", said, "bare")
    if reading := _instruction(core, everything):
        return reading
    polite = " ".join(word for word in everything if word not in bare.POLITE)
    if phrase in bare.START_PHRASES or polite in bare.START_PHRASES:
        return Reading("opt_in", said, "bare")
    asked = " ".join(word for word in everything if word not in bare.HELP_FILLERS)
    if phrase in bare.HELP_PHRASES or asked in bare.HELP_PHRASES:
        return Reading("help", said, "bare")
    if len(everything) == 1 or (len(core) == 1 and len(everything) < 4):
        word = core[0] if core else everything[0]
        if word in TYPOS_START:
            return Reading("opt_in", said, "typo")
        if word in TYPOS_HELP:
            return Reading("help", said, "typo")
    doubtful = [word for word in everything if word not in bare.POLITE]
    if doubtful and len(set(doubtful)) == 1 and doubtful[0] in bare.AMBIGUOUS:
        return Reading("ambiguous", said, "bare")
    if " ".join(doubtful) in bare.AMBIGUOUS_PHRASES:
        return Reading("ambiguous", said, "bare")
    return None


def _instruction(core: list[str], everything: list[str]) -> Reading | None:
    """Read "stop", "please unsubscribe me", "st op", "qiut": a per-se word and nothing else."""
    if not core:
        return None
    rest = [word for word in core if word not in bare.ITS_OBJECT]
    if rest and core[0] == rest[0] and all(word in STOPPERS for word in rest):
        return Reading("opt_out", " ".join(core)[:60], "per_se")
    if len(core) == 1 and core[0] in TYPOS_ALONE:
        return Reading("opt_out", core[0], "typo")
    if (
        rest
        and len(rest) < len(core)
        and len(rest) == 1
        and len(core[0]) > 3
        and core[0] in TYPOS_ALONE
    ):
        return Reading("opt_out", " ".join(core)[:60], "typo")
    if 2 <= len(core) <= 12 or len(core) == 1:
        joined = "".join(core)
        short = squeeze(joined)
        if len(joined) <= 40 and core[0] not in ("to", "no"):
            if joined in STOPPERS or (short in STOPPERS and joined not in ("stoop", "see")):
                return Reading("opt_out", " ".join(core)[:60], "per_se")
            if len(core) > 1 and len(joined) > 3 and joined in TYPOS_ALONE and not _real(core):
                return Reading("opt_out", " ".join(core)[:60], "typo")
    return None


def _real(core: list[str]) -> bool:
    """Whether words are more likely meant as they stand than as one word torn apart."""
    return all(len(word) > 2 for word in core)


def _signs(folded: str) -> Reading:
    """Read a reply without any word: emoji or punctuation."""
    signs = [c for c in folded if not c.isspace() and c not in bare.EMOJI_EXTRAS]
    if not signs:
        return _NOTHING
    shown = folded.strip()[:60]
    emoji = [c for c in signs if ord(c) > 0x2000 and c not in "“”‘’…–—‼"]
    if not emoji:
        return Reading("ambiguous", shown, "bare")
    if any(c in bare.STOP_EMOJI for c in emoji):
        return Reading("opt_out", shown, "emoji")
    if any(c in bare.DOUBT_EMOJI for c in emoji):
        return Reading("ambiguous", shown, "emoji")
    return _NOTHING


def _phrases(words: Words, folded: str) -> Reading:
    """Read a longer text: what any part of it asks for, the gravest first."""
    tokens = frozenset(words.line.split())
    line = covered(words.line, tokens)
    if reading := _first(RETRACTIONS, words.line, tokens, words):
        return reading
    doubt: Reading | None = None
    for rule in _OPT_OUT:
        if rule.wakes.isdisjoint(tokens):
            continue
        for found in rule.pattern.finditer(line):
            matched = words.between(found.start(), found.end())
            inside = found.group().split()
            if LIMITED.match(line, found.end() - 1) or (
                "list" not in inside and not PARTIAL.isdisjoint(inside)
            ):
                doubt = doubt or Reading("ambiguous", matched, "limited")
            else:
                return Reading("opt_out", matched, rule.by)
    if not doubt and (reading := foreign(words, folded)):
        if reading.label == "opt_out":
            return Reading(reading.label, reading.matched, reading.by)
        doubt = doubt or Reading(reading.label, reading.matched, reading.by)
    if reading := _parts(words, line):
        if reading.label == "opt_out":
            return reading
        doubt = doubt or reading
    if doubt and doubt.label == "ambiguous":
        return doubt
    if reading := _leftover(words, line, tokens, folded):
        return reading
    for table in (COMPLAINTS, QUESTIONS):
        if reading := _first(table, line, tokens, words):
            return reading
    if reading := doubt or _consent(line, tokens, words):
        return reading
    if smell := hunch(line, tokens):
        return Reading("ambiguous", smell[:60].strip(), "hunch")
    return _NOTHING


def _first(table: list[Rule], line: str, tokens: frozenset[str], words: Words) -> Reading | None:
    """Return what the first fitting rule of a table says."""
    for rule in table:
        if not rule.wakes.isdisjoint(tokens):
            if found := rule.pattern.search(line):
                return Reading(rule.label, words.between(found.start(), found.end()), rule.by)
    return None


def _consent(line: str, tokens: frozenset[str], words: Words) -> Reading | None:
    """Return consent to texts, unless its sentence refuses before it ("I never said you could")."""
    for rule in CONSENT:
        if not rule.wakes.isdisjoint(tokens) and (found := rule.pattern.search(line)):
            if not refuses(line, found.start()):
                return Reading(rule.label, words.between(found.start(), found.end()), rule.by)
    return None


def _parts(words: Words, line: str) -> Reading | None:
    """Read each clause as an instruction: "Thanks for the info, stop"."""
    doubt = None
    if len(words.parts) < 2:
        return None
    for part in words.parts:
        core = [word for word in part if word not in bare.FILLERS]
        reading = _instruction(core, part) if core else None
        if not reading:
            continue
        if core[0] in _DEFINITE or (reading.by == "typo" and len(core[0]) > 3):
            return reading
        doubt = Reading("ambiguous", reading.matched, "part")
    return doubt


def _leftover(words: Words, line: str, tokens: frozenset[str], folded: str) -> Reading | None:
    """Decide about our words that no rule explained: at the end of a sentence they are meant."""
    for word in ("stop", "quit", "cancel", "remove"):
        at = line.find(f" {word} ")
        while at >= 0:
            start, end = at + 1, at + 1 + len(word)
            before = line[:at].split(" ")
            after = line[end:].split()
            sentence = []
            for earlier in reversed(before):
                if earlier in (".", "?"):
                    break
                sentence.append(earlier)
            reading = _one_left(word, sentence, after, tokens, folded, words.between(start, end))
            if reading:
                return reading
            at = line.find(f" {word} ", end)
    return None


def _one_left(
    word: str, before: list[str], after: list[str], tokens: frozenset[str], folded: str, said: str
) -> Reading | None:
    """Decide about one word left over; ``before``: the sentence up to it, nearest first."""
    following = after[0] if after else "."
    at_end = following in (".", "?")
    if word == "cancel":
        if (
            tokens & BOOKINGS
            or any(token[0].isdigit() for token in tokens)
            or (not at_end and following not in ("it", "that", "this", "all", "everything"))
        ):
            return None
        return Reading("ambiguous", said, "object")
    if word == "remove":
        return None
    playful = bool(tokens & PLAYFUL) or bool(LAUGHING.search(folded))
    first = not [w for w in before if w not in bare.FILLERS and w not in PLAYFUL]
    if word == "quit":
        return Reading("ambiguous", said, "object") if first and not playful else None
    if at_end:
        if before[:1] == ["you"] and before[1:2] and before[1] in ("can", "could", "will", "would"):
            return Reading("ambiguous", said, "object")
        return Reading("opt_out", said, "per_se") if not (playful and first) else None
    if first and following in (
        "it",
        "this",
        "that",
        "now",
        "already",
        "all",
        "these",
        "everything",
    ):
        if playful:
            return None
        closes = len(after) < 2 or after[1] in (
            ".",
            "?",
            "now",
            "already",
            "all",
            "thanks",
            "right",
            "i",
            "you",
        )
        return Reading("opt_out" if closes else "ambiguous", said, "per_se" if closes else "object")
    if playful and first and not tokens & {"text"}:
        return None
    if first and (following.isdigit() or len(following) < 3) and after[1:2] in (["."], ["?"]):
        return Reading("opt_out", said, "per_se")  # a slip of the thumb behind it
    if first and following in _CLAUSE:
        return Reading("opt_out", said, "per_se")
    return Reading("ambiguous", said, "object")


_CLAUSE = frozenset(
    each(
        "for i you we am not your u its it im who why how do dont no is are or if before because "
        "since and lady people computer machine altogether completely entirely permanently "
        "forever today yourself yall tyvm kk love asap immediately 1 2 wrong unsubscribe remove "
        "me us thanks leave take ok please thank sorry my"
    )
)
