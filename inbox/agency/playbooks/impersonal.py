"""What a text must not carry from one business to another: its name becomes a field, the rest stays. Pure.

A playbook goes to businesses that have nothing to do with the one it was saved from. Its name is
filled in anew by the merge field; a number, an address or a person's name cannot be, so a text that
has one is not taken along.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(
    r"(?<![\d{])(?:\+\d[\d\s().-]{6,18}\d|(?:1[\s.-]?)?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}|\d{3}[.-]\d{4})(?!\d)"
)
_MAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[a-z]{2,}", re.IGNORECASE)
_SITE = re.compile(
    r"https?://|\bwww\.|\b[a-z0-9][a-z0-9-]*\."
    r"(?:com|net|org|us|biz|info|io|co|ca|me|ly|app|dev|shop|site|online|law|dental|example)\b",
    re.IGNORECASE,
)
_SHORTEST_NAME = 3  # letters; "Al" stands in too many words to be told from one
# Parts of streets that stand in every second sentence are no address.
_STREET = re.compile(r"\d+\s+\S.{3,}")


@dataclass(frozen=True, slots=True)
class Origin:
    """What is a business's own, as words: its names, its people's names, its address."""

    names: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    street: str = ""

    @classmethod
    def of(cls, names: Iterable[str], people: Iterable[str], street: str = "") -> Origin:
        """Return an origin; the longest name comes first, so that a part of it is not taken for it."""
        kept = sorted({each.strip() for each in names if each.strip()}, key=len, reverse=True)
        words = {each.strip() for each in people if len(each.strip()) >= _SHORTEST_NAME}
        parts = {part for each in words for part in each.split() if len(part) >= _SHORTEST_NAME}
        return cls(tuple(kept), tuple(sorted(words | parts)), street.strip())


def impersonal(words: str, origin: Origin, field: str = "{business}") -> tuple[str, str]:
    """Return a text with the business's name as a merge field, and what of it cannot go ('' for nothing).

    What cannot go: number, email, site, street, person.
    """
    for name in origin.names:
        words = re.sub(
            rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: field, words, flags=re.IGNORECASE
        )
    return words, personal(words, origin)


def personal(words: str, origin: Origin) -> str:
    """Return what in a text belongs to one business alone: number, email, site, street, person or ''."""
    if _MAIL.search(words):
        return "email"
    if _NUMBER.search(words):
        return "number"
    if _SITE.search(words):
        return "site"
    if (
        origin.street
        and _STREET.fullmatch(origin.street)
        and origin.street.casefold() in words.casefold()
    ):
        return "street"
    # As a name is written: "will" and "may" are words, Will and May somebody.
    if any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", words) for each in origin.people):
        return "person"
    return ""
