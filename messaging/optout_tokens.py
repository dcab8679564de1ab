"""A text taken apart into words, however they were spelt, and what each is read as. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from messaging.optout_fold import STOP_SIGNS
from messaging.optout_meanings import CANON, DROPPED, PAIRS, SPLIT
from messaging.optout_words import (
    GUARDED,
    HELPERS,
    STARTERS,
    STOPPERS,
    TYPOS_INSIDE,
    each,
    looks_like_unsubscribe,
)

# Ends of sentences, and the lesser break between clauses.
END, ASKS, COMMA = ".", "?", ","
_BREAKS = (END, ASKS, COMMA)

_PIECE = re.compile(
    rf"\d+(?:[.:,]\d+)+|[^\W_]+|[.!?;\n…]+|[,:()\[\]{{}}<>—–|]|\s[-~]+\s|--+|[&+](?=\s)|\#(?!\w)|[{STOP_SIGNS}]"
)
_RUN = re.compile(r"(.)\1+")
_HELD = re.compile(r"(.)\1\1")
_HELD_ON = re.compile(r"(.)\1{2,}")
_SHORT = frozenset(
    ("no", "dont", "me", "text", "texts", "texting", "it", "this", "now", "out", "opt")
)
_LEET = str.maketrans("013457$@!+|£€", "oieastsaitlle")
_LEET_TARGETS = STOPPERS - {"end", "halt", "exit"} | {"text", "texting", "texts", "fuck"}
_MASKS = frozenset("*#_-.@^~")
_MASKED = sorted(_LEET_TARGETS | {"end", "fucking", "fuckin", "shit"}, key=len)
_EDGES = ".,!?\"'()[]:;<>"

_FIRSTS = frozenset(first for first, _ in PAIRS)
_GLUE = frozenset(
    each(
        "stop unsubscribe quit cancel remove end optout opt out text texting texts txt txting "
        "message messages messaging msgs me my please pls plz now it this the all these sending "
        "contact contacting calling bothering dont donot do not send no more number take off list leave "
        "alone us your from and already spam thanks just i said to 2 yes ok bro"
    )
)
_GLUED = ("stop", "unsubscribe", "remove", "cancel", "quit", "text", "messag", "optout", "end")
_LONGEST = max(map(len, _GLUE))


@dataclass(slots=True)
class Words:
    """What a text says.

    plain: its words and sentence ends, a space on either side of each; line: the same as the
    rules know them; parts: its sentences and clauses, each a list of words as they were said;
    said, starts: the words of `line` as said, and where each stands in it.
    """

    plain: str
    line: str
    parts: list[list[str]]
    said: list[str]
    starts: list[int]

    def between(self, start: int, end: int) -> str:
        """Return what was said between two places of `line`, at most 60 characters."""
        first = max(0, bisect_right(self.starts, start) - 1)
        last = max(first + 1, bisect_right(self.starts, max(start, end - 1)))
        words = [word for word in self.said[first:last] if word not in _BREAKS]
        return " ".join(words)[:60].strip()


def squeeze(word: str) -> str:
    """Return the word without repeated letters: "stoppp", "pleeease"."""
    return _RUN.sub(r"\1", word)


def unglue(word: str) -> list[str]:
    """Return the words written without spaces ("stoptextingme"), [] where it is no such thing."""
    if not 6 <= len(word) <= 60 or not any(seed in word for seed in _GLUED):
        return []
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST), end):
            so_far = best[start]
            if so_far is None or word[start:end] not in _GLUE:
                continue
            found = best[end]
            if found is None or len(so_far) + 1 < len(found):
                best[end] = [*so_far, word[start:end]]
    return best[-1] or []


def _unmask(chunk: str) -> str:
    """Return what a piece of text with digits or signs for letters says: "st0p", "s+op", "f**k"."""
    bare = chunk.strip(_EDGES + "*")
    if not 3 <= len(bare) <= 24 or bare.isalpha() or not any(c.isalpha() for c in bare):
        return chunk
    if bare.strip("0123456789") in STOPPERS:
        return bare.strip("0123456789")  # a stray digit before or behind
    letters = bare.replace("()", "o").translate(_LEET)
    if letters in _LEET_TARGETS or squeeze(letters) in _LEET_TARGETS:
        return letters
    whole = chunk.strip(_EDGES)
    for target in _MASKED:
        if len(target) == len(whole):
            hidden = sum(c in _MASKS for c in whole)
            same = all(c == t or c in _MASKS for c, t in zip(whole, target, strict=True))
            if same and (hidden * 2 <= len(target) or (hidden == 3 and whole[0] == "f")):
                return target
    return chunk


def _spelt(word: str) -> str:
    """Return the word as it is usually spelt, as far as it matters to the reader."""
    if word in CANON or word in STOPPERS or word in GUARDED or not word.isascii():
        return word
    if word in TYPOS_INSIDE:
        return TYPOS_INSIDE[word]
    short = squeeze(word)
    if short != word:
        held = _HELD.search(word) is not None  # a key held down, no double letter
        if short in STOPPERS or (held and (short in CANON or short in DROPPED or short in _SHORT)):
            return short
        if held and short in TYPOS_INSIDE:
            return TYPOS_INSIDE[short]
        if held and (double := _HELD_ON.sub(r"\1\1", word)) in ("all", "off", "call"):
            return double
    for stopper in ("stop", "quit", "end"):
        if word.startswith(stopper) and not word.replace(stopper, ""):
            return stopper  # "stopstopstop"
    return "unsubscribe" if looks_like_unsubscribe(word) else word


def _pieces(folded: str) -> list[str]:
    """Return words and breaks in order; none at all where a text is emoji and punctuation."""
    if not any(c.isalnum() for c in folded):
        return []
    if not folded.replace(" ", "").isalpha():
        chunks = folded.split(" ")
        folded = " ".join(chunk if chunk.isalpha() else _unmask(chunk) for chunk in chunks)
    found: list[str] = []
    for match in _PIECE.finditer(folded):
        piece = match.group()
        if piece[0].isalnum():
            found.append(piece)
        elif piece in STOP_SIGNS:
            found.append("stop" if piece == "🛑" else "no")
        elif piece == "#":
            found.append("number")
        elif piece in "&+":
            found.append("and")
        else:
            found.append(ASKS if "?" in piece else END if piece[0] in ".!;\n…" else COMMA)
    return found


def _apart(letters: str) -> list[str]:
    """Return the words that letters written apart make, [] for none."""
    word = squeeze(letters)
    for stopper in STOPPERS:
        if not letters.replace(stopper, ""):
            return [stopper]
    if word in STOPPERS:
        return [word]
    if letters in TYPOS_INSIDE or word in STARTERS or word in HELPERS:
        return [letters]
    if words := unglue(letters):
        return words
    # A letter said before or after does not hide the word: "i s t o p".
    for stopper in ("unsubscribe", "stop", "quit", "end"):
        if stopper in letters and len(letters) <= len(stopper) + 2:
            return [stopper]
    return []


def _joined(pieces: list[str]) -> list[str]:
    """Join letters written apart: "s t o p", "S.T.O.P."."""
    found: list[str] = []
    place = 0
    while place < len(pieces):
        end, last, letters = place, place, ""
        while end < len(pieces) and len(pieces[end]) == 1 and pieces[end] != ASKS:
            if pieces[end] not in _BREAKS:
                letters += pieces[end]
                last = end + 1
            end += 1
        words = _apart(letters) if len(letters) >= 3 and letters.isalpha() else []
        end = last if words else max(end, place + 1)
        found += words or pieces[place:end]
        place = end
    return found


def _read_as(pieces: list[str]) -> Iterator[tuple[str, list[str], list[str], str]]:
    """Yield for each word (as written, as spelt, as the rules know them, as said); breaks alike."""
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        place += 1
        if piece in _BREAKS:
            yield piece, [piece], [piece], piece
            continue
        pair = (
            PAIRS.get((piece, _spelt(pieces[place])))
            if place < len(pieces) and piece in _FIRSTS
            else None
        )
        if pair:
            both = f"{piece} {pieces[place]}"
            place += 1
            dropped = pair in DROPPED
            yield both, both.split() if dropped else [pair], [] if dropped else [pair], both
            continue
        if piece in SPLIT:
            yield piece, [piece], [CANON.get(word, word) for word in SPLIT[piece]], piece
            continue
        spelt = _spelt(piece)
        words = [spelt]
        if spelt == piece and piece not in CANON and piece not in STOPPERS and piece.isascii():
            words = unglue(piece) or words
        yield (
            " ".join(words) if len(words) > 1 else piece,
            words,
            [CANON.get(w, w) for w in words],
            piece,
        )


def words_of(folded: str) -> Words:
    """Read the words of a folded text. Linear in its length, whatever it holds."""
    pieces = _pieces(folded)
    if sum(len(piece) == 1 and piece.isalpha() for piece in pieces) > 2:
        pieces = _joined(pieces)
    line, said, plain = [END], [END], [END]
    parts: list[list[str]] = [[]]
    for written, spelt, known, as_said in _read_as(pieces):
        if written == COMMA:
            parts.append([])
            if line[-1] not in _BREAKS:
                line.append(COMMA)
                said.append(COMMA)
        elif written in _BREAKS:
            parts.append([])
            if line[-1] == COMMA:
                line.pop()
                said.pop()
            if line[-1] not in (END, ASKS):
                line.append(written)
                said.append(written)
                plain.append(written)
        else:
            parts[-1] += spelt
            plain.append(written)
            kept = [word for word in known if word not in DROPPED]
            line += kept
            said += (
                [as_said, *kept[1:]]
                if len(kept) > 1 and as_said in SPLIT
                else [as_said] * len(kept)
            )
    if line[-1] == COMMA:
        line.pop()
        said.pop()
    if line[-1] not in (END, ASKS):
        for row in (line, said, plain):
            row.append(END)
    starts, at = [], 1
    for word in line:
        starts.append(at)
        at += len(word) + 1
    whole = f" {' '.join(line)} "
    return Words(f" {' '.join(plain)} ", whole, [part for part in parts if part], said, starts)
