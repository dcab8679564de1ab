"""The audit log's one way in: who looked at, exported, changed or erased what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from messaging.marks import mark_here
from messaging.models import AuditEntry
from messaging.numbers import normalise

# Parameters in which somebody may write a number, or a name; and those that only turn the page.
_WHOM = ("phone", "q")
_PAGING = frozenset({"cursor", "limit", "p", "o", "e", "all"})
# The name of a choice, such as opt_out: never a number, hardly a name.
_CHOICE = re.compile(r"[A-Za-z_]{1,40}")


def note(
    action: str,
    *,
    actor: str,
    door: str,
    at: datetime,
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry in the caller's transaction.

    action: such as evidence.export, ledger.search, policy.change, person.erase; door: page, api,
    command, admin or agenda; subject: a contact's id or a number's mark, never a number in clear;
    at: aware. The table refuses change and removal (trigger).
    """
    return AuditEntry.objects.create(
        at=at,
        actor=actor[:120],
        door=door,
        action=action,
        subject=subject[:80],
        detail=detail or {},
    )


def note_look(
    action: str,
    *,
    actor: str,
    door: str,
    at: datetime,
    rows: int,
    given: Mapping[str, str] | None = None,
    subject: str = "",
) -> AuditEntry:
    """Append that somebody read `rows` rows of evidence, in the caller's transaction.

    given: how the rows were narrowed, the parameters as they came; of what could be a number or a
    name only that it was given is kept. A number looked for is the subject, by its mark, where no
    other is named. The rest as in `note`.
    """
    wanted = {name: value for name, value in (given or {}).items() if name not in _PAGING}
    for name in _WHOM:
        number = "" if subject else normalise(wanted.get(name, ""))
        subject = mark_here(number) if number else subject
    filters = {
        name[:40]: value if name not in _WHOM and _CHOICE.fullmatch(value) else "given"
        for name, value in wanted.items()
        if value and re.fullmatch(r"[a-z_]+", name)
    }
    detail: dict[str, Any] = {"rows": rows} | ({"filters": filters} if filters else {})
    return note(action, actor=actor, door=door, at=at, subject=subject, detail=detail)
