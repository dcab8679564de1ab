"""Climbing the ladder: each step of a wait is taken once, in the transaction that counts it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.handling import WAKE
from inbox.models import TeamMember, Wait
from inbox.notices import members, rules
from inbox.notices import services as notices
from inbox.waits import ladder
from inbox.waits.policy import Answering, answering
from inbox.waits.words import duration
from messaging.models import Conversation, Message
from messaging.people import lock_person, threads_of
from tenants import agenda, live
from tenants.agenda import Later
from tenants.models import Membership, Role
from tenants.scope import current_business

# A snooze that is over and has not ended.
_ASLEEP = timedelta(minutes=1)
_OWNERS = frozenset({Role.OWNER, Role.AGENCY_OWNER})


def climb(item: agenda.Item) -> Later | None:
    """Agenda: take the step of a wait that is due, and ask again for the next. Idempotent.

    Nothing is done for a wait that is over, or that somebody sees to. While the conversation is
    snoozed nobody is told.
    """
    now = timezone.now()
    with transaction.atomic():
        _lock_who_waits(int(item.subject))
        found = Wait.objects.select_for_update(of=("self",)).select_related("conversation__contact")
        wait = found.filter(pk=int(item.subject), ended_at=None, acknowledged_at=None).first()
        if wait is None or wait.conversation.hidden:
            return None
        thread, settings = wait.conversation, answering()
        if thread.state == Conversation.State.SNOOZED and thread.snoozed_until is not None:
            if thread.snoozed_until > now:
                return Later(thread.snoozed_until)
            # What was to wake it did not: it is asked once more, and so is this, in a while.
            agenda.put(
                WAKE, str(thread.pk), lane="housekeeping", business_id=item.business_id, due_at=now
            )
            return Later(now + _ASLEEP)
        step, again = ladder.next_step(
            settings.steps, wait.step, wait.began_at, wait.target_seconds, settings.week, now
        )
        if step is not None:
            _take(wait, step, settings, now)
        return Later(again) if again is not None else None


def _lock_who_waits(wait_id: int) -> None:
    """Lock the person first, like whoever writes to him: two orders of locks wait for each other."""
    thread = Wait.objects.filter(pk=wait_id).values_list("conversation", flat=True).first()
    if thread is not None:
        lock_person(thread)


def _take(wait: Wait, position: int, settings: Answering, now: datetime) -> None:
    step = settings.steps[position]
    thread = wait.conversation
    is_last = position == len(settings.steps) - 1
    users, must_reach = whom_to_tell(step, thread, now, is_last=is_last, kind="waiting")
    name, waited = notices.name_of(thread), now - wait.began_at
    notices.tell(
        "waiting", user_ids=users, channels=step.channels, conversation_id=thread.pk,
        wait_id=wait.pk, step=position,
        title=lambda: title_of(wait.kind, name, int(waited.total_seconds())),
        body=_last_words(thread), key=f"wait:{wait.pk}", must_reach=must_reach,
    )  # fmt: skip
    wait.step = position + 1
    wait.save(update_fields=["step"])
    live.changed(thread.pk)


def title_of(kind: str, name: str, waited: int) -> str:
    """Return what a notice says of somebody who waits, in the active language. waited: in seconds."""
    if waited < 60:
        words = {
            Wait.Kind.REPLY: _("%(name)s wrote"),
            Wait.Kind.VOICEMAIL: _("%(name)s left a voicemail"),
            Wait.Kind.CALL: _("%(name)s called and got no text"),
        }[Wait.Kind(kind)]
        return words % {"name": name}
    words = {
        Wait.Kind.REPLY: _("%(name)s has waited %(time)s for an answer"),
        Wait.Kind.VOICEMAIL: _("%(name)s left a voicemail %(time)s ago"),
        Wait.Kind.CALL: _("%(name)s called %(time)s ago and nobody called back"),
    }[Wait.Kind(kind)]
    return words % {"name": name, "time": duration(waited)}


def whom_to_tell(
    step: ladder.Step, thread: Conversation, now: datetime, *, is_last: bool, kind: str
) -> tuple[list[int], bool]:
    """Return the ids of the users a step about a conversation reaches, and whether it must reach them.

    It must where it is the last one and nobody is here. `now` is aware.
    """
    roles = _roles()
    if thread.assignee is not None and members.is_present(thread.assignee, current_business()):
        roles.setdefault(thread.assignee, Role.AGENT)
    team = frozenset(
        TeamMember.objects.filter(team=thread.team).values_list("user", flat=True)
        if thread.team is not None
        else ()
    )
    ways = [way for way in step.channels if way in rules.DISTURBING] or ["push"]
    people = [
        ladder.Someone(
            user, roles[user] in _OWNERS,
            any(
                rules.when(way, kind, told.member, told.relation(thread), now) == rules.NOW
                for way in ways
            ),
        )
        for user, told in members.load(roles).items()
    ]  # fmt: skip
    users = ladder.whom_to_tell(step, people, thread.assignee, team, is_last=is_last)
    return users, is_last and not any(person.is_here for person in people)


def _roles() -> dict[int, str]:
    """Return who answers here: the business's own members, or its agency's where it has none."""
    business = current_business()
    active = Membership.objects.filter(is_active=True, user__is_active=True)
    own = dict(active.filter(business=business.pk).values_list("user_id", "role"))
    if own:
        return own
    agency = active.filter(agency=business.agency_id, business=None)
    return dict(agency.values_list("user_id", "role"))


def _last_words(thread: Conversation) -> str:
    """Return what they wrote last, by whichever number."""
    last = Message.objects.filter(conversation__in=threads_of(thread.pk), direction="in").order_by(
        "-created_at"
    )
    body = last.values_list("body", flat=True).first()
    return str(body or thread.last_line)[:300]
