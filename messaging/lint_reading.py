"""How the content lint reads a text: letters folded, words cut, phrases found. Pure.

Everything here is linear in the length of the text, whatever stands in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from messaging import lint_words as words
from messaging.lint_offers import PROMISE, PROMO
from messaging.lint_words import Topic

# Marks that sit on letters, and characters that take no room at all.
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_TO_DROP = re.compile(f"[{INVISIBLE}{_MARKS}]+")

# Letters of other alphabets that look like ours; a capital may look like another letter than its small form.
_CYRILLIC = dict(
    zip("аеіјкморсԁԛԝһѕутхӏвнпАВЕІЈКМНОРСТУХЅԀԚԜҺӀ", "aeijkmopcdqwhsytxlbhnabeijkmhopctyxsdqwhl", strict=True)
)  # fmt: skip
_GREEK = dict(zip("αεικνορτυχηβγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeikvoptuxnbywabezhikmnoptyx", strict=True))
_OTHER = dict(
    zip("ɑɡıłøđօոսհցᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "agilodonuhgabcdefghijklmnoprstuvwyz", strict=True)
)  # fmt: skip
_BOXED = {
    chr(first + i): chr(ord("a") + i) for first in (0x1F150, 0x1F170) for i in range(26)
}  # white letters on black discs and squares
_SIGNS = {"’": "'", "‘": "'", "`": "'", "´": "'", "。": ".", "․": ".", "⁄": "/", "∕": "/"}
_FOLD = str.maketrans({**_CYRILLIC, **_GREEK, **_OTHER, **_BOXED, **_SIGNS, "–": "-", "—": "-"})
_DOTS = str.maketrans(_SIGNS)
_LOOKALIKES = "".join(_CYRILLIC) + "".join(_GREEK)
_HIDDEN = re.compile(f"[A-Za-z](?:[{INVISIBLE}]+[A-Za-z]|[{_LOOKALIKES}])|[{_LOOKALIKES}][A-Za-z]")

_WORDS = re.compile(r"\d+|[^\W\d_]+|[$£€%]|[.!?\n](?=\s|$)")
# One letter at a time, whatever stands between: "b i t . l y", "c-a-s-i-n-o".
_APART = re.compile(r"(?<![^\W_])[^\W_](?:[^\w\n]{1,3}|_)[^\W_](?:(?:[^\w\n]{1,3}|_)[^\W_])+(?![^\W_])")  # fmt: skip
_BROKEN = re.compile(r"(?<![^\W_])[^\W\d_]+(?:[-_.*~|]+[^\W\d_]+)+")
_JOINT = re.compile(r"[-_.*~|][^\W\d_]")
_DIGIT = re.compile(r"[013457@$!|][a-z]")
_SWAPPED = re.compile(r"(?<![a-z@])[a-z@]*[a-z][013457@$!|]+[a-z][a-z013457@$!|]*")
_DIGITS = str.maketrans("013457@$!|", "oieastasil")


def fold(text: str) -> str:
    """Return the text in small letters as the eye reads it: no accents, no look-alikes, nothing invisible."""
    if text.isascii():
        return text.lower()
    folded = _TO_DROP.sub("", unicodedata.normalize("NFKD", text))
    return folded.translate(_FOLD).casefold()


def is_disguised(text: str) -> bool:
    """Whether a word has invisible characters or letters of another alphabet inside."""
    return not text.isascii() and _HIDDEN.search(text) is not None


def oddly_written(text: str, host: str) -> str:
    """Return "look-alike" or "accent" when a folded host is not written with plain letters, else ""."""
    if host.startswith("xn--") or ".xn--" in host:
        return "look-alike"
    if text.isascii():
        return ""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_DOTS)
    if host in plain.lower():
        return ""
    bare = _TO_DROP.sub("", unicodedata.normalize("NFKD", text)).translate(_DOTS)
    return "accent" if host in bare.lower() else "look-alike"


def tokens(folded: str) -> list[str]:
    """Cut a folded text into words, numbers and signs; "." stands for the end of a sentence."""
    return _WORDS.findall(folded.replace("'", "").replace("&", " and "))


def apart(folded: str) -> list[str]:
    """Return the words written one letter at a time, without what separated the letters but dots."""
    return [re.sub(r"[^\w.]|_", "", run) for run in _APART.findall(folded)]


def disguises(folded: str, runs: Iterable[str]) -> list[str]:
    """Return the words a text spells in a roundabout way: letters apart, hyphens within, 0 for o."""
    found = []
    for run in runs:
        joined = run.replace(".", "")
        found += [joined, *_SINGLE.findall(joined)]
    if _JOINT.search(folded):
        found += [re.sub(r"[\W_]", "", word) for word in _BROKEN.findall(folded)]
    if _DIGIT.search(folded):
        found += [word.translate(_DIGITS) for word in _SWAPPED.findall(folded)]
    return found


# --- phrases -----------------------------------------------------------------------------------


class _Phrase(NamedTuple):
    """words: what may stand at each place, and whether the place may be empty; topic None clears."""

    words: tuple[tuple[frozenset[str], bool], ...]
    topic: Topic | None


class Hit(NamedTuple):
    """A phrase found at tokens[start:end]."""

    start: int
    end: int
    topic: Topic


def _phrase(written: str, topic: Topic | None) -> _Phrase:
    places = []
    for word in written.split():
        choices = []
        for choice in word.removeprefix("?").split("|"):
            plain = choice.removesuffix("~")
            choices += [plain, plain + "s"] if plain != choice else [plain]
        places.append((frozenset(choices), word.startswith("?")))
    return _Phrase(tuple(places), topic)


def _index(topics: Iterable[Topic], innocent: Iterable[str]) -> dict[str, list[_Phrase]]:
    index: dict[str, list[_Phrase]] = {}
    phrases = [_phrase(p.strip(), None) for p in innocent]
    phrases += [_phrase(p, topic) for topic in topics for p in topic.phrases]
    for phrase in phrases:
        for first in phrase.words[0][0]:
            index.setdefault(first, []).append(phrase)
    return index


_TOPICS = (
    *words.SHAFT, *PROMO, PROMISE, words.HUMAN, words.WAY_OUT_REPLACED,
    words.PHI_TERMS, words.PHI_ALONE,
)  # fmt: skip
_INDEX = _index(_TOPICS, words.INNOCENT)
# Long enough to be meant when they turn up inside letters written apart.
_SINGLE = re.compile(
    "|".join(
        word
        for topic in words.SHAFT
        for phrase in topic.phrases
        if " " not in phrase
        for word in sorted(p.removesuffix("~") for p in phrase.split("|"))
        if len(word) >= 5
    )
)


def _end(phrase: _Phrase, at: int, found: list[str], i: int) -> int:
    """Return where the phrase's places from `at` on end in found[i:], 0 when they do not fit."""
    for place in range(at, len(phrase.words)):
        choices, may_miss = phrase.words[place]
        fits = i < len(found) and (
            found[i] in choices or ("#" in choices and found[i][0].isdigit())
        )
        if may_miss:
            if fits and (end := _end(phrase, place + 1, found, i + 1)):
                return end
            continue
        if not fits:
            return 0
        i += 1
    return i


def hits(found: list[str]) -> list[Hit]:
    """Return the phrases in a list of words, those an innocent neighbour clears left out."""
    banned: list[Hit] = []
    cleared: list[tuple[int, int]] = []
    for i, word in enumerate(found):
        candidates = _INDEX.get(word)
        if candidates is None:
            if not word[0].isdigit():
                continue
            candidates = _INDEX["#"]
        elif word[0].isdigit():
            candidates = [*candidates, *_INDEX["#"]]
        for phrase in candidates:
            if end := _end(phrase, 0, found, i):
                if phrase.topic is None:
                    cleared.append((i, end))
                else:
                    banned.append(Hit(i, end, phrase.topic))
    if cleared:
        banned = [h for h in banned if not any(s < h.end and h.start < e for s, e in cleared)]
    return banned


def said(found: list[str], start: int, end: int) -> str:
    """Return the words of a hit as they would be written."""
    return re.sub(r"([$£€]) | (?=%)", r"\1", " ".join(found[start:end]))


def squeezed(name: str) -> str:
    """Return a name's letters and digits alone, for comparing."""
    return "".join(word for word in tokens(fold(name)) if word.isalnum())
