"""What somebody of support typed into the search: a number, an address, an id, or words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from messaging.numbers import normalise

LONGEST = 200
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
# Ids as providers and Stripe write them: CA…, SM…, PN…, cus_…, v3:…; letters and digits, no spaces.
_ID = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9:_.-]{11,79}\Z")
_ROW = re.compile(r"#?([0-9]{1,9})\Z")
_SCHEME = re.compile(r"(?:tel|sms|callto):", re.IGNORECASE)
# What people put between the digits, dashes of all lengths and spaces of all widths among them.
_BETWEEN = re.compile(r"[\s()./·‐-―−\u00a0\u2007\u202f\u200b-\u200f\u202a-\u202e-]+")
_EXTENSION = re.compile(r"(?:ext\.?|x|#)\s*\d{1,6}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. kind: number, email, uuid, id, row, words or '' (nothing was typed).

    value: as it is looked for: E.164, an address in lower case, digits of a row, an id as typed.
    """

    kind: str
    value: str

    @property
    def is_personal(self) -> bool:
        """Whether it may say who a person is, so that only a mark of it may be kept."""
        return self.kind in ("number", "email", "words")


def read(typed: str) -> Asked:
    """Return what is meant by what was typed, however it was written."""
    said = typed.replace("\x00", "").strip()[:LONGEST]
    if not said:
        return Asked("", "")
    if _EMAIL.fullmatch(said.removeprefix("mailto:")):
        return Asked("email", said.removeprefix("mailto:").lower())
    try:
        if "-" in said:
            return Asked("uuid", str(UUID(said)))
    except ValueError:
        pass
    if row := _ROW.fullmatch(said):
        return Asked("row", row[1])
    if number := _number(said):
        return Asked("number", number)
    if _ID.fullmatch(said) and not _looks_like_a_host(said):
        return Asked("id", said)
    return Asked("words", said)


def _looks_like_a_host(said: str) -> bool:
    return "." in said


def _number(said: str) -> str:
    bare = _EXTENSION.sub("", _SCHEME.sub("", said))
    bare = _BETWEEN.sub("", bare).replace("%2B", "+").replace("＋", "+")
    if not re.fullmatch(r"\+?[0-9]{7,17}", bare):
        return ""
    for abroad in ("011", "00"):
        if bare.startswith(abroad):
            bare = f"+{bare.removeprefix(abroad)}"
    if bare.startswith("+") or len(bare) == 10 or (len(bare) == 11 and bare[0] == "1"):
        return normalise(bare)
    return ""
