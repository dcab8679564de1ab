"""Sentences that were kept in English, in the language of whoever reads them.

Why a text went, what an alert says: written once, by modules that know no language, and kept as
they were. Each stems from a pattern with holes (config/translating.py finds them all), and the
patterns with their translations stand in the catalogue under the context "said". A sentence is
matched to its pattern, and what stood in its holes is said likewise. Names, numbers and quoted words
stay as they are. A sentence is said whole or not at all: where a hole holds English that nobody knows,
the sentence stays as it was kept, never half of each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

from django.conf import settings
from django.utils import translation

from inbox import clock

# Words that come from Python's calendar, not from a sentence of ours.
CALENDAR = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
)  # fmt: skip
# Words of data: holidays of the rulebook, carriers of the book, playbooks that come along, a device as
# its owner calls it.
OF_DATA = (
    "New Year's Day", "Martin Luther King Jr. Day", "Washington's Birthday", "Memorial Day",
    "Juneteenth", "Independence Day", "Labor Day", "Columbus Day",
    "Veterans Day", "Thanksgiving Day", "Christmas Day",
    "{0} landline", "{0} landline and {1}", "{0} on {1}", "A member (told us by phone)", "the text is empty",
    "while you are open", "while you are closed", "while you are on holiday", "while you are open or closed",
    # Places that have an English word in them (messaging/rulebook/states.csv).
    "Newfoundland and Labrador", "District of Columbia",
    "Any business", "Plumbing and HVAC", "Dental practice", "Law office", "Accounting and tax",
    "Auto repair", "Salon and spa",
    "while you are open or on holiday", "while you are closed or on holiday",
)  # fmt: skip
_CONTEXT = "said\x04"
_HOLE = re.compile(r"\{(\w*)\}")
_SENTENCES = re.compile(r"(?<=[.?!])\s+(?=[A-Z“])")
_DEEPEST = 5  # holes in holes: a sentence in a sentence, a place in that, its time in that
_BOUND = "\x1f"
_HALF_DAY = re.compile(r"(\d:\d\d) ([AP]M)\b")
_QUOTED = re.compile(r"“[^”]*”")
# Words that make English of what stands in a hole, and are no name and no Spanish.
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "an the this that these those of to in on at by for from with within and or not but so it its is "
        "are was were be been has have had will would can may must should they them their you your we our "
        "us who whom what when where which while if then than there here nobody nothing somebody someone "
        "anybody after before until into out up below more each",
    )
)
_UNITS = frozenset(("s", "h", "min", "ms"))
_NAMES = frozenset(("Will", "May", "An", "So"))  # small words that are names as well
_PROSE = re.compile(r"(?<![\w’'-])[a-z]{3,}(?![\w’'-])")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence with holes. quoted: holes that hold somebody's words; is_faint: says little itself."""

    expression: re.Pattern[str]
    into: str
    quoted: frozenset[str]
    is_faint: bool


def said(sentence: str) -> str:
    """Return a kept sentence in the language that is active now, or as it is."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if not sentence or language.partition("-")[0] == settings.LANGUAGE_CODE:
        return sentence
    told = _said(language.partition("-")[0], _bound(sentence), _DEEPEST)
    return clock.in_words((told or sentence).replace(_BOUND, " "))


@lru_cache(maxsize=8192)
def _said(language: str, sentence: str, depth: int) -> str | None:
    """Return a sentence in a language; None where any of it is not known."""
    whole, patterns = _patterns(language)
    bare = sentence.strip()
    if bare in whole:
        return sentence.replace(bare, whole[bare])
    if not depth:
        return None
    for each in patterns:
        found = each.expression.fullmatch(bare)
        if found:
            parts = {
                name: _in_hole(language, part, each, name, depth)
                for name, part in found.groupdict().items()
            }
            known = {name: part for name, part in parts.items() if part is not None}
            if len(known) == len(parts):
                return _filled(each.into, known)
    # As a sentence of its own where it was kept as a part of one.
    if bare[:1].isupper() and bare[1:2].islower():
        told = _said(language, bare[0].lower() + bare[1:], 0)
        if told is not None:
            return told[:1].upper() + told[1:]
    if bare.endswith(".") and (told := _said(language, bare[:-1], depth - 1)) is not None:
        return f"{told}."
    # Two sentences that were kept as one: what is wrong, and what to do.
    several = _SENTENCES.split(bare)
    if len(several) > 1:
        spoken = [_said(language, each, depth - 1) for each in several]
        return None if None in spoken else " ".join(filter(None, spoken))
    return None


def _in_hole(language: str, part: str, pattern: Pattern, name: str, depth: int) -> str | None:
    """Return what stood in a hole, said; as it is where it is no English; None where it is."""
    if name in pattern.quoted:  # somebody's words, unless they are ours as a whole
        return _said(language, part, 0) or part
    told = _said(language, part, depth - 1)
    if told is not None:
        return told
    rest = _QUOTED.sub("", part)
    if _is_small(rest) or (pattern.is_faint and _PROSE.search(rest)):
        return None
    return part


def _is_small(words: str) -> bool:
    return any(
        word in _SMALL or (word.istitle() and word.lower() in _SMALL and word not in _NAMES)
        for word in re.findall(r"[^\W\d_]+", words)
    )


def _bound(sentence: str) -> str:
    """Return a sentence whose times of day are one word each, so that no hole takes half of one."""
    return _HALF_DAY.sub(rf"\1{_BOUND}\2", sentence)


def _filled(pattern: str, parts: dict[str, str]) -> str:
    return _HOLE.sub(lambda hole: parts.get(f"h{hole[1]}", ""), pattern)


@lru_cache(maxsize=8)
def _patterns(language: str) -> tuple[dict[str, str], tuple[Pattern, ...]]:
    """Return (sentences without holes, patterns with holes, the one that says most first)."""
    path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.mo"
    if not path.exists():
        return {}, ()
    with path.open("rb") as file:
        catalogue: dict[object, str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    known = {
        _bound(key.removeprefix(_CONTEXT)): value
        for key, value in catalogue.items()
        if isinstance(key, str) and key.startswith(_CONTEXT) and value
    }
    whole = {english.strip(): into.strip() for english, into in known.items() if "{" not in english}
    holed = sorted(
        (english for english in known if "{" in english),
        key=lambda english: -len(_HOLE.sub("", english)),
    )
    return whole, tuple(
        _pattern(english.strip(), known[english].strip())
        for english in holed
        if any(letter.isalpha() for letter in _HOLE.sub("", english))
    )


def _pattern(english: str, into: str) -> Pattern:
    words = re.findall(r"[^\W\d_]+", _HOLE.sub(" ", english).lower())
    quoted = frozenset(f"h{name}" for name in re.findall(r"“\{(\w*)\}”", english))
    return Pattern(_matching(english), into, quoted, _SMALL.union(_UNITS).issuperset(words))


def _matching(english: str) -> re.Pattern[str]:
    """Return what matches a sentence made of a pattern; a hole that stands twice is the same twice."""
    expression, at, seen = "", 0, set()
    for hole in _HOLE.finditer(english):
        name = f"h{hole[1]}"
        expression += re.escape(english[at : hole.start()])
        expression += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
        seen.add(name)
        at = hole.end()
    return re.compile(expression + re.escape(english[at:]), re.DOTALL)
