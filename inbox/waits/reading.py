"""What a conversation's panel and the page of answers show of who waits and of what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from inbox.models import Promise, Wait
from inbox.waits import targets
from inbox.waits.policy import answering
from messaging.people import threads_of

SHOWN_PROMISES = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open wait. waited: seconds as the target counts them; left: until it is due, below 0 after.

    step: how many steps of the ladder were taken, of `steps`; is_counting: whether the clock runs
    now (it stands still while the business is closed, if its target counts opening hours).
    """

    id: int
    kind: str
    conversation: int
    began_at: datetime
    due_at: datetime
    waited: int
    left: int
    is_late: bool
    is_counting: bool
    step: int
    steps: int
    acknowledged_by: str
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise of an outgoing text. what: call, contact (a call or text of ours keeps it) or visit."""

    id: int
    words: str
    what: str
    state: str
    from_at: datetime | None
    due_at: datetime
    is_soon: bool
    is_over: bool
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits in one conversation: the open wait, and its promises, the next due first."""

    wait: Waiting | None
    promises: tuple[Promised, ...]


def of_conversation(conversation_id: int, now: datetime) -> Standing:
    """Return what waits in a conversation that is shown at `now` (aware), promises by any number of theirs.

    Two queries, and the settings now and then.
    """
    row = Wait.objects.filter(conversation=conversation_id, ended_at=None).first()
    found = Promise.objects.filter(conversation__in=threads_of(conversation_id)).filter(
        Q(state=Promise.State.OPEN) | Q(state=Promise.State.BROKEN)
    )
    promises = found.order_by("-state", "due_at")[:SHOWN_PROMISES]
    return Standing(
        waiting(row, now) if row is not None else None,
        tuple(promised(each, now) for each in promises),
    )


def waiting(row: Wait, now: datetime) -> Waiting:
    """Return an open wait as it is shown at `now` (aware)."""
    rules = answering()
    waited = targets.counted_seconds(row.began_at, now, rules.week)
    return Waiting(
        row.pk, row.kind, row.conversation_id, row.began_at, row.due_at, waited,
        row.target_seconds - waited, waited > row.target_seconds,
        targets.is_counting(rules.week, now), min(row.step, len(rules.steps)), len(rules.steps),
        row.acknowledged_by_name, row.acknowledged_at,
    )  # fmt: skip


def promised(row: Promise, now: datetime) -> Promised:
    """Return a promise as it is shown at `now` (aware)."""
    is_open = row.state == Promise.State.OPEN
    return Promised(
        row.pk, row.words, row.what, row.state, row.from_at, row.due_at,
        is_open and row.warn_at <= now < row.due_at, is_open and row.due_at <= now,
        row.ended_at, row.ended_by_name,
    )  # fmt: skip
