"""Who waits for an answer: begun by their text, call or voicemail, ended by an answer, once each.

Every verb runs in the caller's transaction, which holds the contact's row; of a conversation one
wait is open at most (the database keeps that). While one is open the conversation says since when
(`waiting_since`), and one row of the agenda stands for the next step of the ladder
(inbox/waits/climbing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from inbox import activity
from inbox.activity import Actor
from inbox.models import Notice, Wait
from inbox.waits import targets
from inbox.waits.policy import Answering, answering
from messaging.models import Contact, Conversation, Message
from messaging.outbox import ANSWERS
from messaging.people import lock_person, shown_conversation, threads_of
from messaging.providers.base import TextEvent
from messaging.scheduled import is_chosen
from tenants import agenda, live
from tenants.models import User

CLIMB = "inbox.wait"
LANE = "realtime"
_BEGIN = """
    WITH wait AS (
        INSERT INTO inbox_wait
            (conversation_id, kind, began_at, target_seconds, due_at, step, acknowledged_by_name,
             ended_how, answered_by_name)
        SELECT c.id, %(kind)s, %(at)s, %(target)s, %(due)s, 0, '', '', ''
        FROM messaging_conversation c
        -- Whoever is shown with somebody else waits there.
        WHERE c.id = coalesce(
            (SELECT kept.id FROM messaging_conversation own
             JOIN messaging_contact p ON p.id = own.contact_id
             JOIN messaging_conversation kept ON kept.contact_id = p.merged_into_id
             WHERE own.id = %(conversation)s AND own.hidden = 'merged'), %(conversation)s)
          AND c.hidden = '' AND c.waiting_since IS NOT NULL
        ON CONFLICT (conversation_id) WHERE ended_at IS NULL DO NOTHING
        RETURNING id
    )
    INSERT INTO public.tenants_agendaitem
        (lane, kind, business_id, subject, unique_key, due_at, state, attempts, claimed_by,
         last_error, created_at)
    SELECT %(lane)s, %(climb)s::text, %(business)s::bigint, wait.id,
           %(climb)s::text || ':' || %(business)s::bigint || ':' || wait.id, %(first)s, 'waiting', 0, '', '', now()
    FROM wait RETURNING subject
"""


def text_received(contact: Contact, message: Message, event: TextEvent) -> None:
    """A text came in (settings.TEXT_RECEIVED_HANDLERS): who wrote waits, unless it was an instruction.

    What it meant for consent has been obeyed before: STOP ends the wait, and like START and HELP
    begins none (messaging.people.needs_no_answer).
    """
    if contact.opted_out_at == message.created_at:
        end(message.conversation_id, Wait.Ended.OPTED_OUT, message.created_at)
        return
    begin(message.conversation_id, Wait.Kind.REPLY, message.created_at)


def begin(conversation_id: int, kind: str, at: datetime) -> bool:
    """Begin a wait where the conversation says that somebody waits and none is open; whether it did.

    `at` is aware: when they wrote or called.
    """
    rules = answering()
    due = targets.due_at(at, rules.target_seconds, rules.week)
    first = _first_step(rules, at)
    with connection.cursor() as cursor:
        cursor.execute(
            _BEGIN,
            {
                "kind": kind, "at": at, "target": rules.target_seconds, "due": due, "first": first,
                "conversation": conversation_id, "business": rules.business_id, "lane": LANE,
                "climb": CLIMB,
            },
        )  # fmt: skip
        # Nobody is woken for the first step: the drain looks by itself within half a second.
        is_new = cursor.fetchone() is not None
    if not is_new:
        climb_on([conversation_id])
    return is_new


def climb_on(conversation_ids: Iterable[int]) -> None:
    """Let the ladders of conversations climb on now: news opened what was snoozed, or a member did.

    The step that is due is asked for at once; where none is, the ladder says itself when the next is.
    """
    contacts = Contact.objects.filter(conversation__in=list(conversation_ids))
    waits = Wait.objects.filter(
        Q(conversation__contact__in=contacts.values("pk"))
        | Q(conversation__contact__in=contacts.values("merged_into")),
        ended_at=None, acknowledged_at=None, conversation__hidden="",
    )  # fmt: skip
    now = timezone.now()
    for pk in waits.values_list("pk", flat=True):
        agenda.put(CLIMB, str(pk), lane=LANE, business_id=answering().business_id, due_at=now)


def text_queued(contact: Contact, message: Message) -> None:
    """A text is on its way (settings.TEXT_QUEUED_HANDLERS): ours is an answer, but for a rule's."""
    if message.author in ANSWERS:
        end(
            message.conversation_id, Wait.Ended.ANSWERED, message.created_at,
            by=message.author_user, by_name=message.author_name,
        )  # fmt: skip


def text_settled(message: Message) -> None:
    """A text was called off before it left (settings.TEXT_SETTLED_HANDLERS): they wait again."""
    if message.status != Message.Status.CANCELLED or message.author == Message.Author.RULE:
        return
    _answer_was_taken_back(message)


def end(
    conversation_id: int, how: str, at: datetime, *, by: int | None = None, by_name: str = ""
) -> bool:
    """End the open wait of a conversation; False when none is open. `at` is aware; by: a user's id."""
    return bool(end_all([conversation_id], how, at, by=by, by_name=by_name))


def end_all(
    conversation_ids: Iterable[int], how: str, at: datetime, *, by: int | None = None,
    by_name: str = "",
) -> int:  # fmt: skip
    """End the open waits of conversations; returns how many. Of two who end one, one does."""
    found = Wait.objects.select_for_update().filter(
        conversation__in=list(conversation_ids), ended_at=None
    )
    waits = list(found.order_by("pk"))
    if not waits:
        return 0
    rules = answering()
    for wait in waits:
        wait.ended_at, wait.ended_how = max(at, wait.began_at), how
        wait.answered_by, wait.answered_by_name = by, by_name[:120]
        wait.waited_seconds = targets.counted_seconds(wait.began_at, wait.ended_at, rules.week)
    Wait.objects.bulk_update(
        waits, ["ended_at", "ended_how", "answered_by", "answered_by_name", "waited_seconds"]
    )
    for wait in waits:
        agenda.drop(CLIMB, str(wait.pk), rules.business_id)
    return len(waits)


def spoken_with(contact_id: int, at: datetime) -> None:
    """Somebody spoke with a person by phone: nothing of theirs waits for an answer any more."""
    shown = shown_conversation(contact_id)
    if shown is None:
        return
    Conversation.objects.filter(pk=shown.pk).update(waiting_since=None, failed_at=None)
    if end(shown.pk, Wait.Ended.CALLED, at):
        live.changed(shown.pk)


def handled(
    kind: str, conversation_ids: Sequence[int], actor: Actor, detail: dict[str, Any]
) -> None:
    """Members handled conversations (settings.CONVERSATIONS_HANDLED_HANDLERS): closing ends the waiting."""
    if kind == activity.CLOSED:
        conversation_closed(conversation_ids, actor, timezone.now())
    elif kind in (activity.REOPENED, activity.WOKEN) or (
        kind == activity.UNDONE and detail.get("act") == activity.SNOOZED
    ):
        if kind == activity.REOPENED:
            _give_back(conversation_ids)
        climb_on(conversation_ids)
    elif kind == activity.UNDONE and detail.get("act") == activity.CLOSED:
        # Where it says again that somebody waits: nobody did, where an older wait was closed long ago.
        waiting = Conversation.objects.filter(
            pk__in=conversation_ids, waiting_since__isnull=False
        ).order_by("pk")
        for conversation_id in waiting.values_list("pk", flat=True):
            _closing_was_taken_back(conversation_id)


def conversation_closed(conversation_ids: Sequence[int], by: Actor, at: datetime) -> int:
    """End the waits of conversations a member closed: no answer was needed. Returns how many."""
    return end_all(conversation_ids, Wait.Ended.CLOSED, at, by=by.id, by_name=by.name)


def acknowledge(wait_id: int, user: User | Actor, now: datetime) -> bool:
    """Note that a member or a program sees to somebody who waits: nobody else is told any more.

    The first one counts; False when another was first or the wait is over. They go on waiting.
    """
    with transaction.atomic():
        thread = Wait.objects.filter(pk=wait_id).values_list("conversation", flat=True).first()
        if thread is not None:
            lock_person(thread)
        wait = Wait.objects.select_for_update().filter(pk=wait_id, ended_at=None).first()
        if wait is None or wait.acknowledged_at is not None:
            return False
        wait.acknowledged_at, wait.acknowledged_by = now, user.pk
        wait.acknowledged_by_name = str(user)[:120]
        wait.save(update_fields=["acknowledged_at", "acknowledged_by", "acknowledged_by_name"])
        agenda.drop(CLIMB, str(wait.pk), answering().business_id)
        live.changed(wait.conversation_id)
    return True


def _first_step(rules: Answering, at: datetime) -> datetime:
    if not rules.steps:
        return at
    return targets.due_at(at, rules.target_seconds * rules.steps[0].at_percent / 100, rules.week)


def _give_back(conversation_ids: Sequence[int]) -> None:
    """Reopened conversations: whose wait a closing ended waits again, unless something was said since."""
    for thread in Conversation.objects.filter(pk__in=conversation_ids).order_by("pk"):
        last = Wait.objects.select_for_update().filter(conversation=thread.pk)
        wait = last.order_by("-began_at", "-pk").first()
        if wait is None or wait.ended_how != Wait.Ended.CLOSED or wait.ended_at is None:
            continue
        if thread.last_at <= wait.ended_at:
            _open_again(wait)
            Conversation.objects.filter(pk=thread.pk).update(
                waiting_since=Least(Coalesce("waiting_since", wait.began_at), wait.began_at)
            )


def _closing_was_taken_back(conversation_id: int) -> None:
    """Open the wait again that ended when a conversation was closed."""
    found = Wait.objects.select_for_update().filter(conversation=conversation_id)
    last = found.order_by("-began_at", "-pk").first()
    if last is not None and last.ended_how == Wait.Ended.CLOSED:
        _open_again(last)


def _answer_was_taken_back(message: Message) -> None:
    """A text left nobody any more: whoever it had answered waits again, or was answered by the next one.

    They wait since they did before, also where they wrote once more in between.
    """
    contact = Contact.objects.get(conversation=message.conversation_id)
    shown = shown_conversation(contact.pk)
    if shown is None:
        return
    closed = shown.closed_at if shown.state == Conversation.State.CLOSED else None
    # The number's own, which may sleep while it is shown elsewhere, and that of the person.
    waits = Wait.objects.select_for_update().filter(
        conversation__in={message.conversation_id, shown.pk}, ended_how=Wait.Ended.ANSWERED,
        ended_at__gte=message.created_at,
    )  # fmt: skip
    since = {}
    for wait in waits.order_by("pk"):
        if wait.ended_at != max(message.created_at, wait.began_at):
            continue
        other = _next_answer(message, wait.began_at)
        if other is not None:
            wait.ended_at = max(other.created_at, wait.began_at)
            wait.answered_by, wait.answered_by_name = other.author_user, other.author_name[:120]
            week = answering().week
            wait.waited_seconds = targets.counted_seconds(wait.began_at, wait.ended_at, week)
            wait.save()
        elif contact.opted_out_at is None and not (closed and closed >= wait.ended_at):
            _stands_for(wait, Wait.objects.filter(conversation=wait.conversation_id, ended_at=None))
            _open_again(wait)
            since[wait.conversation_id] = wait.began_at
    if shown.pk in since and message.conversation_id not in since:
        wrote = Message.objects.filter(
            conversation=message.conversation_id, direction="in", created_at__gte=since[shown.pk]
        ).aggregate(at=Min("created_at"))["at"]
        since = {message.conversation_id: wrote} | since if wrote else since
    # A folded one before the one it is shown in, as everywhere.
    for pk, at in sorted(since.items(), key=lambda each: each[0] == shown.pk):
        Conversation.objects.filter(pk=pk).update(
            waiting_since=Least(Coalesce("waiting_since", at), at)
        )


def _stands_for(wait: Wait, newer: QuerySet[Wait]) -> None:
    """Let a wait stand for one that began later, too: one is open at most."""
    for other in newer:
        Notice.objects.filter(wait=other).update(wait=wait)
        agenda.drop(CLIMB, str(other.pk), answering().business_id)
        other.delete()


def _next_answer(message: Message, since: datetime) -> Message | None:
    """Return the first text to the person since then; one for a later hour answers nobody yet."""
    texts = Message.objects.filter(
        conversation__in=threads_of(message.conversation_id), author__in=ANSWERS,
        created_at__gte=since,
    ).exclude(status="cancelled")  # fmt: skip
    for text in texts.order_by("created_at"):
        is_later = is_chosen(text.created_at, text.send_after)
        if text.status not in ("queued", "held") or not is_later:
            return text
    return None


def _open_again(wait: Wait) -> None:
    wait.ended_at, wait.ended_how, wait.waited_seconds = None, "", None
    wait.answered_by, wait.answered_by_name = None, ""
    wait.save()
    agenda.put(
        CLIMB, str(wait.pk), lane=LANE, business_id=answering().business_id, due_at=timezone.now()
    )
