"""Quick replies: texts that are said often, with merge fields. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from messaging.text import clean

# What may stand in braces, and what it becomes.
FIELDS = ("name", "first_name", "business", "member")
LONGEST = 1600  # characters of one text (telephony.md 2.4, error 21617)
_FIELD = re.compile(r"\{\s*([^{}]*?)\s*\}")
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a quick reply cannot be kept: `field` is what is wrong, `code` why, `found` the words."""

    field: str
    code: str
    found: str = ""


def problems(shortcut: str, title: str, body: str) -> list[Problem]:
    """Return what of a quick reply cannot be kept, at most one thing of each field.

    Codes: shortcut_shape, title_missing, title_long, body_missing, body_long, unknown_field (`found`
    is its name).
    """
    found = []
    if not title.strip():
        found.append(Problem("title", "title_missing"))
    elif len(title) > 80:
        found.append(Problem("title", "title_long"))
    if not _SHORTCUT.match(shortcut):
        found.append(Problem("shortcut", "shortcut_shape", shortcut[:40]))
    if not body.strip():
        found.append(Problem("body", "body_missing"))
    elif len(body) > LONGEST:
        found.append(Problem("body", "body_long"))
    else:
        strange = unknown_fields(body)[:1]
        found += [Problem("body", "unknown_field", name[:40]) for name in strange]
    return found


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
