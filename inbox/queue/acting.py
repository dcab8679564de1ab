"""What a form of the queue asks to be done, done and told in words; and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox import activity, handling
from inbox.activity import Actor, moment_in_words
from inbox.handling import Done, HandlingError
from inbox.queue import snoozing
from inbox.waits.policy import answering
from tenants.scope import current_schema

UNDO_SECONDS = 600
_SALT = "inbox.queue.undo"
_TIMES = ("snoozed_until", "closed_at", *handling.NEEDS)


def act(
    asked: str, ids: list[int], typed: dict[str, str], actor: Actor, zone: ZoneInfo, now: datetime
) -> Done:
    """Do what a button says: "close", "assign=12", "snooze=2026-11-23T08:00". Raises HandlingError.

    typed: fields beside the button (`until`, `tag`), for buttons that leave the value to them.
    """
    verb, _sign, value = asked.partition("=")
    if not ids:
        raise HandlingError("ids", "choose a conversation first")
    if verb == "close":
        return handling.close(ids, actor, now)
    if verb == "reopen":
        return handling.reopen(ids, actor, now)
    if verb in ("read", "unread"):
        return handling.mark(ids, unread=verb == "unread", actor=actor, at=now)
    if verb == "assign":
        user = {"me": actor.id, "none": None}.get(value, _id(value, "assignee") if value else None)
        return handling.assign(ids, user, actor, now)
    if verb == "team":
        return handling.give_to_team(ids, _id(value, "team") or 0, actor, now)
    if verb == "snooze":
        try:
            until = snoozing.written(value or typed.get("until", ""), zone)
        except ValueError as problem:
            raise HandlingError("until", str(problem).partition(": ")[2]) from None
        return handling.snooze(ids, until, actor, now)
    if verb in ("tag", "untag"):
        change = handling.tag if verb == "tag" else handling.untag
        return change(ids, value or typed.get("tag", ""), actor, now)
    raise HandlingError("do", "there is no such act")


def _id(value: str, field: str) -> int | None:
    if value in ("me", "none"):
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise HandlingError(field, "that is nobody here")
    return int(value)


def told(done: Done, zone: ZoneInfo) -> str:
    """Return what was done, how often, in the active language."""
    count = done.count
    if not count:
        return _("Nothing to change: it is so already.")
    until = done.left.get("snoozed_until")
    values = {
        "count": count,
        "tag": done.left.get("tag", ""),
        "until": moment_in_words(until, zone) if until else "",
    }
    words = {
        activity.CLOSED: ngettext("Closed.", "%(count)s conversations closed.", count),
        activity.REOPENED: ngettext("Reopened.", "%(count)s conversations reopened.", count),
        activity.SNOOZED: ngettext(
            "Snoozed until %(until)s.", "%(count)s conversations snoozed until %(until)s.", count
        ),
        activity.ASSIGNED: ngettext("Assigned.", "%(count)s conversations assigned.", count),
        activity.UNASSIGNED: ngettext(
            "Assigned to nobody.", "%(count)s conversations assigned to nobody.", count
        ),
        activity.TEAM: ngettext(
            "Given to the team.", "%(count)s conversations given to the team.", count
        ),
        activity.TAGGED: ngettext("Tagged “%(tag)s”.", "%(count)s people tagged “%(tag)s”.", count),
        activity.UNTAGGED: ngettext(
            "Took off “%(tag)s”.", "Took “%(tag)s” off %(count)s people.", count
        ),
        activity.UNDONE: ngettext("Taken back.", "Taken back for %(count)s conversations.", count),
        "read": ngettext("Marked as read.", "%(count)s conversations marked as read.", count),
        "unread": ngettext("Marked as unread.", "%(count)s conversations marked as unread.", count),
    }
    return words.get(done.act, "") % values


def undo_token(done: Done, user_id: int) -> str:
    """Return what takes an act back, signed for the member who did it, in this business; '' for nothing done."""
    if not done.count or done.act == activity.UNDONE:
        return ""
    payload = {
        "schema": current_schema(),
        "user": user_id,
        "act": done.act,
        "left": _plain(done.left),
        "before": {str(pk): _plain(values) for pk, values in done.before.items()},
    }
    return signing.dumps(payload, salt=_SALT, compress=True)


def of_token(token: str, user_id: int) -> Done:
    """Return the act of a token. Raises HandlingError for one that is too old, or another member's."""
    try:
        payload = signing.loads(token, salt=_SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        raise HandlingError("token", _("It is too late to take that back.")) from None
    if payload["schema"] != current_schema() or payload["user"] != user_id:
        raise HandlingError("token", _("It is too late to take that back."))
    before = {int(pk): _live(values) for pk, values in payload["before"].items()}
    return Done(payload["act"], _live(payload["left"]), before)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _live(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if value and name in _TIMES else value
        for name, value in values.items()
    }


def offered(zone: ZoneInfo) -> list[tuple[str, str, str]]:
    """Return what a snooze is offered until, by the opening hours: words, the moment in words, as a form has it."""
    words = {
        "later_today": _("Later today"),
        "tomorrow": _("Tomorrow morning"),
        "monday": _("Monday morning"),
        "in_a_week": _("In a week"),
        "in_a_month": _("In a month"),
    }
    return [
        (words[key], moment_in_words(moment, zone), moment.isoformat())
        for key, moment in snoozing.presets(timezone.now(), zone, answering().hours)
    ]
