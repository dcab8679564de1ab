"""Who is told of something by which way, now or in his morning, and what is no longer true. Pure.

A member's settings are MemberSettings.notices and .wants: an empty list of wants is everything,
["nothing"] is nothing. Hours and days are those of the member's own zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

KINDS = ("waiting", "alert", "mention", "assigned", "promise", "answer", "digest", "test")
CHANNELS = ("live", "push", "email", "sms", "hook")
# What disturbs somebody, and so keeps to his hours.
DISTURBING = frozenset({"push", "email", "sms"})
WANTS = ("mine", "team", "unassigned", "mentions")
# What a member has who never chose: told by every way he set up, at any hour.
USUAL: dict[str, Any] = {"on": True, "from": "00:00", "to": "00:00", "days": [0, 1, 2, 3, 4, 5, 6]}
# So long a notice is of use, unless it waits for a morning.
USEFUL_FOR = {
    "waiting": timedelta(hours=12),
    "alert": timedelta(hours=24),
    "mention": timedelta(hours=24),
    "assigned": timedelta(hours=24),
    "promise": timedelta(hours=6),
    "answer": timedelta(hours=24),
    "digest": timedelta(hours=4),
    "test": timedelta(minutes=10),
}
# A provider that is away is asked again after so many seconds, then the notice is given up.
PAUSES = (5, 20, 60, 180, 600, 1200)

Relation = Literal["mine", "team", "unassigned", "none"]


@dataclass(frozen=True, slots=True)
class Member:
    """A user as notices see him. `zone` is his own, or the business's; away_until is aware."""

    user: int
    zone: ZoneInfo
    notices: dict[str, Any] = field(default_factory=dict)
    wants: tuple[str, ...] = ()
    away_until: datetime | None = None
    is_present: bool = True  # an active user with an active membership of this business


@dataclass(frozen=True, slots=True)
class Answer:
    """Now (at is None), later (`at`, aware), or not at all (`reason`, a sentence in English)."""

    at: datetime | None = None
    reason: str = ""

    @property
    def is_dropped(self) -> bool:
        """Whether nobody will be told."""
        return bool(self.reason)


NOW = Answer()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a notice's subject when its turn comes; None where it has no such thing.

    wait_open: the wait goes on and nobody said he sees to it; actionable: the conversation is open
    and something in it waits for somebody; promise_open: a promise of it is open; assignee: whose it
    is; mention_open: the note stands and the member has not seen that he is named; seen: the member
    saw this notice by another way; newer: a later notice of the same thing goes the same way.
    """

    wait_open: bool | None = None
    actionable: bool | None = None
    promise_open: bool | None = None
    assignee: int | None = None
    mention_open: bool | None = None
    hidden: bool = False
    seen: bool = False
    newer: bool = False


def when(
    channel: str, kind: str, member: Member | None, relation: Relation, now: datetime,
    *, must_reach: bool = False,
) -> Answer:  # fmt: skip
    """Decide whether a member is told of a kind by a channel, now, in his next hours, or not.

    member is None for a channel of the firm's chat, which belongs to nobody; relation: whose the
    conversation is to him ("none" where there is no conversation). now: aware. must_reach: nobody is
    here and somebody has to know, so neither his hours nor his absence count.
    """
    if member is None or kind == "test":
        return NOW
    if not member.is_present:
        return Answer(reason="No longer a member.")
    if channel not in DISTURBING:
        return NOW
    if not wanted(kind, relation, member.wants):
        return Answer(reason="The member does not want to be told of this.")
    if not switched_on(channel, kind, member.notices):
        return Answer(reason="The member switched this way off.")
    if must_reach:
        return NOW
    if member.away_until is not None and member.away_until > now:
        return Answer(reason="The member is away.")
    if kind == "digest":
        return NOW
    opens = next_hour(member.notices.get(channel), member.zone, now)
    if opens is None:
        return Answer(reason="The member has no hours for this way.")
    return NOW if opens <= now else Answer(at=opens)


def wanted(kind: str, relation: Relation, wants: tuple[str, ...]) -> bool:
    """Whether a member wants to be told of a kind; no choice means everything.

    What belongs to somebody else reaches a member only where nobody answers it: to him it is like
    what belongs to nobody.
    """
    # What became of his own words he wants to know in any case.
    if not wants or kind in ("answer", "digest", "test"):
        return True
    if kind == "mention":
        return "mentions" in wants
    if kind == "assigned":
        return "mine" in wants
    return relation == "none" or relation in wants


def switched_on(channel: str, kind: str, notices: dict[str, Any]) -> bool:
    """Whether a member has a way switched on; for the digest also the digest itself."""
    if kind == "digest" and notices.get("digest", True) is False:
        return False
    chosen = notices.get(channel)
    return not isinstance(chosen, dict) or chosen.get("on", True) is not False


def next_hour(chosen: object, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the first moment from now on within a member's hours, now itself where it is; None: never.

    chosen: {"from": "08:00", "to": "18:00", "days": [0..6]}, local to `zone`; an end before its
    begin is past midnight and belongs to the day it began on; equal ends are the whole day. What
    cannot be read is taken as any hour: somebody told too often can say so.
    """
    settings = {**USUAL, **(chosen if isinstance(chosen, dict) else {})}
    begins, ends = _clock(settings["from"]), _clock(settings["to"])
    days = settings["days"] if isinstance(settings["days"], list) else USUAL["days"]
    local = now.astimezone(zone)
    found: list[datetime] = []
    for ahead in range(-1, 8):
        day = local.date() + timedelta(days=ahead)
        if day.weekday() not in days:
            continue
        over = ends <= begins
        start = datetime.combine(day, begins, zone)
        end = datetime.combine(day + timedelta(days=1) if over else day, ends, zone)
        if start <= now < end:
            return now
        if start > now:
            found.append(start)
    return min(found) if found else None


def still_true(kind: str, user: int | None, facts: Facts) -> str:
    """Return why a notice is no longer worth telling, '' while it is. Asked at the last moment."""
    if kind in ("digest", "test"):
        return ""
    if kind == "answer":
        return "Seen already." if facts.seen else ""
    if facts.hidden:
        return "The conversation stands in no queue."
    if facts.seen:
        return "Seen already."
    if facts.newer:
        return "A later notice says it."
    if kind == "waiting":
        over = not facts.wait_open if facts.wait_open is not None else facts.actionable is False
        return "Nobody waits any more, or somebody sees to it." if over else ""
    if kind == "alert":
        over = (
            facts.wait_open is False if facts.wait_open is not None else facts.actionable is False
        )
        return "It is settled." if over else ""
    if kind == "promise":
        return "The promise is settled." if facts.promise_open is False else ""
    if kind == "assigned":
        # Of several at once there is no one conversation to ask.
        still = facts.actionable is None or facts.assignee == user
        return "" if still else "It is somebody else's by now."
    if kind == "mention":
        return "Seen already." if facts.mention_open is False else ""
    return ""


def try_again(attempts: int, now: datetime, until: datetime) -> datetime | None:
    """Return when to try a way again that failed `attempts` times, None when it is given up. Aware."""
    if attempts > len(PAUSES):
        return None
    at = now + timedelta(seconds=PAUSES[attempts - 1])
    return at if at < until else None


def _clock(value: object) -> time:
    try:
        hour, minute = str(value).split(":")[:2]
        return time(int(hour) % 24, int(minute))
    except ValueError:
        return time(0)
