"""Support's own record: who looked for what, saw what in full and did what, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenants.models import Business, SupportEntry, User
from tenants.velocity import digest

LEAST_REASON, LONGEST_REASON = 5, 200


class ReasonMissing(ValueError):
    """Support did not say why; the text is the sentence for the field `reason`."""

    field = "reason"


def note(
    user: User,
    action: str,
    *,
    at: datetime,
    business: Business | None = None,
    subject: str = "",
    reason: str = "",
    **detail: Any,
) -> SupportEntry:
    """Write down what somebody of support did, in the transaction that does it.

    action: such as search, trace.full, visit.begin; at: aware; subject: an id, or a number's mark
    (`marked`); detail: JSON, no secret and no caller's number.
    """
    return SupportEntry.objects.create(
        at=at,
        user=user,
        actor=who(user),
        action=action,
        business=business,
        subject=subject[:140],
        reason=reason,
        detail=detail,
    )


def who(user: User) -> str:
    """Return how somebody of support is named in records: the owner of a business reads it too."""
    return f"{user.name} ({user.email})"[:120] if user.name else str(user.email)[:120]


def marked(word: str) -> str:
    """Return what stands for a number, an address or a name in the record: the same each time."""
    return digest(word)[:24]


def reason_in(typed: str) -> str:
    """Return the reason as it is kept. Raises ReasonMissing where it says too little or too much."""
    said = " ".join(typed.split())
    if len(said) < LEAST_REASON:
        raise ReasonMissing("Say why in a few words, such as the ticket's number.")
    if len(said) > LONGEST_REASON:
        raise ReasonMissing(f"At most {LONGEST_REASON} characters.")
    return said
