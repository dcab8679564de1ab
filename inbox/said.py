"""Sentences that were kept in English, in the language of whoever reads them.

Why a text went, what an alert says: written once, by modules that know no language, and kept as
they were. Each stems from a pattern with holes (config/translating.py finds them all), and the
patterns with their translations stand in the catalogue under the context "said". A sentence is
matched to its pattern, what stood in its holes is said likewise, and what nobody knows stays as it
is: names, numbers, and words of a pattern that has changed since.
"""

from __future__ import annotations

import re
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
_CONTEXT = "said\x04"
_HOLE = re.compile(r"\{(\w*)\}")
_SENTENCES = re.compile(r"(?<=[.?!])\s+(?=[A-Z“])")
_DEEPEST = 4  # holes in holes: a sentence in a sentence, a span of time in that


def said(sentence: str) -> str:
    """Return a kept sentence in the language that is active now, or as it is."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if not sentence or language.partition("-")[0] == settings.LANGUAGE_CODE:
        return sentence
    return clock.in_words(_said(language.partition("-")[0], sentence, _DEEPEST))


@lru_cache(maxsize=8192)
def _said(language: str, sentence: str, depth: int) -> str:
    whole, patterns = _patterns(language)
    bare = sentence.strip()
    if bare in whole:
        return sentence.replace(bare, whole[bare])
    if not depth:
        return sentence
    for pattern, into in patterns:
        found = pattern.fullmatch(bare)
        if found:
            parts = {
                name: _said(language, part, depth - 1) for name, part in found.groupdict().items()
            }
            return _filled(into, parts)
    # Two sentences that were kept as one: what is wrong, and what to do.
    several = _SENTENCES.split(bare)
    if len(several) > 1:
        return " ".join(_said(language, each, depth - 1) for each in several)
    return sentence


def _filled(pattern: str, parts: dict[str, str]) -> str:
    return _HOLE.sub(lambda hole: parts.get(f"h{hole[1]}", ""), pattern)


@lru_cache(maxsize=8)
def _patterns(
    language: str,
) -> tuple[dict[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    """Return (sentences without holes, patterns with holes, the one that says most first)."""
    path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.mo"
    if not path.exists():
        return {}, ()
    with path.open("rb") as file:
        catalogue: dict[object, str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    known = {
        key.removeprefix(_CONTEXT): value
        for key, value in catalogue.items()
        if isinstance(key, str) and key.startswith(_CONTEXT) and value
    }
    whole = {english.strip(): into.strip() for english, into in known.items() if "{" not in english}
    holed = sorted(
        (english for english in known if "{" in english),
        key=lambda english: -len(_HOLE.sub("", english)),
    )
    return whole, tuple(
        (_matching(english.strip()), known[english].strip())
        for english in holed
        if any(letter.isalpha() for letter in _HOLE.sub("", english))
    )


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
