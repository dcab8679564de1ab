"""Two contacts that are one person, merged and taken apart again.

Nothing moves: texts, calls, consent and opt-out stay with their number, so the gate and the rules
ask each number as before. The conversation of the folded one is hidden and shown with the kept
one's, and what the kept contact lacked (name, e-mail, firm, language, tags, own fields) it takes
over. Which that was stands in the Merge, so that taking apart is exact at any time.

Both contacts are locked in the order of their ids, contacts before conversations, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from calls.models import Call
from inbox import activity
from inbox.activity import Actor
from inbox.handling import NEEDS
from inbox.models import Merge, StaffPhone, Wait
from inbox.people.profile import MOST_TAGS
from inbox.waits import promising
from inbox.waits import services as waits
from messaging import audit
from messaging.models import Contact, Conversation
from messaging.numbers import national
from tenants import agenda, live
from tenants.scope import current_business

PLAIN = ("name", "email", "company", "language")
_SEEN = ("state", "snoozed_until", "closed_at", "assignee", "team", "unread", *NEEDS)
MOST_NUMBERS = 10


class MergeRefused(ValueError):
    """Two contacts that cannot be merged or taken apart; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking apart gave back, and which of what had been gained stays, having been changed since."""

    merge: Merge
    kept_since: tuple[str, ...] = ()


def merge(kept_id: int, folded_id: int, *, actor: Actor, at: datetime, door: str = "page") -> Merge:
    """Show a contact with another, as one person. `at` is aware. Once more is no error.

    Raises MergeRefused: the same contact twice, an erased one, one that is merged already or has
    others merged into it (no chains, so no loops either), a test caller or a member's own phone.
    """
    if kept_id == folded_id:
        raise MergeRefused(_("These are the same contact."))
    with transaction.atomic():
        people = _locked([kept_id, folded_id])
        kept, folded = people.get(kept_id), people.get(folded_id)
        if kept is None or folded is None:
            raise MergeRefused(_("One of the two is no longer there."))
        if folded.merged_into_id == kept.pk:
            return Merge.objects.get(folded=folded, undone_at=None)
        _check(kept, folded)
        threads = _threads(people)
        staff = StaffPhone.objects.filter(phone__in=[kept.phone, folded.phone])
        if staff.exists() or any(thread.hidden for thread in threads.values()):
            raise MergeRefused(
                _("A test caller or a member's own phone is not merged with anybody.")
            )
        gained = _gain(kept, folded)
        mine, other = threads.get(kept.pk), threads.get(folded.pk)
        gained["made"] = mine is None
        if other is None:
            other = _made(folded, at)
        if mine is None:
            mine = _made(kept, at, like=other)
        gained |= {"conversation": _kept_as(other), "before": _kept_as(mine)}
        if gained["made"]:
            gained["before"] |= {"state": "closed", "closed_at": at.isoformat()}
        _fold(mine, other, at)
        folded.merged_into = kept
        folded.save(update_fields=["merged_into"])
        row = Merge.objects.create(
            kept=kept, folded=folded, gained=gained, by=actor.id or 0, by_name=actor.name[:120],
            at=at,
        )  # fmt: skip
        _take_waits(mine, other)
        _note("contact.merge", row, actor, at, door)
        activity.record([mine.pk], activity.MERGED, actor, at, _named(folded))
        live.changed(mine.pk)
        live.changed(other.pk)
    return row


def undo(merge_id: int, *, actor: Actor, at: datetime, door: str = "page") -> Undone:
    """Take two contacts apart again, whenever that is. Raises MergeRefused where somebody was quicker.

    What the kept one had gained is taken back, unless somebody changed it since: then it stays.
    """
    with transaction.atomic():
        row = Merge.objects.filter(pk=merge_id).first()
        people = _locked([row.kept_id, row.folded_id]) if row is not None else {}
        row = Merge.objects.select_for_update().filter(pk=merge_id, undone_at=None).first()
        if row is None:
            raise MergeRefused(_("They are apart already."))
        kept, folded = people[row.kept_id], people[row.folded_id]
        stays = _give_back(kept, row.gained)
        threads = _threads(people)
        mine, other = threads[kept.pk], threads[folded.pk]
        shown_promise = mine.promise_at
        folded.merged_into = None
        folded.save(update_fields=["merged_into"])
        _unfold(mine, other, row)
        row.undone_at, row.undone_by_name = at, actor.name[:120]
        row.save(update_fields=["undone_at", "undone_by_name"])
        _part_waits(mine, other, actor, at)
        if shown_promise is not None:
            promising.part([mine.pk, other.pk], shown_promise)
        _note("contact.unmerge", row, actor, at, door)
        activity.record([mine.pk, other.pk], activity.UNMERGED, actor, at, _named(folded))
        live.changed(mine.pk)
        live.changed(other.pk)
    return Undone(row, stays)


def called(contact: Contact) -> str:
    """Return what a number is called in a sentence: as people write it, or that it was erased."""
    return _("an erased number") if contact.erased_at is not None else national(contact.phone)


def _named(folded: Contact) -> dict[str, Any]:
    """Return what a line of the thread says of a number; `contact` finds it when the number is forgotten."""
    return {"number": called(folded), "contact": folded.pk}


def _locked(ids: Iterable[int]) -> dict[int, Contact]:
    found = Contact.objects.select_for_update(of=("self",)).filter(pk__in=set(ids)).order_by("pk")
    return {contact.pk: contact for contact in found}


def _threads(people: dict[int, Contact]) -> dict[int, Conversation]:
    found = Conversation.objects.select_for_update(of=("self",)).filter(contact__in=list(people))
    return {thread.contact_id: thread for thread in found.order_by("pk")}


def _check(kept: Contact, folded: Contact) -> None:
    for contact in (kept, folded):
        if contact.erased_at is not None:
            raise MergeRefused(_("Somebody who was erased is not merged with anybody."))
    if kept.merged_into_id == folded.pk:
        raise MergeRefused(
            _("They are merged already, the other way round. Take them apart first.")
        )
    if kept.merged_into_id is not None:
        raise MergeRefused(
            _("%(number)s is shown with somebody else. Merge into that person instead.")
            % {"number": called(kept)}
        )
    if folded.merged_into_id is not None:
        raise MergeRefused(
            _("%(number)s is merged with somebody else. Take those apart first.")
            % {"number": called(folded)}
        )
    if Contact.objects.filter(merged_into=folded).exists():
        raise MergeRefused(
            _("%(number)s has other numbers merged into it. Merge the other way round.")
            % {"number": called(folded)}
        )
    if Contact.objects.filter(merged_into=kept).count() >= MOST_NUMBERS - 1:
        raise MergeRefused(_("A person has at most %(most)s numbers.") % {"most": MOST_NUMBERS})


def _gain(kept: Contact, folded: Contact) -> dict[str, Any]:
    """Give the kept contact what it lacks; returns what that was."""
    plain = {
        name: getattr(folded, name)
        for name in PLAIN
        if not getattr(kept, name) and getattr(folded, name)
    }
    tags = [tag for tag in folded.tags if tag not in kept.tags][: MOST_TAGS - len(kept.tags)]
    own = {key: value for key, value in folded.fields.items() if key not in kept.fields}
    for name, value in plain.items():
        setattr(kept, name, value)
    kept.tags, kept.fields = [*kept.tags, *tags], {**kept.fields, **own}
    kept.save(update_fields=[*PLAIN, "tags", "fields"])
    return {"plain": plain, "tags": tags, "fields": own}


def _give_back(kept: Contact, gained: dict[str, Any]) -> tuple[str, ...]:
    """Take back what a merge gave, where it is as it was given; returns the names of what was changed since."""
    stays = []
    for name, value in gained.get("plain", {}).items():
        if getattr(kept, name) == value:
            setattr(kept, name, "")
        elif kept.erased_at is None:
            stays.append(name)
    fields = dict(kept.fields)
    for key, value in gained.get("fields", {}).items():
        if fields.get(key) == value:
            fields.pop(key)
        elif key in fields:
            stays.append(key)
    kept.fields = fields
    kept.tags = [tag for tag in kept.tags if tag not in gained.get("tags", ())]
    if kept.erased_at is None:
        kept.save(update_fields=[*PLAIN, "tags", "fields"])
    return tuple(stays)


def _made(contact: Contact, at: datetime, *, like: Conversation | None = None) -> Conversation:
    """Make the conversation of a contact nobody wrote with yet: it is what is shown, or hidden."""
    return Conversation.objects.create(
        contact=contact, state="closed", closed_at=at, created_at=at,
        last_at=like.last_at if like is not None else contact.created_at,
        last_line=like.last_line if like is not None else "",
        last_direction=like.last_direction if like is not None else "call",
    )  # fmt: skip


def _fold(mine: Conversation, other: Conversation, at: datetime) -> None:
    """Show one conversation with another: what waits and what happened last is that of both."""
    mine.unread += other.unread
    for name in NEEDS:
        setattr(mine, name, _earlier(getattr(mine, name), getattr(other, name)))
    if other.last_at > mine.last_at:
        mine.last_at, mine.last_line = other.last_at, other.last_line
        mine.last_direction = other.last_direction
    if other.state == "open" and mine.state != "open":
        mine.state, mine.snoozed_until, mine.closed_at = "open", None, None
    if mine.assignee is None and mine.team is None:
        mine.assignee, mine.team = other.assignee, other.team
    mine.save()
    # Its own state says nothing while it is hidden; closed, it shows by opening that there is news.
    other.hidden, other.state, other.closed_at = Conversation.Hidden.MERGED, "closed", at
    other.snoozed_until, other.unread = None, 0
    other.save(update_fields=["hidden", "state", "closed_at", "snoozed_until", "unread"])


def _unfold(mine: Conversation, other: Conversation, row: Merge) -> None:
    """Give both conversations back what is their own."""
    was, had = row.gained["conversation"], row.gained["before"]
    for name in NEEDS:
        shown, own = getattr(mine, name), getattr(other, name)
        if own is None:
            continue
        if shown is None:
            setattr(other, name, None)  # it was handled where it was shown
        elif shown == own:
            setattr(mine, name, _moment(had[name]))
    given = (mine.assignee, mine.team) == (was["assignee"], was["team"])
    if had["assignee"] is None and had["team"] is None and given:
        mine.assignee, mine.team = None, None
    needs = any(getattr(other, name) for name in NEEDS)
    other.hidden = ""
    other.state, other.closed_at = was["state"], _moment(was["closed_at"])
    other.snoozed_until = _moment(was["snoozed_until"])
    if mine.state == "closed" and not needs and _moment(had["closed_at"]) != mine.closed_at:
        other.state, other.closed_at, other.snoozed_until = "closed", mine.closed_at, None
    elif needs and other.state != "open":
        other.state, other.closed_at, other.snoozed_until = "open", None, None
    other.unread = min(was["unread"], mine.unread)
    mine.unread = max(0, mine.unread - other.unread)
    still = any(getattr(mine, name) for name in NEEDS)
    if mine.state == "open" and had["state"] != "open" and not still and not mine.unread:
        mine.state, mine.closed_at = had["state"], _moment(had["closed_at"])
        mine.snoozed_until = _moment(had["snoozed_until"])
    _last_of(mine, other, had)
    other.save()
    mine.save()
    for thread in (mine, other):
        if thread.state == "snoozed" and thread.snoozed_until is not None:
            agenda.put(
                "inbox.wake", str(thread.pk), lane="housekeeping",
                business_id=current_business().pk, due_at=thread.snoozed_until,
            )  # fmt: skip


def _last_of(mine: Conversation, other: Conversation, had: dict[str, Any]) -> None:
    """Bring a conversation's line back to what was last of its own number, where it shows the other's."""
    if (mine.last_at, mine.last_line) != (other.last_at, other.last_line):
        return
    own = [(_moment(had["last_at"]), had["last_line"], had["last_direction"])]
    text = mine.messages.exclude(status="cancelled").order_by("-created_at").first()
    if text is not None:
        line = " ".join(text.body.split()) or "Picture"
        own.append((text.created_at, line[:200], text.direction))
    call = (
        Call.objects.filter(contact=mine.contact_id, same_as=None).order_by("-started_at").first()
    )
    if call is not None:
        missed = call.outcome in ("missed", "voicemail")
        own.append(
            (call.started_at, "Missed call" if missed else "Call", "miss" if missed else "call")
        )
    at, line, direction = max(own, key=lambda each: each[0])
    mine.last_at, mine.last_line, mine.last_direction = at, line, direction


def _kept_as(thread: Conversation) -> dict[str, Any]:
    """Return what a conversation says now, as a Merge keeps it."""
    values = {name: getattr(thread, name) for name in (*_SEEN, "last_at", "last_line")}
    values["last_direction"] = thread.last_direction
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _moment(kept: str | None) -> Any:
    return datetime.fromisoformat(kept) if kept else None


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _take_waits(mine: Conversation, other: Conversation) -> None:
    """Let the wait of a hidden conversation go on where it is shown; where one is open there, it sleeps."""
    open_ones = Wait.objects.select_for_update().filter(ended_at=None)
    waiting = open_ones.filter(conversation=other).first()
    if waiting is not None and not open_ones.filter(conversation=mine).exists():
        Wait.objects.filter(pk=waiting.pk).update(conversation=mine)


def _part_waits(mine: Conversation, other: Conversation, actor: Actor, at: datetime) -> None:
    """Let each conversation that waits have the wait of its own."""
    open_ones = Wait.objects.select_for_update().filter(ended_at=None)
    waiting = open_ones.filter(conversation=mine).first()
    if (
        waiting is not None
        and mine.waiting_since is None
        and other.waiting_since is not None
        and not open_ones.filter(conversation=other).exists()
    ):
        Wait.objects.filter(pk=waiting.pk).update(conversation=other)
    for thread in (mine, other):
        waiting = open_ones.filter(conversation=thread).first()
        if thread.waiting_since is None:
            waits.end(thread.pk, Wait.Ended.CLOSED, at, by=actor.id, by_name=actor.name)
        elif waiting is None:
            waits.begin(thread.pk, Wait.Kind.REPLY, thread.waiting_since)
        elif thread is other and waiting.acknowledged_at is None:
            # What slept while it was hidden goes on climbing.
            agenda.put(
                waits.CLIMB, str(waiting.pk), lane=waits.LANE, business_id=current_business().pk,
                due_at=at,
            )  # fmt: skip


def _note(action: str, row: Merge, actor: Actor, at: datetime, door: str) -> None:
    audit.note(
        action, actor=actor.name, door=door, at=at, subject=str(row.kept_id),
        detail={"merge": row.pk, "folded": row.folded_id},
    )  # fmt: skip
