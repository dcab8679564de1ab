"""What members do with conversations: give them to somebody, snooze, close, reopen, mark, tag; and take it back.

Every verb takes a list of conversations and who acts, works in one transaction with the contacts
locked first (in the order of their ids, as conversations after them), leaves alone what is so
already, and tells what it changed. Two members at once are one after the other: the second finds
what the first left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from calls.voicemails import note_unheard
from inbox import activity, staff
from inbox.activity import RINGBACK, Actor
from inbox.models import Tag, Team
from messaging import alerts
from messaging.callers import CallerError, tags_of
from messaging.models import Contact, Conversation
from messaging.people import all_numbers
from tenants import agenda, live
from tenants.scope import current_business

MOST = 500  # conversations in one act
LONGEST_SNOOZE = timedelta(days=366)
MOST_TAGS = 20
WAKE = "inbox.wake"
# What says that somebody should see to a conversation; whoever closes it has.
NEEDS = ("waiting_since", "failed_at", "voicemail_at", "escalated_at", "promise_at")
_FIELDS = ("state", "assignee", "team", "snoozed_until", "closed_at", "unread", *NEEDS)


class HandlingError(ValueError):
    """Something that cannot be done; `field` names what is wrong with what was asked."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Done:
    """What an act changed: for each conversation what it was before, and what it was left as.

    left: the fields the act set (for a tag, its name under `tag`); enough to take it back.
    """

    act: str
    left: dict[str, Any]
    before: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many conversations were changed."""
        return len(self.before)


def assign(ids: Iterable[int], user_id: int | None, actor: Actor, at: datetime) -> Done:
    """Give conversations to a member, or to nobody, neither member nor team. `at` is aware. Raises HandlingError."""
    if user_id is None:
        left: dict[str, Any] = {"assignee": None, "team": None}
        return _change(activity.UNASSIGNED, ids, left, actor, at)
    names = {each.id: each.name for each in staff.colleagues(current_business())}
    if user_id not in names:
        raise HandlingError("assignee", "is no member here any more")
    detail = {"user": user_id, "who": names[user_id]}
    return _change(activity.ASSIGNED, ids, {"assignee": user_id}, actor, at, detail)


def give_to_team(ids: Iterable[int], team_id: int, actor: Actor, at: datetime) -> Done:
    """Give conversations to a team; whoever had one has it no longer. Raises HandlingError."""
    team = Team.objects.filter(pk=team_id, archived_at=None).first()
    if team is None:
        raise HandlingError("team", "there is no such team")
    left = {"team": team.pk, "assignee": None}
    return _change(activity.TEAM, ids, left, actor, at, {"team": team.name, "team_id": team.pk})


def close(ids: Iterable[int], actor: Actor, at: datetime) -> Done:
    """Close conversations: they are handled. What waited is over, and alerts to phone them are resolved.

    A voicemail nobody played counts as handled too; the thread still says that it is unheard.
    """
    left = {
        "state": "closed", "closed_at": at, "snoozed_until": None, "unread": 0,
        **dict.fromkeys(NEEDS),
    }  # fmt: skip
    with transaction.atomic():
        people = _lock(ids)
        # Alerts first: who is told of them sets what an open one means for the conversation.
        for row in people:
            if row["state"] != "closed" and row["escalated_at"] is not None:
                # The folded numbers first: what they say shows with the person's own.
                for number in all_numbers(row["contact_id"]).order_by("merged_into"):
                    alerts.spoken_with(number.pk, by=actor.name, at=at)
        done = _change(
            activity.CLOSED, ids, left, actor, at, only=lambda row: row["state"] != "closed"
        )
        for row in people:  # since when there was an alert, from before it was resolved
            done.before.get(row["id"], {})["escalated_at"] = row["escalated_at"]
        return done


def reopen(ids: Iterable[int], actor: Actor, at: datetime) -> Done:
    """Open conversations that were closed or snoozed.

    What a closing ended is there again where nothing was said since: the wait (inbox/waits/services.py)
    and the alerts; and a voicemail that nobody has heard in any case. Else a closing by mistake, and
    its mending a minute later, would take somebody who waits out of everybody's sight.
    """
    left = {"state": "open", "closed_at": None, "snoozed_until": None}
    with transaction.atomic():
        done = _change(
            activity.REOPENED, ids, left, actor, at, only=lambda row: row["state"] != "open"
        )
        for thread in Conversation.objects.filter(pk__in=done.before).order_by("pk"):
            closed_at = done.before[thread.pk]["closed_at"]
            if closed_at is None:
                continue
            if thread.last_at <= closed_at:
                alerts.open_again(thread.contact_id, closed_at)
            note_unheard(thread.contact_id)
    return done


def snooze(ids: Iterable[int], until: datetime, actor: Actor, at: datetime) -> Done:
    """Put conversations away until a moment (aware), or until they write or call. Raises HandlingError."""
    if not at < until <= at + LONGEST_SNOOZE:
        raise HandlingError("until", "choose a time from now to a year ahead")
    left = {"state": "snoozed", "snoozed_until": until, "closed_at": None}
    with transaction.atomic():
        done = _change(
            activity.SNOOZED, ids, left, actor, at, {"until": until.isoformat()}
        )  # fmt: skip
        _plan_waking(done.before, until)
    return done


def mark(ids: Iterable[int], *, unread: bool, actor: Actor, at: datetime) -> Done:
    """Mark conversations as read or unread for everybody. The thread does not tell of it."""
    left = {"unread": 1 if unread else 0}
    return _change(
        "unread" if unread else "read", ids, left, actor, at,
        only=lambda row: (row["unread"] > 0) != unread,
    )  # fmt: skip


def tag(ids: Iterable[int], written: str, actor: Actor, at: datetime) -> Done:
    """Give the people of conversations a tag, which is made if it is new. Raises HandlingError.

    Whoever has as many tags as anybody may have is left as he is.
    """
    name = _tag_name(written)
    with transaction.atomic():
        Tag.objects.get_or_create(name__iexact=name, defaults={"name": name, "created_at": at})
        return _change_tags(
            activity.TAGGED, ids, name, actor, at,
            "UPDATE messaging_contact SET tags = tags || %s::jsonb WHERE id = ANY(%s) "
            "AND NOT tags @> %s::jsonb AND jsonb_array_length(tags) < %s AND erased_at IS NULL "
            "RETURNING id",
        )  # fmt: skip


def untag(ids: Iterable[int], written: str, actor: Actor, at: datetime) -> Done:
    """Take a tag off the people of conversations. Raises HandlingError."""
    return _change_tags(
        activity.UNTAGGED, ids, _tag_name(written), actor, at,
        "UPDATE messaging_contact SET tags = tags - (%s::jsonb ->> 0) WHERE id = ANY(%s) "
        "AND tags @> %s::jsonb AND %s > 0 RETURNING id",
    )  # fmt: skip


def take_back(done: Done, actor: Actor, at: datetime) -> Done:
    """Take an act back where nobody has changed since what it left; returns what was taken back."""
    if done.act in (activity.TAGGED, activity.UNTAGGED):
        other = untag if done.act == activity.TAGGED else tag
        return other(done.before, str(done.left["tag"]), actor, at)
    with transaction.atomic():
        now = {row["id"]: row for row in _lock(done.before)}
        mine = {
            pk: before
            for pk, before in done.before.items()
            if pk in now and all(now[pk][name] == value for name, value in done.left.items())
        }
        if done.act == activity.REOPENED:  # what came back with it goes with it
            shut = [pk for pk, before in mine.items() if before["state"] == "closed"]
            close(shut, actor, at)
        Conversation.objects.bulk_update(
            [Conversation(pk=pk, **before) for pk, before in mine.items()], list(done.left)
        )
        for pk, before in mine.items():
            if before.get("state") == "snoozed":
                _plan_waking([pk], before["snoozed_until"])
            if done.act == activity.CLOSED and before["escalated_at"] is not None:
                alerts.open_again(now[pk]["contact_id"], done.left["closed_at"])
        if done.act in activity.SENTENCES:
            activity.record(mine, activity.UNDONE, actor, at, {"act": done.act})
        taken = Done(activity.UNDONE, done.left, mine)
        _tell(taken, actor, {"act": done.act})
    return taken


def wake(item: agenda.Item) -> agenda.Later | None:
    """Agenda: open a snoozed conversation whose time has come. Idempotent; asked too early, it waits.

    Nothing else may say why it stands in the queue again: then the moment it woke is since when
    somebody should see to it, until somebody answers or closes it.
    """
    pk = int(item.subject)
    with transaction.atomic():
        row = next(iter(_lock([pk])), None)
        if row is None or row["state"] != "snoozed":
            return None
        now = _now()
        if row["snoozed_until"] > now:
            return agenda.Later(row["snoozed_until"])
        left: dict[str, Any] = {"state": "open", "snoozed_until": None}
        if not any(row[name] for name in NEEDS):
            left["waiting_since"] = now
        _change(activity.WOKEN, [pk], left, RINGBACK, now)
    return None


def _now() -> datetime:
    """Return the database's clock, which the agenda goes by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def _tag_name(written: str) -> str:
    try:
        names = tags_of(written.replace("\x00", ""))
    except CallerError as problem:
        raise HandlingError("tag", problem.sentence) from None
    if len(names) != 1:
        raise HandlingError("tag", "write one tag, without a comma")
    return names[0]


def _lock(ids: Iterable[int]) -> list[dict[str, Any]]:
    """Lock people by all their numbers, then their conversations, in the order of their ids; no hidden ones.

    Raises HandlingError for more than one act may change.
    """
    wanted = sorted(set(ids))
    if len(wanted) > MOST:
        raise HandlingError("ids", f"choose at most {MOST} conversations")
    shown = Conversation.objects.filter(pk__in=wanted, hidden="")
    people = list(shown.values_list("contact_id", flat=True))
    numbers = Contact.objects.filter(Q(pk__in=people) | Q(merged_into__in=people))
    list(numbers.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    found = Conversation.objects.select_for_update(of=("self",)).filter(pk__in=wanted, hidden="")
    return list(found.order_by("pk").values("id", "contact_id", *_FIELDS))


def _change(
    kind: str,
    ids: Iterable[int],
    left: dict[str, Any],
    actor: Actor,
    at: datetime,
    detail: dict[str, Any] | None = None,
    only: Callable[[dict[str, Any]], bool] | None = None,
) -> Done:
    """Set the fields of `left` where they are otherwise (or where `only` says so), and say so."""

    def differs(row: dict[str, Any]) -> bool:
        return any(row[name] != value for name, value in left.items())

    with transaction.atomic():
        rows = [row for row in _lock(ids) if (only or differs)(row)]
        done = Done(kind, left, {row["id"]: {name: row[name] for name in left} for row in rows})
        if rows:
            Conversation.objects.filter(pk__in=done.before).update(**left)
            if kind in activity.SENTENCES:
                activity.record(done.before, kind, actor, at, detail)
            _tell(done, actor, detail or {})
    return done


def _change_tags(
    kind: str, ids: Iterable[int], name: str, actor: Actor, at: datetime, statement: str
) -> Done:
    with transaction.atomic():
        people = {row["contact_id"]: row["id"] for row in _lock(ids)}
        with connection.cursor() as cursor:
            as_json = json.dumps([name])
            cursor.execute(statement, [as_json, list(people), as_json, MOST_TAGS])
            changed = sorted(people[row[0]] for row in cursor.fetchall())
        done = Done(kind, {"tag": name}, {pk: {} for pk in changed})
        if changed:
            activity.record(changed, kind, actor, at, {"tag": name})
            _tell(done, actor, {"tag": name})
    return done


def _plan_waking(ids: Iterable[int], until: datetime) -> None:
    business = current_business().pk
    for pk in ids:
        agenda.put(WAKE, str(pk), lane="housekeeping", business_id=business, due_at=until)


def _tell(done: Done, actor: Actor, detail: dict[str, Any]) -> None:
    """Tell whoever is to know, in this transaction; screens are told after it."""
    for path in settings.CONVERSATIONS_HANDLED_HANDLERS:
        import_string(path)(done.act, list(done.before), actor, detail)
    for pk in done.before:
        live.changed(pk)
