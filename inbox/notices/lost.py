"""A member's answer from his handset that did not reach its caller: he is told, and the thread says it.

By a text to the phone he wrote from; where that may get none, by e-mail; and in any case by his
bell and his browsers. He wrote a moment ago, so his hours do not count.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inbox import activity
from inbox.activity import Actor
from inbox.models import StaffPhone
from inbox.notices import answers, phones, services, texts
from inbox.said import said
from messaging.models import Conversation, Message
from tenants import agenda, live
from tenants.models import User
from tenants.scope import business_scope, current_business

AGENDA = "inbox.handset_lost"
TOKEN = "handset:"
_LOST = frozenset({Message.Status.FAILED, Message.Status.UNDELIVERED, Message.Status.CANCELLED})


def whose(message_id: str) -> tuple[StaffPhone, User, Message] | None:
    """Return the phone a text came from with its member, None where it is no member's (any more)."""
    message = Message.objects.filter(pk=message_id).first()
    row = StaffPhone.objects.filter(phone=message.their_number).first() if message else None
    user = phones.owner(row) if row is not None else None
    if message is None or row is None or user is None:
        return None
    return row, user, message


def held_up(row: StaffPhone, user: User, message: Message) -> None:
    """Say that an answer came to nothing for our own fault. Idempotent."""
    caller = answers.choose(message.body, texts.callers(row, message.created_at)).caller
    with translation.override(user.language or None), transaction.atomic():
        if caller is None:
            title = _("Your text was held up on our side and went to nobody.")
        else:
            title = _("Your answer to %(name)s was held up on our side and was not sent.") % {
                "name": caller.name
            }
        words = f"{title} {_('Send it again if it still holds.')}"
        is_news = _tell(row, words, title, message, caller.conversation if caller else None)
        if is_news and caller is not None:
            by, now = Actor(user.pk, str(user)), timezone.now()
            activity.record([caller.conversation], activity.ANSWER_LOST, by, now)
            live.changed(caller.conversation)


def text_settled(message: Message) -> None:
    """A text was settled (settings.TEXT_SETTLED_HANDLERS): an answer from a handset that is lost is told.

    By a row of its own: the caller is locked here, and two people are never locked at once.
    """
    if (message.client_token or "").startswith(TOKEN) and message.status in _LOST:
        now = timezone.now()
        agenda.put(
            AGENDA, str(message.pk), lane="realtime", business_id=current_business().pk,
            due_at=now, expires_at=now + texts.ANSWERABLE,
        )  # fmt: skip


def did_not_arrive(item: agenda.Item) -> None:
    """Agenda: tell a member that his answer did not arrive; the thread says it on the text itself."""
    message = Message.objects.select_related("conversation__contact").get(pk=item.subject)
    row = StaffPhone.objects.filter(user=message.author_user or 0).first()
    user = phones.owner(row) if row is not None else None
    if row is None or user is None or message.status not in _LOST:
        return
    name = services.name_of(message.conversation)
    with translation.override(user.language or None), transaction.atomic():
        why = said(message.error_sentence.removeprefix("No text: "))
        title = _("Your answer to %(name)s did not arrive: %(why)s") % {"name": name, "why": why}
        _tell(row, title, title, message, message.conversation_id)


def died(item: agenda.Item, error: str) -> None:
    """The telling failed too (settings.AGENDA_DEAD_HANDLERS): the bell alone is left."""
    if not item.schema:
        return
    with business_scope(item.schema), transaction.atomic():
        message = Message.objects.select_related("conversation__contact").get(pk=item.subject)
        if message.author_user is not None:
            name = services.name_of(message.conversation)
            title = _("Your answer to %(name)s was not sent.") % {"name": name}
            services.tell(
                "answer", user_ids=[message.author_user], channels=("live",),
                conversation_id=message.conversation_id, title=title, body=message.body,
                key=f"answer:{message.pk}",
            )  # fmt: skip


def _tell(
    row: StaffPhone, words: str, title: str, message: Message, conversation: int | None
) -> bool:
    """Tell him by text, else by e-mail, and by his bell; False where he was told already."""
    now = timezone.now()
    refused = texts.say(row, words, f"answer-lost:{message.pk}", now)
    shown = conversation is not None and Conversation.objects.filter(pk=conversation, hidden="")
    channels = ("live", "push", "email") if refused else ("live", "push")
    return bool(
        services.tell(
            "answer", user_ids=[row.user], channels=channels,
            conversation_id=conversation if shown else None, url="" if shown else "/",
            title=title, body=message.body, key=f"answer:{message.pk}", must_reach=True,
        )
    )  # fmt: skip
