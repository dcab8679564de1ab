"""What members did with a conversation: recorded in the transaction that does it, told in the thread.

An activity is never changed. Its detail keeps the names as they were, so that a line stays true
after a team was renamed or a member has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox import clock
from inbox.models import Activity

ASSIGNED, TEAM, UNASSIGNED = "assigned", "team", "unassigned"
CLOSED, REOPENED, SNOOZED, WOKEN = "closed", "reopened", "snoozed", "woken"
TAGGED, UNTAGGED = "tagged", "untagged"
UNDONE = "undone"
PROFILE, MERGED, UNMERGED = "profile", "merged", "unmerged"
ANSWER_LOST = "answer_lost"
# Of appointments, for whoever keeps them; detail: at, the appointment's moment as an ISO text.
BOOKED, BOOKING_MOVED, BOOKING_CANCELLED = "booked", "booking_moved", "booking_cancelled"
SENTENCES = {
    ASSIGNED: gettext_lazy("%(actor)s assigned this to %(who)s"),
    "took": gettext_lazy("%(actor)s took this on"),
    TEAM: gettext_lazy("%(actor)s gave this to the team %(team)s"),
    UNASSIGNED: gettext_lazy("%(actor)s assigned this to nobody"),
    CLOSED: gettext_lazy("%(actor)s closed this"),
    REOPENED: gettext_lazy("%(actor)s reopened this"),
    SNOOZED: gettext_lazy("%(actor)s snoozed this until %(until)s"),
    WOKEN: gettext_lazy("Back from snooze"),
    TAGGED: gettext_lazy("%(actor)s added the tag %(tag)s"),
    UNTAGGED: gettext_lazy("%(actor)s took off the tag %(tag)s"),
    UNDONE: gettext_lazy("%(actor)s took that back"),
    PROFILE: gettext_lazy("%(actor)s changed %(what)s"),
    MERGED: gettext_lazy("%(actor)s merged %(number)s into this person"),
    ANSWER_LOST: gettext_lazy(
        "%(actor)s answered from the handset; it was held up on our side and not sent"
    ),
    BOOKED: gettext_lazy("%(actor)s booked an appointment for %(when)s"),
    BOOKING_MOVED: gettext_lazy("%(actor)s moved the appointment to %(when)s"),
    BOOKING_CANCELLED: gettext_lazy("%(actor)s cancelled the appointment of %(when)s"),
    UNMERGED: gettext_lazy("%(actor)s took %(number)s out again: a person of its own"),
}
# What a changed profile says of Ringback's own fields; the business's have their labels.
_FIELDS = {
    "name": gettext_lazy("the name"),
    "email": gettext_lazy("the e-mail address"),
    "company": gettext_lazy("the firm"),
    "language": gettext_lazy("the language"),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a user's id and his name as others read it; None is Ringback itself."""

    id: int | None
    name: str

    @property
    def pk(self) -> int | None:
        """The user's id, as a User has it: a verb takes either."""
        return self.id

    def __str__(self) -> str:
        return self.name


RINGBACK = Actor(None, "The system")


def record(
    conversation_ids: Iterable[int],
    kind: str,
    actor: Actor,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one activity for each conversation in the current transaction. `at` is aware.

    Kinds beside those above (a merge, a field) may be recorded by whoever has words for them in
    SENTENCES. Raises ValueError for a kind nobody has words for.
    """
    if kind not in SENTENCES:
        raise ValueError(f"kind: no words for {kind!r}")
    Activity.objects.bulk_create(
        Activity(
            conversation_id=conversation_id,
            kind=kind,
            actor=actor.id,
            actor_name=actor.name[:120],
            detail=dict(detail or {}),
            at=at,
        )
        for conversation_id in conversation_ids
    )


def sentence(activity: Activity, zone: ZoneInfo) -> str:
    """Return an activity in the active language, its times in `zone`; '' for a kind of another day."""
    kind = activity.kind
    if kind == ASSIGNED and activity.detail.get("user") == activity.actor:
        kind = "took"
    words = SENTENCES.get(kind)
    if words is None:
        return ""
    values = {
        "who": "?", "team": "?", "tag": "?", "until": "?", "number": "?", "what": "?",
        "when": "?",
    } | activity.detail  # fmt: skip
    if activity.detail.get("fields"):
        values["what"] = ", ".join(
            str(_FIELDS.get(name, name)) for name in activity.detail["fields"]
        )
    if activity.detail.get("until"):
        moment = datetime.fromisoformat(str(activity.detail["until"]))
        values["until"] = moment_in_words(moment, zone)
    if activity.detail.get("at"):
        values["when"] = moment_in_words(datetime.fromisoformat(str(activity.detail["at"])), zone)
    return str(words) % {**values, "actor": activity.actor_name or _("The system")}


def moment_in_words(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment (aware) as people of the active language write it, in `zone`."""
    return clock.dated(localtime(moment, zone))
