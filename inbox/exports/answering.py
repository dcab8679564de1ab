"""How people are answered, as lines of a file: waits, promises and the tables of the figures. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from inbox.exports.tables import MOST, Line, moment, number, whole, yes
from inbox.models import Promise, Wait
from inbox.waits import figures as counted
from inbox.waits import lists, targets
from inbox.waits.figures import Waited
from inbox.waits.policy import answering

_AT_ONCE = 500
WAITS: Line = (
    "conversation", "number", "name", "kind", "began_at", "due_at", "target_seconds",
    "waited_seconds", "late", "ended_at", "ended_how", "answered_by", "seen_to_by",
)  # fmt: skip
PROMISES: Line = (
    "conversation", "number", "name", "words", "what", "from_at", "due_at", "state", "ended_at",
    "ended_by", "created_at",
)  # fmt: skip
FIGURES: dict[str, Line] = {
    "days": ("day", "in_time", "late"),
    "hours": ("weekday", "hour", "waits", "late"),
    "members": ("member", "answers", "median_seconds", "p90_seconds", "in_time_percent"),
}


def waits(since: datetime | None, now: datetime) -> Iterator[Line]:
    """Return who began to wait since a moment (aware), newest first; None: who waits now, by when it is due.

    How long those wait that are open: by `now`, as their target counts.
    """
    found = Wait.objects.select_related("conversation__contact")
    if since is None:
        found = found.filter(ended_at=None, conversation__hidden="").order_by("due_at", "pk")
    else:
        found = found.filter(began_at__gte=since).order_by("-began_at", "-pk")
    return whole(WAITS, _waits(found[: MOST + 1].iterator(_AT_ONCE), now))


def _waits(found: Iterator[Wait], now: datetime) -> Iterator[Line]:
    week = answering().week
    for row in found:
        waited = row.waited_seconds
        if waited is None:
            waited = targets.counted_seconds(row.began_at, now, week)
        thread = row.conversation
        yield (
            str(thread.pk), thread.contact.phone, thread.contact.name, row.kind,
            moment(row.began_at), moment(row.due_at), str(row.target_seconds), str(waited),
            yes(waited > row.target_seconds), moment(row.ended_at), row.ended_how,
            row.answered_by_name, row.acknowledged_by_name,
        )  # fmt: skip


def promises(since: datetime) -> Iterator[Line]:
    """Return what is promised still and what was due since a moment (aware), the latest first."""
    found = (
        Promise.objects.filter(Q(state=Promise.State.OPEN) | Q(due_at__gte=since))
        .select_related("conversation__contact")
        .order_by("-due_at", "-pk")
    )
    return whole(PROMISES, (_promise(row) for row in found[: MOST + 1].iterator(_AT_ONCE)))


def _promise(row: Promise) -> Line:
    thread = row.conversation
    return (
        str(thread.pk), thread.contact.phone, thread.contact.name, row.words, row.what,
        moment(row.from_at), moment(row.due_at), row.state, moment(row.ended_at),
        row.ended_by_name, moment(row.created_at),
    )  # fmt: skip


def figures(table: str, since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Line]:
    """Return one table of the figures (FIGURES) over [since, now); days and hours are the zone's."""
    rows = lists.waits_since(since, now)
    made: dict[str, Callable[[], Iterator[Line]]] = {
        "days": lambda: _days(rows, since, now, zone),
        "hours": lambda: _hours(rows, zone),
        "members": lambda: _members(rows),
    }
    return whole(FIGURES[table], made[table]())


def _days(rows: list[Waited], since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Line]:
    first, last = since.astimezone(zone).date(), now.astimezone(zone).date()
    for day in counted.by_day(rows, zone, first, last):
        yield (day.day.isoformat(), str(day.in_time), str(day.late))


def _hours(rows: list[Waited], zone: ZoneInfo) -> Iterator[Line]:
    for cells in counted.by_hour(rows, zone):
        for cell in cells:
            # Weekdays as ISO 8601 counts them: Monday is 1.
            yield (str(cell.weekday + 1), str(cell.hour), str(cell.count), str(cell.late))


def _members(rows: list[Waited]) -> Iterator[Line]:
    for name, found in counted.by_member(rows):
        yield (
            name, str(found.answered), number(found.median), number(found.p90), number(found.share),
        )  # fmt: skip
