"""The lists of a business as lines of a file: people, conversations and calls. Reads only.

Headings are names for machines, so that a spreadsheet's formulas outlive a language; moments are in
UTC. A file has at most MOST lines, and one more that says so where there would be more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice

from calls.models import Call
from inbox.people import reading as people_reading
from inbox.people.reading import Choice
from inbox.queue import reading as queue_reading
from inbox.queue.folders import Selection
from messaging.models import Conversation

MOST = 50_000
_AT_ONCE = 500
Line = tuple[str, ...]

PEOPLE: Line = (
    "number", "name", "company", "email", "language", "tags", "external_id", "opted_out_at", "vip",
    "never_texted_by_rules", "last_at", "created_at",
)  # fmt: skip
CONVERSATIONS: Line = (
    "id", "number", "name", "state", "waits_since", "waits_for", "last_at", "last_line", "assignee",
    "team", "tags", "snoozed_until", "opted_out",
)  # fmt: skip
CALLS: Line = (
    "id", "started_at", "caller", "name", "our_number", "outcome", "missed_because", "ring_seconds",
    "talk_seconds", "voicemail_seconds", "decision", "reason", "is_test",
)  # fmt: skip


def people(choice: Choice) -> Iterator[Line]:
    """Return the people a choice leaves, by name."""
    return whole(PEOPLE, _people(choice))


def conversations(selection: Selection, me: int) -> Iterator[Line]:
    """Return what a folder shows with its filters, in its order. me: the user whose own folder it may be."""
    return whole(CONVERSATIONS, _conversations(selection, me))


def calls(since: datetime, until: datetime) -> Iterator[Line]:
    """Return the calls of [since, until) (aware), newest first; a call known by two ways stands once."""
    return whole(CALLS, _calls(since, until))


def whole(headings: Line, lines: Iterator[Line]) -> Iterator[Line]:
    """Return headings and lines, at most MOST of them; a last one says that there is more."""
    yield headings
    yield from islice(lines, MOST)
    if next(lines, None) is not None:
        yield (f"There is more: this file ends after {MOST} lines.",)


def _people(choice: Choice) -> Iterator[Line]:
    after, first = "", True
    while first or after:
        found = people_reading.page(choice, after, size=_AT_ONCE)
        after, first = found.after, False
        for row in found.rows:
            who = row.contact
            yield (
                who.phone, who.name, who.company, who.email, who.language, ", ".join(who.tags),
                who.external_id, moment(who.opted_out_at), yes(who.vip_at is not None),
                yes(who.ignored_at is not None), moment(row.last_at), moment(who.created_at),
            )  # fmt: skip


def _conversations(selection: Selection, me: int) -> Iterator[Line]:
    after, first = "", True
    while first or after:
        found = queue_reading.page(selection, me, cursor=after, size=queue_reading.MOST)
        after, first = found.after, False
        ids = [row.id for row in found.rows]
        known = Conversation.objects.filter(pk__in=ids)
        who = {
            pk: (phone, name)
            for pk, phone, name in known.values_list("pk", "contact__phone", "contact__name")
        }
        for row in found.rows:
            phone, name = who.get(row.id, ("", ""))
            yield (
                str(row.id), phone, name, row.state, moment(row.actionable_at),
                ", ".join(reason for reason, _at in row.reasons), moment(row.last_at),
                row.last_line, row.assignee_name, row.team_name,
                ", ".join(tag for tag, _colour in row.tags), moment(row.snoozed_until),
                yes(row.opted_out),
            )  # fmt: skip


def _calls(since: datetime, until: datetime) -> Iterator[Line]:
    found = (
        Call.objects.filter(started_at__gte=since, started_at__lt=until, same_as=None)
        .exclude(outcome=Call.Outcome.IGNORED)
        .select_related("contact")
        .order_by("-started_at", "-id")
        .defer("facts")
    )
    rows = chain.from_iterable(
        found[start : start + _AT_ONCE] for start in range(0, MOST + 1, _AT_ONCE)
    )
    for call in rows:
        reason = (call.receipt or {}).get("sentence", "") or call.decision_reason
        yield (
            str(call.pk), moment(call.started_at), call.caller,
            call.contact.name if call.contact else "", call.our_number, call.outcome,
            call.missed_because, number(call.ring_seconds), number(call.talk_seconds),
            number(call.voicemail_seconds), call.decision, str(reason), yes(call.is_test),
        )  # fmt: skip


def moment(at: datetime | None) -> str:
    """Return a moment as files have it, in UTC; nothing for none."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def number(value: int | None) -> str:
    """Return a figure; nothing for none."""
    return "" if value is None else str(value)


def yes(value: bool) -> str:
    """Return yes or no."""
    return "yes" if value else "no"
