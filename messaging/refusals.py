"""Texts that were wanted and kept back before they were queued: kept, so that "why not" has an answer."""

from __future__ import annotations

from datetime import datetime

from messaging.alerts import tell
from messaging.clearance import PURPOSES, Clearance
from messaging.models import Contact, Refusal
from messaging.outbox import Draft, NotAllowed


def called_though_opted_out(contact: Contact, call_id: int, now: datetime) -> None:
    """Somebody who opted out called and was missed: no text, and the staff should phone back (row 8)."""
    clearance = Clearance(
        "never", "OPTOUT_NEW_CALL_NO_TEXT", "8", ("R-REV-11",),
        "No text: this person opted out. Phone back instead.",
    )  # fmt: skip
    tell(clearance, contact.phone, now, contact)
    Refusal.objects.create(
        contact=contact, author="rule", purpose="text_back", call=call_id, code=clearance.code,
        clearance=clearance.as_dict() | {"at": now.isoformat(), "category": "C1"}, at=now,
    )  # fmt: skip


def keep_refusal(contact: Contact, draft: Draft, refused: NotAllowed, now: datetime) -> Refusal:
    """Write down in the caller's transaction what was refused and why, and alert where it matters."""
    tell(refused.clearance, contact.phone, now, contact)
    purpose = draft.occasion.purpose
    return Refusal.objects.create(
        contact=contact,
        author=draft.author,
        author_name=draft.author_name[:120],
        purpose=purpose,
        call=draft.call,
        body=draft.body,
        code=refused.clearance.code,
        clearance=refused.answer.entry | {"category": draft.category or PURPOSES[purpose]},
        at=now,
    )
