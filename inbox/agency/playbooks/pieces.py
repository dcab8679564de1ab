"""A business's set-up as pieces, each under a name with a plain value: read and put back one by one.

hours · holiday:<day> · tag:<name> · text:<key> · reply:<shortcut>:<language> · rules · targets ·
line:<id>:<field> · policy:<field>. A piece that is not there has the value None. What a playbook
changes, what stays, what was there before and what differs since are all said of pieces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from calls import lines as line_settings
from calls import opening, rulebook
from calls.models import Holiday
from inbox.agency.playbooks.content import LINE_FIELDS, POLICY_FIELDS, TARGET_FIELDS, clock
from inbox.models import InboxPolicy, QuickReply, Tag
from messaging import policies
from messaging.models import MessageTemplate
from tenants.models import Business, PhoneNumber

Pieces = dict[str, Any]


def lines_of(business: Business) -> list[PhoneNumber]:
    """Return the lines in use, the oldest first."""
    return list(
        PhoneNumber.objects.select_related("business__agency")
        .filter(business=business, is_active=True)
        .order_by("pk")
    )


def read(business: Business) -> Pieces:
    """Return every piece of the current business's set-up (we are in its schema)."""
    policy, answers = policies.latest(), InboxPolicy.objects.first() or InboxPolicy()
    latest = rulebook.latest()
    found: Pieces = {
        "hours": [[s.weekday, clock(s.opens), clock(s.closes)] for s in opening.week()],
        "rules": latest.rules if latest is not None else [],
        "targets": {name: _plain(getattr(answers, name)) for name in TARGET_FIELDS},
    }
    for day, name in Holiday.objects.values_list("date", "name"):
        found[f"holiday:{day.isoformat()}"] = name
    for name, colour in Tag.objects.values_list("name", "colour"):
        found[f"tag:{name.casefold()}"] = {"name": name, "colour": colour}
    for key, name, body in MessageTemplate.objects.values_list("key", "name", "body"):
        found[f"text:{key}"] = {"name": name, "body": body}
    shared = QuickReply.objects.filter(owner=None)
    for shortcut, language, title, body in shared.values_list(
        "shortcut", "language", "title", "body"
    ):
        found[f"reply:{shortcut}:{language}"] = {"title": title, "body": body}
    for line in lines_of(business):
        values = line_settings.values_of(line)
        found |= {f"line:{line.pk}:{name}": values[name] for name in LINE_FIELDS}
    found |= {f"policy:{name}": getattr(policy, name) for name in POLICY_FIELDS}
    return found


def _plain(value: Any) -> Any:
    """Return a time as its minutes; a row that was never stored has it as words already."""
    if isinstance(value, str):
        return value[:5]
    return value.isoformat("minutes") if hasattr(value, "isoformat") else value


def of_lines(pieces: Pieces) -> dict[int, dict[str, Any]]:
    """Return the settings of each line among pieces, by the line's id."""
    found: dict[int, dict[str, Any]] = {}
    for piece, value in pieces.items():
        if piece.startswith("line:"):
            _, number, name = piece.split(":")
            found.setdefault(int(number), {})[name] = value
    return found


def section_of(piece: str) -> str:
    """Return the section of a playbook that a piece belongs to."""
    kind = piece.partition(":")[0]
    return {
        "holiday": "holidays", "tag": "tags", "text": "texts", "reply": "replies", "line": "lines",
    }.get(kind, kind)  # fmt: skip


def under(pieces: Pieces, kind: str) -> Iterable[tuple[str, Any]]:
    """Yield the pieces of one kind with the rest of their name."""
    for piece, value in pieces.items():
        head, _, rest = piece.partition(":")
        if head == kind and rest:
            yield rest, value
