"""The audit log's one way in: who looked at, exported, changed or erased what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from messaging.models import AuditEntry


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
