"""What the pages of answers list: who waits, promises, and the waits the figures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from inbox import clock
from inbox.models import Promise, Wait
from inbox.notices.services import name_of
from inbox.staff import names_of
from inbox.waits import reading, targets
from inbox.waits.figures import Waited
from inbox.waits.policy import answering
from inbox.waits.promising import kept_rate
from inbox.waits.reading import Promised, Waiting
from inbox.waits.words import duration
from messaging.models import Conversation

MOST = 100
MOST_COUNTED = 50_000
LATELY = timedelta(days=14)
_SINCE = """
    SELECT w.began_at, w.ended_how, w.waited_seconds, w.target_seconds, w.answered_by_name,
           NOT EXISTS (SELECT FROM inbox_wait e
                       WHERE e.conversation_id = w.conversation_id AND e.began_at < w.began_at)
    FROM inbox_wait w WHERE w.began_at >= %s ORDER BY w.began_at DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in a list: who it is, whose it is, what it is about, and its words."""

    name: str
    url: str
    words: str
    last_line: str
    assignee: str
    wait: Waiting
    ago: str  # how long since they wrote, by the clock on the wall
    left: str
    percent: int
    in_open_hours: bool  # whether what is left counts less time than has passed
    older: str  # why the list of conversations counts since earlier, '' where it does not


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise in a list."""

    name: str
    url: str
    promise: Promised
    left: str


def waiting(now: datetime) -> list[Row]:
    """Return who waits at `now` (aware), whoever is due first first, at most MOST."""
    found = (
        Wait.objects.filter(ended_at=None, conversation__hidden="")
        .select_related("conversation__contact")
        .order_by("due_at", "pk")[:MOST]
    )
    waits = list(found)
    names = names_of({w.conversation.assignee for w in waits if w.conversation.assignee})
    return [_row(wait, names, now) for wait in waits]


def _row(row: Wait, names: dict[int, str], now: datetime) -> Row:
    shown, thread = reading.waiting(row, now), row.conversation
    words = {
        Wait.Kind.REPLY: _("wrote"),
        Wait.Kind.VOICEMAIL: _("left a voicemail"),
        Wait.Kind.CALL: _("called and got no text"),
    }[Wait.Kind(row.kind)]
    if shown.is_late:
        left = _("%(time)s too long") % {"time": duration(-shown.left)}
    else:
        left = _("%(time)s left") % {"time": duration(shown.left)}
    return Row(
        name_of(thread), reverse("inbox:conversation", args=[thread.pk]), words, thread.last_line,
        names.get(thread.assignee or 0, ""), shown,
        duration(int((now - row.began_at).total_seconds())), left,
        min(100, round(100 * shown.waited / max(1, row.target_seconds))),
        (now - row.began_at).total_seconds() - shown.waited >= 60, _older(thread, row.began_at),
    )  # fmt: skip


def _older(thread: Conversation, began_at: datetime) -> str:
    """Say what calls for somebody since before they wrote: the list of conversations counts from there."""
    since = thread.actionable_at
    if since is None or since >= began_at:
        return ""
    words = {
        thread.voicemail_at: _("A voicemail is unheard since %(when)s"),
        thread.failed_at: _("A text did not arrive, %(when)s"),
        thread.escalated_at: _("An alert is open since %(when)s"),
        thread.promise_at: _("A promise is due since %(when)s"),
    }.get(since)
    return words % {"when": clock.dated(localtime(since))} if words else ""


def waits_since(since: datetime, now: datetime) -> list[Waited]:
    """Return the waits that began since a moment (aware), newest first, as the figures need them.

    Of those that are open still: how long by `now`.
    """
    week = answering().week
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [since, MOST_COUNTED])
        rows = cursor.fetchall()
    return [
        Waited(
            began, how,
            waited if waited is not None else targets.counted_seconds(began, now, week),
            target, by, is_first,
        )
        for began, how, waited, target, by, is_first in rows
    ]  # fmt: skip


def promises(now: datetime) -> dict[str, Any]:
    """Return what the page of promises shows at `now` (aware)."""
    rows = Promise.objects.select_related(
        "conversation__contact__merged_into__conversation__contact"
    )
    open_now = rows.filter(state=Promise.State.OPEN).order_by("due_at")[:MOST]
    broken = rows.filter(state=Promise.State.BROKEN, due_at__gte=now - LATELY).order_by("-due_at")
    return {
        "open": [_promise(row, now) for row in open_now],
        "broken": [_promise(row, now) for row in broken[:MOST]],
        "kept": kept_since(now - timedelta(days=30)),
    }


def kept_since(since: datetime) -> dict[str, int | None]:
    """Return how many promises that were due since a moment (aware) were kept, broken, and the rate."""
    states = list(
        Promise.objects.filter(due_at__gte=since).values_list("state", flat=True)[:MOST_COUNTED]
    )
    return {
        "kept": states.count(Promise.State.KEPT), "broken": states.count(Promise.State.BROKEN),
        "open": states.count(Promise.State.OPEN), "rate": kept_rate(states),
    }  # fmt: skip


def _promise(row: Promise, now: datetime) -> PromiseRow:
    shown, thread = reading.promised(row, now), row.conversation
    kept = thread.contact.merged_into
    if kept is not None:  # made to one of several numbers: told of whom it is to
        thread = kept.conversation
    gap = int((row.due_at - now).total_seconds())
    left = (
        _("in %(time)s") % {"time": duration(gap)}
        if gap > 0
        else _("%(time)s ago") % {"time": duration(-gap)}
    )
    return PromiseRow(name_of(thread), reverse("inbox:conversation", args=[thread.pk]), shown, left)
