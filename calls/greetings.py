"""Words a caller hears: merge fields, what is wrong with them, and how a number is spoken. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

GREETING_FIELDS = {
    "business": "The business's name",
    "next_open": "When it opens next, such as “tomorrow at 8:00 AM”",
    "phone": "The number that was called",
}
OFFER_FIELDS = {"business": "The business's name", "key": "The key to press"}
MAX_GREETING = 600  # about a minute and a half of speech
MAX_OFFER = 300
_FIELD = re.compile(r"\{\s*(\w*)\s*\}")
_OPEN_BRACE = re.compile(r"[{}]")
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def greeting_problem(words: str) -> str:
    """Return what is wrong with a greeting, '' when nothing is. Empty words take ours."""
    return _problem(words, GREETING_FIELDS, MAX_GREETING)


def offer_problem(words: str, key: str) -> str:
    """Return what is wrong with the business's own offer of a text, '' when nothing is.

    It must say what is offered, by which key, and how to opt out (compliance.md 3.3, "CTA text").
    """
    if not words.strip():
        return ""
    if problem := _problem(words, OFFER_FIELDS, MAX_OFFER):
        return problem
    if "key" not in _FIELD.findall(words) and not re.search(
        rf"press {re.escape(key)}(?![0-9])", words, re.IGNORECASE
    ):
        return "Say which key to press: write {key} where it is spoken."
    if not re.search(r"\btexts?\b", words, re.IGNORECASE):
        return "Say that it is a text they get."
    if not re.search(r"\bSTOP\b", words):
        return "Say how to opt out: “Reply STOP to opt out.”"
    return ""


def fill(words: str, values: Mapping[str, str]) -> str:
    """Fill the merge fields; unknown ones become nothing, and values are never read as templates."""
    filled = _FIELD.sub(lambda found: values.get(found.group(1), ""), words)
    return " ".join(_UNSPEAKABLE.sub(" ", filled).split())


def spoken(e164: str) -> str:
    """Return a number digit by digit, in groups with pauses, as a voice reads it best."""
    digits = e164.removeprefix("+1") if len(e164) == 12 else e164.removeprefix("+")
    if len(digits) != 10:
        return " ".join(digits)
    return ", ".join(" ".join(part) for part in (digits[:3], digits[3:6], digits[6:]))


def _problem(words: str, fields: Collection[str], longest: int) -> str:
    for name in _FIELD.findall(words):
        if name not in fields:
            known = ", ".join(f"{{{field}}}" for field in fields)
            return f"There is no field {{{name}}}. Known: {known}."
    if _OPEN_BRACE.search(_FIELD.sub("", words)):
        return "There is a { or } that belongs to no field."
    if len(words) > longest:
        return f"At most {longest} characters; these are {len(words)}."
    return "There is a character that cannot be spoken." if _UNSPEAKABLE.search(words) else ""
