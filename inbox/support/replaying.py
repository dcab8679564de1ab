"""Stored webhooks, processed again: chosen, shown first, put on the agenda. Verbs.

Why a replay texts nobody twice, and nobody late: a webhook is read into facts that are merged, a
decided call stays decided, a text-back is one row per call by a constraint of the database, a text
that came in is one row per provider id; and a call that was never decided is decided by its own
time: where its text would come too late the receipt says so (calls/decision.py, EXPIRED).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from tenants import support_record
from tenants.events import process_again
from tenants.models import Business, EventState, ProviderEvent, User

# At once: as much as somebody can answer for.
MOST = 500
LONGEST = timedelta(days=31)
_STATES = tuple(EventState.values)


class ReplayError(ValueError):
    """A choice that cannot be replayed; `field` names what is wrong with it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Choice:
    """Which webhooks. Times are aware, since included, until not; '' and None choose all."""

    event: int | None = None
    subject: str = ""
    business: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: str = ""


@dataclass(slots=True)
class Preview:
    """What a replay would do. rows: the first of them; count: all; by_state: how they stand."""

    rows: list[ProviderEvent] = field(default_factory=list)
    count: int = 0
    by_state: dict[str, int] = field(default_factory=dict)

    @property
    def is_too_much(self) -> bool:
        """Whether it is more than one replay takes."""
        return self.count > MOST


def choice_of(form: Mapping[str, str]) -> Choice:
    """Return what a form chooses. Raises ReplayError naming event, business, since, until or state."""
    event, business = _id(form, "event"), _id(form, "business")
    since, until = _moment(form, "since"), _moment(form, "until")
    state, subject = form.get("state", "").strip(), form.get("subject", "").strip()[:80]
    if state and state not in _STATES:
        raise ReplayError("state", f"expected one of: {', '.join(_STATES)}")
    if event is None and not subject:
        if since is None or until is None:
            raise ReplayError(
                "since", "Say from when to when, or name a webhook or a provider's id."
            )
        if until <= since:
            raise ReplayError("until", "The end must be after the beginning.")
        if until - since > LONGEST:
            raise ReplayError("until", f"At most {LONGEST.days} days at once.")
    return Choice(event, subject, business, since, until, state)


def preview(choice: Choice) -> Preview:
    """Return what a replay would take up; changes nothing."""
    chosen = _chosen(choice)
    states = Counter(chosen.values_list("state", flat=True)[: MOST + 1])
    rows = list(chosen.select_related("business")[:50])
    return Preview(rows, sum(states.values()), dict(states))


def replay(choice: Choice, by: User, reason: str, at: datetime) -> tuple[int, list[str]]:
    """Put the chosen webhooks on the agenda once more; returns how many, and why others were not.

    Oldest first, each by itself. Raises ReplayError for too many, ReasonMissing without a reason.
    """
    why = support_record.reason_in(reason)
    events = list(_chosen(choice)[: MOST + 1])
    if len(events) > MOST:
        raise ReplayError("until", f"More than {MOST}. Choose a shorter time or one business.")
    done, left = 0, Counter[str]()
    for event in events:
        try:
            process_again(event)
        except ValueError as error:
            left[str(error)] += 1
        else:
            done += 1
    business = Business.objects.filter(pk=choice.business).first() if choice.business else None
    with transaction.atomic():
        support_record.note(
            by, "replay", at=at, business=business, reason=why,
            subject=str(choice.event or choice.subject or ""), again=done, left=sum(left.values()),
            since=choice.since.isoformat() if choice.since else "",
            until=choice.until.isoformat() if choice.until else "", state=choice.state,
        )  # fmt: skip
    return done, [f"{count}: {sentence}" for sentence, count in left.items()]


def _chosen(choice: Choice) -> QuerySet[ProviderEvent]:
    events = ProviderEvent.objects.order_by("received_at", "pk")
    if choice.event is not None:
        events = events.filter(pk=choice.event)
    if choice.subject:
        events = events.filter(subject=choice.subject)
    if choice.business is not None:
        events = events.filter(business=choice.business)
    if choice.since is not None:
        events = events.filter(received_at__gte=choice.since)
    if choice.until is not None:
        events = events.filter(received_at__lt=choice.until)
    return events.filter(state=choice.state) if choice.state else events


def _id(form: Mapping[str, str], name: str) -> int | None:
    typed = form.get(name, "").strip().lstrip("#")
    if not typed:
        return None
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 18:
        raise ReplayError(name, "expected the number of a row")
    return int(typed)


def _moment(form: Mapping[str, str], name: str) -> datetime | None:
    typed = form.get(name, "").strip()
    if not typed:
        return None
    try:
        found = parse_datetime(typed)
    except ValueError:
        found = None
    if found is None:
        raise ReplayError(name, "expected a day and a time (UTC), such as 2026-11-22 09:30")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
