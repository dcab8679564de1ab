"""Telling members of something: written in the transaction of what happened, carried out by the agenda.

Whoever tells names whom and by which channels; whether each of them is told now, in his morning or
not at all is inbox/notices/rules.py, asked here and once more when the notice's turn comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox import activity
from inbox.activity import Actor
from inbox.models import AlertHook, Note, Notice, PushSubscription, StaffPhone
from inbox.notices import members, rules
from inbox.notices.plain import defanged
from messaging.models import Conversation
from messaging.numbers import national
from tenants import agenda, live
from tenants.scope import current_business

AGENDA = "inbox.notice"
# A text: as it is, or made in the language that is active when it is called.
Words = str | Callable[[], str]
# Whoever waits for nothing else: a push and a text are there to be seen at once.
_LANES = {"push": "realtime", "sms": "realtime", "email": "bulk", "hook": "bulk"}
_MANY = 3  # so many conversations handed over at once are told one by one


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    channel: str
    user: int | None
    target: int | None
    title: str
    body: str
    answer: rules.Answer


def tell(
    kind: str, *, user_ids: Iterable[int], channels: Iterable[str],
    conversation_id: int | None = None, wait_id: int | None = None, step: int = 0,
    title: Words, body: Words = "", url: str = "", key: str, must_reach: bool = False,
) -> int:  # fmt: skip
    """Tell members of one thing by these channels; returns how many notices were written.

    Must run in the caller's transaction. kind: one of rules.KINDS; channels: of rules.CHANNELS,
    where "hook" is every active channel of the firm's chat, whoever the users are; each user's bell
    ("live") shows it in any case. title and body: texts, or functions without arguments that return
    them in the language then active; what a caller wrote in them is made harmless here. url: a path
    such as /c/7/; by default the conversation's. key: names the thing told ("wait:7"), with step as
    how far the ladder has climbed: told again under the same two, nobody hears it twice. must_reach:
    they are told now, outside their hours and while they are away as well. Raises ValueError naming
    kind or channels.
    """
    key = f"{key}:{step}" if step else key
    wanted = [channel for channel in rules.CHANNELS if channel in set(channels)]
    if kind not in rules.KINDS:
        raise ValueError(f"kind: expected one of: {', '.join(rules.KINDS)}")
    if strangers := set(channels) - set(rules.CHANNELS):
        raise ValueError(f"channels: nobody knows {', '.join(sorted(strangers))}")
    now = timezone.now()
    conversation = None
    if conversation_id is not None:
        conversation = Conversation.objects.get(pk=conversation_id)
        url = url or reverse("inbox:conversation", args=[conversation_id])
    told = members.load(user_ids)
    rows: list[_Row] = []
    for user_id, member in sorted(told.items()):
        with translation.override(member.language or None):
            words = (_said(title), _said(body))
        for channel in dict.fromkeys(["live", *wanted]):
            if channel == "hook":
                continue
            relation = member.relation(conversation)
            answer = rules.when(channel, kind, member.member, relation, now, must_reach=must_reach)
            for target in _targets(channel, user_id):
                place = target if channel in ("push", "sms") else user_id
                rows.append(
                    _Row(f"{key}:{channel}:{place}", channel, user_id, target, *words, answer)
                )
    if "hook" in wanted:
        words = (_said(title), _said(body))
        for hook in AlertHook.objects.filter(is_active=True).values_list("pk", flat=True):
            rows.append(_Row(f"{key}:hook:{hook}", "hook", None, hook, *words, rules.NOW))
    return _write(rows, kind, conversation_id, wait_id, url, now, must_reach)


def mentioned(note: Note) -> int:
    """Tell the members whom a note names, but its author; returns how many notices were written.

    Must run in the transaction that writes the note and its Mention rows.
    """
    users = [user for user in note.mentions if user != note.author]
    return tell(
        "mention", user_ids=users, channels=("live", "push", "email"),
        conversation_id=note.conversation_id,
        title=lambda: _("%(who)s mentioned you") % {"who": note.author_name},
        body=note.body, key=f"mention:{note.pk}",
    )  # fmt: skip


def handled(
    kind: str, conversation_ids: Sequence[int], actor: Actor, detail: dict[str, Any]
) -> None:
    """Members handled conversations (settings.CONVERSATIONS_HANDLED_HANDLERS): whose they are now is told."""
    if kind == activity.ASSIGNED:
        assigned(conversation_ids, int(detail["user"]), actor)


def assigned(conversation_ids: Sequence[int], user_id: int, by: Actor) -> int:
    """Tell a member of the conversations that are his now; returns how many notices were written.

    Must run in the transaction that assigns them. Nobody is told of what he took himself.
    """
    if not conversation_ids or by.id == user_id:
        return 0
    who, now = by.name, timezone.now()
    stamp = int(now.timestamp() * 1000)
    if len(conversation_ids) > _MANY:
        count = len(conversation_ids)
        return tell(
            "assigned", user_ids=[user_id], channels=("live", "push", "email"), url="/",
            title=lambda: ngettext(
                "%(who)s gave you %(count)d conversation",
                "%(who)s gave you %(count)d conversations", count,
            ) % {"who": who, "count": count},
            key=f"assigned:many:{stamp}",
        )  # fmt: skip
    found = Conversation.objects.select_related("contact").filter(pk__in=conversation_ids)
    return sum(
        tell(
            "assigned", user_ids=[user_id], channels=("live", "push", "email"),
            conversation_id=thread.pk, title=partial(_gave, who, name_of(thread)),
            body=thread.last_line, key=f"assigned:{thread.pk}:{stamp}",
        )
        for thread in found
    )  # fmt: skip


def looked(user_id: int, conversation_id: int) -> None:
    """A member looks at a conversation: what he was to be told of it he has seen."""
    if _unseen(user_id, conversation_id).update(seen_at=timezone.now()):
        seen(user_id)


def seen(user_id: int) -> None:
    """Tell a member's open windows that what he has not seen is less now."""
    live.event("notices_seen", {}, to=[user_id])


def untold(user_id: int) -> Exists:
    """Return, to be asked along with conversations, whether a member has notices of one that he has not seen."""
    return Exists(_unseen(user_id, OuterRef("pk")))


def _unseen(user_id: int, conversation: int | OuterRef) -> QuerySet[Notice]:
    return Notice.objects.filter(
        user=user_id, conversation=conversation, seen_at=None, kind__in=rules.KINDS
    )


def name_of(conversation: Conversation) -> str:
    """Return how people call the person of a conversation: by name, else by number."""
    contact = conversation.contact
    return contact.name or national(contact.phone)


def _gave(who: str, name: str) -> str:
    return _("%(who)s gave you %(name)s") % {"who": who, "name": name}


def _said(words: Words) -> str:
    return defanged(words() if callable(words) else words)


def _targets(channel: str, user_id: int) -> list[int | None]:
    """Return the places one channel reaches a member at; none where he has not set it up."""
    if channel == "push":
        return list(PushSubscription.objects.filter(user=user_id).values_list("pk", flat=True))
    if channel == "sms":
        joined = StaffPhone.objects.filter(user=user_id, state=StaffPhone.State.ON)
        return list(joined.values_list("pk", flat=True))
    return [None]


_INSERT = """
    INSERT INTO inbox_notice
        (key, kind, channel, conversation_id, wait_id, "user", target, title, body, url, state,
         reason, attempts, must_reach, created_at, sent_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s)
    ON CONFLICT (key) DO NOTHING RETURNING id
"""


def _write(
    rows: Sequence[_Row], kind: str, conversation_id: int | None, wait_id: int | None, url: str,
    now: datetime, must_reach: bool,
) -> int:  # fmt: skip
    business_id, written = current_business().pk, 0
    for row in rows:
        state, sent_at = Notice.State.WAITING, None
        if row.answer.is_dropped:
            state = Notice.State.SKIPPED
        elif row.channel == "live":
            state, sent_at = Notice.State.SENT, now
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT,
                [
                    row.key[:120], kind, row.channel, conversation_id, wait_id, row.user,
                    row.target, row.title[:160], row.body[:400], url[:200], state,
                    row.answer.reason[:200], must_reach, now, sent_at,
                ],
            )  # fmt: skip
            stored = cursor.fetchone()
        if stored is None:
            continue
        written += 1
        if state == Notice.State.SENT and row.user is not None:
            told = {"id": stored[0], "kind": kind, "title": row.title, "body": row.body, "url": url}
            live.notice([row.user], told)
        if state == Notice.State.WAITING:
            due = row.answer.at or now
            agenda.put(
                AGENDA, str(stored[0]), lane=_LANES[row.channel], business_id=business_id,
                due_at=due, expires_at=due + rules.USEFUL_FOR[kind],
            )  # fmt: skip
    if written and conversation_id is not None:
        live.changed(conversation_id)
    return written
