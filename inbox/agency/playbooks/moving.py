"""What both sides of a push share: its rows on the agenda, and how it comes from one state to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants import agenda
from tenants.models import PlaybookPush, PlaybookUse

State = PlaybookPush.State
# Kinds of the agenda: of one business each, and of the push itself.
CHECK, APPLY, TAKE_BACK = "playbooks.check", "playbooks.apply", "playbooks.take_back"
WATCH = "playbooks.push"
# What is done where somebody changed a piece since it was put: ask, leave those, take back all.
ASK, REST, ALL = "ask", "rest", "all"
_LANE = "housekeeping"


def want(kind: str, uses: Iterable[PlaybookUse], at: datetime) -> None:
    """Put one row on the agenda for each use, in the caller's transaction."""
    for use in uses:
        agenda.put(kind, str(use.pk), lane=_LANE, business_id=use.business_id, due_at=at)


def look_at_it(push: PlaybookPush, at: datetime) -> None:
    """Have the push itself looked at, in the caller's transaction."""
    agenda.put(WATCH, str(push.pk), lane=_LANE, business_id=None, due_at=at)


def counts(push: PlaybookPush, wave: int | None = None) -> Counter[str]:
    """Return how many businesses of a push (or of one wave of it) are in which state."""
    uses = PlaybookUse.objects.filter(push=push.pk)
    if wave is not None:
        uses = uses.filter(wave=wave)
    return Counter(uses.values_list("state", flat=True))


def move_on(push_id: UUID | None) -> None:
    """Bring a push to its next state where all its businesses are through. Idempotent."""
    if push_id is None:
        return
    with transaction.atomic():
        push = PlaybookPush.objects.select_for_update().filter(pk=push_id).first()
        if push is not None:
            _move_on(push, timezone.now())


def _move_on(push: PlaybookPush, now: datetime) -> None:
    here = counts(push)
    if push.state == State.CHECKING and not here["checking"]:
        push.state = State.READY
    elif push.state == State.TAKING_BACK and not here["taking"]:
        push.state, push.finished_at = State.TAKEN_BACK, now
    elif push.state == State.RUNNING and not here["waiting"]:
        if here["ready"]:
            push.state = State.WAITING
            # Where something failed a person looks at it before the rest follows.
            if push.wait_hours is not None and not here["failed"]:
                push.go_on_at = now + timedelta(hours=push.wait_hours)
                look_at_it(push, push.go_on_at)
        else:
            push.state, push.finished_at = State.DONE, now
    else:
        return
    push.save(update_fields=["state", "finished_at", "go_on_at"])
