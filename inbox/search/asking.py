"""What somebody typed into the search box, as the database is asked for it. Pure.

Anything may be typed: only letters and digits of any script are ever passed on, so nothing of it can be
an operator or a pattern.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 200  # characters that are looked at
MOST_WORDS = 8
FEWEST_DIGITS = 3
FEWEST_LETTERS = 2
_NUMBER_LIKE = re.compile(r"[\d\s().+\-/]+")
_WORD = re.compile(r"[^\W_]+")
_FORMATTING = re.compile(r"[\s().\-/]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search. text: as it is shown again; part: a part of a name, '' for none; digits: a part of
    a number, '' for none; tsquery: words, the last one as a beginning, '' for none.
    """

    text: str
    part: str
    digits: str
    tsquery: str
    words: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.part or self.digits or self.tsquery)


def asked(typed: str) -> Asked:
    """Return what is looked for."""
    text = " ".join(unicodedata.normalize("NFC", _printable(typed[: LONGEST * 4])).split())
    text = text[:LONGEST]
    digits = ""
    if _NUMBER_LIKE.fullmatch(text):
        found = "".join(c for c in _FORMATTING.sub("", text) if c.isascii() and c.isdigit())
        digits = found if len(found) >= FEWEST_DIGITS else ""
    words = tuple(_words(text))
    letters = sum(len(word) for word in words)
    part = text if letters >= FEWEST_LETTERS and not digits else ""
    return Asked(text, part, digits, as_tsquery(text), words)


def as_tsquery(text: str) -> str:
    """Return words as to_tsquery reads them, all of them wanted, the last as a beginning; '' for none."""
    words = _words(text[:LONGEST])
    if not words or sum(len(word) for word in words) < FEWEST_LETTERS:
        return ""
    return " & ".join(words) + ":*"


def like(text: str) -> str:
    """Return a pattern of LIKE that finds `text` anywhere, whatever characters it has."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _words(text: str) -> list[str]:
    return _WORD.findall(_printable(text).casefold())[:MOST_WORDS]


def _printable(text: str) -> str:
    """Return text without what no database text holds: NUL, other controls, lone surrogates."""
    return "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs") else character for character in text
    )
