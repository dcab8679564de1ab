"""A member's text: sent so that it can be taken back, or for a later hour; never past a colleague's answer unseen."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from calls.models import Call
from calls.services import LINES
from inbox.people.numbers import ids_of
from inbox.thread.cursors import micros, moment
from inbox.thread.quick import LONGEST
from messaging import scheduled
from messaging.attachments import outgoing
from messaging.models import Contact, Conversation, Message
from messaging.outbox import ANSWERS
from messaging.scheduled import HasLeft
from messaging.services import send_as
from tenants import live
from tenants.scope import current_business

# The words of a text that can be taken back, as they were typed: what leaves may have an ending.
_TYPED = "inbox.typed.{}"


class TooLong(ValueError):
    """A text longer than any that can be sent; `length` is in characters."""

    def __init__(self, length: int) -> None:
        super().__init__(f"body: {length} characters, at most {LONGEST}")
        self.length = length


class AnsweredMeanwhile(Exception):
    """Somebody else has answered since the member looked. `text` is the newest such answer."""

    def __init__(self, text: Message) -> None:
        super().__init__("answered meanwhile")
        self.text = text

    @property
    def seen(self) -> str:
        """What the reply box carries once the member has seen it."""
        return str(micros(self.text.created_at))


@dataclass(frozen=True, slots=True)
class Member:
    """Who writes: user's id, name, signature, and for how many seconds a text can be taken back."""

    id: int
    name: str
    signature: str = ""
    undo_seconds: int = 5


def signed(body: str, signature: str) -> str:
    """Return a text with its signature on a line of its own; never twice."""
    body, signature = body.strip(), signature.strip()
    if not signature or not body or body.endswith(signature):
        return body
    return f"{body}\n{signature}"


def send(
    phone: str, body: str, member: Member, *, token: str | None, seen: str | None = None,
    at: datetime | None = None, replaces: str = "", attachments: Sequence[str] = (),
) -> Message:  # fmt: skip
    """Queue a member's text to a number.

    It can be taken back for `member.undo_seconds`, or waits until `at` (aware). seen: the newest
    text its writer had before him (micros), None where nobody can have answered (a new thread);
    replaces: the id of a scheduled text it stands for, called off in the same transaction.

    Raises TooLong, AnsweredMeanwhile, HasLeft (what it replaces is gone), NotAllowed, ValueError.
    """
    words = signed(body, member.signature)
    if len(words) > LONGEST:
        raise TooLong(len(words))
    since = moment(seen) if seen else None

    def look(contact: Contact, now: datetime) -> None:
        if since is not None and not replaces:
            _answered_since(contact, since, member)

    after = at
    if after is None and member.undo_seconds:
        after = timezone.now() + timedelta(seconds=member.undo_seconds)

    def queued() -> Message:
        text = send_as(
            phone, words, author="person", author_name=member.name, author_user=member.id,
            client_token=token, send_after=after, is_chosen=at is not None, under_lock=look,
            attachments=attachments,
        )  # fmt: skip
        if after is not None and at is None:
            with contextlib.suppress(Exception):  # without it the words come back with their ending
                cache.set(_TYPED.format(text.pk), body, 120)
        return text

    if not replaces or (token and Message.objects.filter(client_token=token).exists()):
        return queued()
    # All or nothing: where the new words are refused, the old ones still wait.
    with transaction.atomic():
        earlier = scheduled.waiting(replaces)
        if earlier is None or earlier.their_number != phone:
            raise HasLeft
        scheduled.call_off(
            earlier, current_business().pk, code=scheduled.REPLACED, sentence="Written anew."
        )
        outgoing.release(earlier.pk, current_business().pk, timezone.now())
        return queued()


def _answered_since(contact: Contact, since: datetime, member: Member) -> None:
    newer = (
        Message.objects.filter(
            conversation__contact__in=ids_of(contact), direction="out", author__in=ANSWERS,
            created_at__gt=since,
        )
        .exclude(status="cancelled")
        .exclude(author_user=member.id, author="person")
        .order_by("-created_at")
    )  # fmt: skip
    for text in newer[:5]:
        if not (
            text.status in ("queued", "held")
            and scheduled.is_chosen(text.created_at, text.send_after)
        ):
            raise AnsweredMeanwhile(text)


def undo(message: Message, by: str) -> str:
    """Take a text back before it leaves; returns the words as they were typed. Raises HasLeft."""
    if message.send_after is None or scheduled.is_chosen(message.created_at, message.send_after):
        raise HasLeft  # one that can be taken back waits for a moment, and has answered nobody yet
    with transaction.atomic():
        scheduled.call_off(
            message, current_business().pk, code=scheduled.UNDONE, sentence=f"Taken back by {by}."
        )
        outgoing.release(message.pk, current_business().pk, timezone.now())
        _show_last(message)
    try:
        typed = cache.get(_TYPED.format(message.pk))
    except Exception:
        typed = None
    return str(typed or message.body)


def call_off(message: Message, by: str) -> Message:
    """Call a scheduled text off; the thread keeps saying so. Raises HasLeft."""
    with transaction.atomic():
        scheduled.call_off(
            message, current_business().pk, code=scheduled.CALLED_OFF,
            sentence=f"Called off by {by} before it left.",
        )  # fmt: skip
        _show_last(message)
    return message


def send_now(message: Message) -> None:
    """Let a scheduled text go at once. Raises HasLeft."""
    scheduled.send_now(message, current_business().pk)


def _show_last(gone: Message) -> None:
    """Bring the list's line back to what stands last in the conversation."""
    texts = Message.objects.filter(conversation=gone.conversation_id).exclude(status="cancelled")
    told = (
        each
        for each in texts.order_by("-created_at")[:60]
        if each.status not in ("queued", "held")
        or not scheduled.is_chosen(each.created_at, each.send_after)
    )
    last = next(told, None)
    call = (
        Call.objects.filter(contact__conversation=gone.conversation_id, same_as=None)
        .order_by("-started_at")
        .first()
    )
    line, direction, at = "", "call", gone.created_at
    if last is not None:
        line, direction, at = " ".join(last.body.split()), last.direction, last.created_at
    if call is not None and (last is None or call.started_at > last.created_at):
        is_missed = call.outcome in ("missed", "voicemail")
        direction, at = "miss" if is_missed else "call", call.started_at
        line = LINES.get(call.outcome, "Call")
    Conversation.objects.filter(
        pk=gone.conversation_id, last_at=gone.created_at, last_direction="out"
    ).update(last_line=line[:200], last_direction=direction, last_at=at)
    live.changed(gone.conversation_id)
