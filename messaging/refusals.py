"""Texts that were wanted and kept back before they were queued: kept, so that "why not" has an answer."""

from __future__ import annotations

from datetime import datetime

from messaging.alerts import tell
from messaging.clearance import PURPOSES
from messaging.models import Contact, Refusal
from messaging.outbox import Draft, NotAllowed


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
