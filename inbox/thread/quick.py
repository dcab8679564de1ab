"""Quick replies: texts that are said often, with merge fields. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from messaging.text import clean

# What may stand in braces, and what it becomes.
FIELDS = ("name", "first_name", "business", "member")
LONGEST = 1600  # characters of one text (telephony.md 2.4, error 21617)
_FIELD = re.compile(r"\{\s*([^{}]*?)\s*\}")
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}\Z")


class QuickReplyError(ValueError):
    """A quick reply that cannot be kept: `field` is what is wrong, `code` why, `found` the words."""

    def __init__(self, field: str, code: str, found: str = "") -> None:
        super().__init__(f"{field}: {code}{f' ({found})' if found else ''}")
        self.field, self.code, self.found = field, code, found


def check(shortcut: str, title: str, body: str) -> None:
    """Raise QuickReplyError for what cannot be kept.

    Codes: shortcut_shape, title_missing, title_long, body_missing, body_long, unknown_field (`found`
    is its name).
    """
    if not _SHORTCUT.match(shortcut):
        raise QuickReplyError("shortcut", "shortcut_shape", shortcut[:40])
    if not title.strip():
        raise QuickReplyError("title", "title_missing")
    if len(title) > 80:
        raise QuickReplyError("title", "title_long")
    if not body.strip():
        raise QuickReplyError("body", "body_missing")
    if len(body) > LONGEST:
        raise QuickReplyError("body", "body_long")
    for name in unknown_fields(body):
        raise QuickReplyError("body", "unknown_field", name[:40])


def unknown_fields(body: str) -> list[str]:
    """Return the names in braces that are no merge fields, in their order."""
    return [name for name in _FIELD.findall(body) if name not in FIELDS]


def values(*, name: str, business: str, member: str) -> dict[str, str]:
    """Return what the fields become: name is the person's, '' when it is not known."""
    return {
        "name": name,
        "first_name": name.split()[0] if name.split() else "",
        "business": business,
        "member": member,
    }


def fill(body: str, known: Mapping[str, str]) -> str:
    """Fill a quick reply; a value is never read as a template. A missing name closes its gap.

    Braces around a name that is no field stay as they are: nothing typed is lost.
    """
    filled = _FIELD.sub(lambda m: clean(known.get(m[1], "")) if m[1] in FIELDS else m[0], body)
    return re.sub(r" +([,.!?])", r"\1", re.sub(r"[ \t]{2,}", " ", filled)).strip()
