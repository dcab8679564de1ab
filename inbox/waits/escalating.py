"""Alerts about a person are told to whoever sees to that person, once each."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.utils import timezone

from inbox.notices import services as notices
from inbox.said import said
from inbox.waits import ladder
from inbox.waits.climbing import whom_to_tell
from messaging.models import Alert
from messaging.people import shown_conversation

_STEP = ladder.Step(0, ("live", "push"), "owner_or_all")
_NEWS = timedelta(hours=1)
_LONGEST = 400


def _said(kept: str, most: int) -> str:
    return said(kept)[:most]


def alert_changed(contact_id: int) -> None:
    """An alert was raised or resolved (settings.ALERT_CHANGED_HANDLERS): what is open and new is told.

    Raised again, it is told no more: the key of its notice is the alert. Somebody who calls for the
    first time has no conversation while his alert is raised; the queue shows it a moment later.
    """
    now = timezone.now()
    open_now = Alert.objects.filter(
        contact=contact_id, resolved_at=None, raised_at__gte=now - _NEWS
    ).order_by("pk")
    for alert in open_now[:5]:
        thread = shown_conversation(contact_id)
        if thread is None or thread.hidden:
            return
        # Nobody is woken for it: who waits has a ladder of his own, whose end reaches somebody.
        users, _ = whom_to_tell(_STEP, thread, now, is_last=True, kind="alert")
        notices.tell(
            "alert", user_ids=users,
            channels=_STEP.channels, conversation_id=thread.pk,
            title=partial(_said, alert.sentence, 160), body=partial(_said, alert.fix, _LONGEST),
            key=f"alert:{alert.pk}",
        )  # fmt: skip
