"""Promises of our texts: kept by a call or a text of ours, or by a member's word, else broken.

Written in the transaction that queues the text. One row of the agenda each (inbox.promise) warns
before it is due and says when it is broken. The conversation says since when a promise is due soon
or broken (`promise_at`) until somebody of ours was in touch or closed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Min, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from inbox.activity import Actor
from inbox.models import Promise
from inbox.waits import telling
from inbox.waits.policy import answering
from inbox.waits.promises import CALL, IN_TOUCH, Found, read
from integrations import happenings
from messaging.forgetting import Person
from messaging.models import Contact, Conversation, Message
from messaging.outbox import ANSWERS
from messaging.people import lock_whole_person, shown_conversation, threads_of
from messaging.providers.base import TextEvent
from tenants import agenda, live
from tenants.agenda import Later
from tenants.models import User

DUE = "inbox.promise"
# People write in several bubbles: what follows so soon is still the promise itself.
_SAME_BREATH = timedelta(minutes=2)
LANE = "realtime"
_LOST = (Message.Status.CANCELLED, Message.Status.FAILED, Message.Status.UNDELIVERED)
_ERASED = "erased "


def text_queued(contact: Contact, message: Message) -> None:
    """A text is on its way (settings.TEXT_QUEUED_HANDLERS): it keeps promises, and may make some.

    An API client's texts make none: what a machine promises its own system keeps account of. An
    assistant speaks for the business, as members do, and what it promises stands.
    """
    rules = answering()
    found: tuple[Found, ...] = ()
    if message.author != Message.Author.API:
        leaves = max(
            moment for moment in (message.created_at, message.send_after, message.held_until)
            if moment is not None
        )  # fmt: skip
        found = read(message.body, leaves, rules.hours)
    if message.author in ANSWERS:
        renews = any(each.what in IN_TOUCH for each in found)
        _in_touch(
            message.conversation_id, message.created_at, message.author_name, renews=renews,
            by_text=True,
        )  # fmt: skip
    if not found or (
        Conversation.objects.filter(
            pk=message.conversation_id, hidden__in=["test", "staff"]
        ).exists()
    ):
        return
    for each in found:
        row, is_new = Promise.objects.get_or_create(
            message=message.pk, words=each.words,
            defaults={
                "conversation_id": message.conversation_id, "what": each.what,
                "from_at": each.from_at, "due_at": each.due_at, "warn_at": each.warn_at,
                "created_at": message.created_at,
            },
        )  # fmt: skip
        if is_new:
            agenda.put(
                DUE, str(row.pk), lane=LANE, business_id=rules.business_id, due_at=each.warn_at
            )


def text_received(contact: Contact, message: Message, event: TextEvent) -> None:
    """A text came in (settings.TEXT_RECEIVED_HANDLERS): whoever opts out is promised nothing any more."""
    if contact.opted_out_at != message.created_at:
        return
    rows = Promise.objects.select_for_update().filter(
        conversation=message.conversation_id, state=Promise.State.OPEN
    )
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    if not found:
        return
    rows.update(state=Promise.State.CALLED_OFF, ended_at=message.created_at)
    for pk in found:
        agenda.drop(DUE, str(pk), answering().business_id)
    note(message.conversation_id)


def text_settled(message: Message) -> None:
    """A text did not leave or arrive (settings.TEXT_SETTLED_HANDLERS): what it promised nobody heard."""
    if message.status not in _LOST:
        return
    rows = Promise.objects.filter(message=message.pk, state=Promise.State.OPEN)
    for pk in rows.values_list("pk", flat=True):
        agenda.drop(DUE, str(pk), answering().business_id)
    rows.delete()
    if message.status == Message.Status.CANCELLED and message.author in ANSWERS:
        _open_again(message)
    note(message.conversation_id)


def spoken_with(contact_id: int, at: datetime) -> None:
    """Somebody spoke with a person by phone, by any number: what was promised of being in touch is kept.

    `at` is aware.
    """
    thread = Conversation.objects.filter(contact=contact_id).values_list("pk", flat=True).first()
    if thread is not None:
        _in_touch(thread, at, "", renews=False)


def called(contact_id: int, at: datetime) -> None:
    """A member called a person and it rang there (settings.CALL_RANG_HANDLERS): a promised call was made.

    Whoever did not pick up goes on waiting: they were called, and not spoken with. `at` is aware.
    """
    thread = Conversation.objects.filter(contact=contact_id).values_list("pk", flat=True).first()
    if thread is not None:
        _in_touch(thread, at, "", renews=False, kept=(CALL,))


def erase(person: Person) -> Counter[str]:
    """Take the words out of what was promised to an erased person (settings.ERASURE_HANDLERS)."""
    found = Promise.objects.filter(conversation__contact=person.contact_id)
    said = found.exclude(words__startswith=_ERASED)
    for row in found.filter(state=Promise.State.OPEN):
        agenda.drop(DUE, str(row.pk), person.business_id)
    found.filter(state=Promise.State.OPEN).update(
        state=Promise.State.CALLED_OFF, ended_at=person.at
    )
    # Of one text no two promises have the same words.
    return Counter({"promises": said.update(words=Concat(Value(_ERASED), Cast("pk", CharField())))})


def shown(words: str) -> str:
    """Return a promise's words as people read them: "…" once they are kept no longer."""
    return "…" if words.startswith(_ERASED) else words


def come_due(item: agenda.Item) -> Later | None:
    """Agenda: warn of a promise that is due soon; say that it is broken once it is over. Idempotent."""
    now = timezone.now()
    with transaction.atomic():
        _lock_whom_it_is_to(int(item.subject))
        found = Promise.objects.select_for_update(of=("self",)).select_related(
            "conversation__contact"
        )
        row = found.filter(pk=int(item.subject), state=Promise.State.OPEN).first()
        if row is None:
            return None
        if now < row.warn_at:
            return Later(row.warn_at)
        thread = shown_conversation(row.conversation.contact_id) or row.conversation
        if now >= row.due_at:
            row.state, row.ended_at = Promise.State.BROKEN, row.due_at
            row.save(update_fields=["state", "ended_at"])
            _say_since(thread.pk, row.due_at)
            telling.tell(row, thread, now)
            happenings.promise_broken(row.pk, row.what, row.words, row.due_at, thread.pk)
            return None
        if row.warned_at is None:
            row.warned_at = now
            row.save(update_fields=["warned_at"])
            _say_since(thread.pk, now)
            telling.tell(row, thread, now)
        return Later(row.due_at)


def settle(promise_id: int, state: str, user: User | Actor, now: datetime) -> bool:
    """Say as a member that a promise was kept, or is called off; False when that is said already.

    A visit is kept by nobody's text, so one that was taken as broken may still turn out kept.
    Raises ValueError naming `state`, Promise.DoesNotExist.
    """
    if state not in (Promise.State.KEPT, Promise.State.CALLED_OFF):
        raise ValueError("state: expected kept or called_off")
    with transaction.atomic():
        _lock_whom_it_is_to(promise_id)
        row = Promise.objects.select_for_update().get(pk=promise_id)
        if row.state not in (Promise.State.OPEN, Promise.State.BROKEN):
            return False
        row.state, row.ended_at, row.ended_by_name = state, now, str(user)[:120]
        row.save(update_fields=["state", "ended_at", "ended_by_name"])
        agenda.drop(DUE, str(row.pk), answering().business_id)
        note(row.conversation_id)
        live.changed(row.conversation_id)
    return True


def _lock_whom_it_is_to(promise_id: int) -> None:
    """Lock the person first, like whoever writes to him: two orders of locks wait for each other."""
    thread = Promise.objects.filter(pk=promise_id).values_list("conversation", flat=True).first()
    if thread is not None:
        lock_whole_person(thread)


def _is_kept_by_text(row: Promise, at: datetime) -> bool:
    """Whether a text keeps a promise: none to call, nor is it the rest of what was being said."""
    return row.what != CALL and at - row.created_at >= _SAME_BREATH


def _in_touch(
    conversation_id: int, at: datetime, by_name: str, *, renews: bool, by_text: bool = False,
    kept: tuple[str, ...] = IN_TOUCH,
) -> None:  # fmt: skip
    """We wrote to or spoke with somebody, by any number: promises of that are kept, or renewed by a new one."""
    rows = Promise.objects.select_for_update().filter(
        conversation__in=threads_of(conversation_id), state=Promise.State.OPEN, what__in=kept,
        created_at__lt=at,
    )  # fmt: skip
    for row in rows.order_by("pk"):
        if by_text and not renews and not _is_kept_by_text(row, at):
            continue
        row.state = Promise.State.CALLED_OFF if renews else Promise.State.KEPT
        row.ended_at, row.ended_by_name = at, by_name[:120]
        if at > row.due_at:
            row.state, row.ended_at = Promise.State.BROKEN, row.due_at
            happenings.promise_broken(row.pk, row.what, row.words, row.due_at, conversation_id)
        row.save(update_fields=["state", "ended_at", "ended_by_name"])
        agenda.drop(DUE, str(row.pk), answering().business_id)
    note(conversation_id)


def _open_again(message: Message) -> None:
    """What a text kept that was taken back is not kept."""
    rows = Promise.objects.select_for_update().filter(
        conversation__in=threads_of(message.conversation_id), ended_at=message.created_at,
        what__in=IN_TOUCH, state__in=[Promise.State.KEPT, Promise.State.CALLED_OFF],
    )  # fmt: skip
    for row in rows:
        row.state, row.ended_at, row.ended_by_name = Promise.State.OPEN, None, ""
        row.save(update_fields=["state", "ended_at", "ended_by_name"])
        agenda.put(
            DUE, str(row.pk), lane=LANE, business_id=answering().business_id, due_at=row.warn_at
        )


def note(conversation_id: int) -> None:
    """Bring `promise_at` up to date where a person is shown: what was warned of and is open still.

    A folded conversation says nothing of its own: what it said is dropped when it is next touched
    (tenants migration 0013).
    """
    open_now = Promise.objects.filter(
        conversation__in=threads_of(conversation_id), state=Promise.State.OPEN,
        warned_at__isnull=False,
    )  # fmt: skip
    since = open_now.aggregate(at=Min("warned_at"))["at"]
    found = Conversation.objects.filter(pk__in=threads_of(conversation_id), hidden="")
    # Most say nothing and go on saying nothing: those are not written.
    (found.filter(promise_at__isnull=False) if since is None else found).update(promise_at=since)


def part(conversation_ids: Iterable[int], since: datetime) -> None:
    """Let each of two conversations that were shown as one say what was promised to its own number.

    since: what the shown one said (aware): what was broken before was seen to.
    """
    for conversation_id in conversation_ids:
        rows = Promise.objects.filter(conversation=conversation_id).filter(
            Q(state=Promise.State.OPEN, warned_at__isnull=False)
            | Q(state=Promise.State.BROKEN, due_at__gte=since)
        )
        own = rows.aggregate(at=Min(Coalesce("warned_at", "due_at")))["at"]
        Conversation.objects.filter(pk=conversation_id).update(promise_at=own)


def _say_since(conversation_id: int, at: datetime) -> None:
    Conversation.objects.filter(pk=conversation_id, promise_at=None).update(promise_at=at)


def kept_rate(states: Iterable[str]) -> int | None:
    """Return how many of a hundred promises that are over were kept; None where none is over."""
    over = [s for s in states if s in (Promise.State.KEPT, Promise.State.BROKEN)]
    return round(100 * over.count(Promise.State.KEPT) / len(over)) if over else None
