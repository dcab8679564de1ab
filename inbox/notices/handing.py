"""A notice's turn: asked again whether it is still true and for whom, then handed to its channel.

One agenda row a notice (settings.AGENDA_HANDLERS, inbox.notice). The channels' calls are made in no
transaction; what came of it stands on the notice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Exists, F, Q
from django.urls import reverse
from django.utils import timezone, translation

from inbox.models import AlertHook, Mention, Notice, Promise, PushSubscription
from inbox.notices import chat, digest, mail, members, push, rules, texts
from inbox.notices.members import Told
from inbox.notices.outgoing import Sent
from inbox.notices.rules import Facts
from messaging.models import Conversation
from messaging.people import threads_of
from tenants import agenda
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.scope import current_business

log = structlog.get_logger(__name__)

# A browser that refused so often in a row is let go.
MOST_FAILURES = 5
_SUPERSEDED = ("waiting", "alert", "promise")


@dataclass(frozen=True, slots=True)
class _Turn:
    """A notice whose turn has come, with what its channel needs once the transaction is over."""

    notice: Notice
    told: Told | None
    base: str  # https://name.example
    business: str


def hand_over(item: agenda.Item) -> agenda.Answer:
    """Agenda: tell one member by one way, if it is still true. A notice that was told stays told."""
    now = timezone.now()
    with transaction.atomic():
        notice = (
            Notice.objects.select_for_update(of=("self",))
            .select_related("conversation", "wait")
            .filter(pk=int(item.subject), state=Notice.State.WAITING)
            .first()
        )
        if notice is None:
            return None
        until = item.expires_at or now + rules.USEFUL_FOR[notice.kind]
        business = current_business()
        told = None
        if notice.user is not None:
            told = members.load([notice.user]).get(notice.user)
        answer = _asked(notice, told, now)
        later = answer.at if answer.at is not None and answer.at < until else None
        if later is not None:
            return Later(later)
        reason = answer.reason or ("It would have come too late." if now >= until else "")
        if answer.at is not None:
            reason = "It would have come too late."
        if reason:
            _end(notice, Notice.State.SKIPPED, reason, now)
            return None
        notice.attempts += 1
        if notice.channel == "sms":
            _end(notice, *texts.queue_alert(notice, now, until), now)
            return None
        notice.save(update_fields=["attempts"])
        turn = _Turn(notice, told, members.base_url(business), business.name)
        with translation.override((told.language if told else "") or None):
            act = _CHANNELS[notice.channel](turn)
    if isinstance(act, Sent):
        return _settle(notice.pk, until, act)
    return Outside(act, partial(_settle, notice.pk, until))


def test(channel: str, target: int, user_id: int, title: str, body: str) -> None:
    """Put a notice on its way whose only purpose is to be seen. Must run in a transaction.

    user_id: who wants to see it; his bell says what became of it. A chat's own belongs to nobody.
    """
    now = timezone.now()
    stem, words = f"test:{int(now.timestamp() * 1000)}", (title[:160], body[:400])
    common = {"kind": "test", "title": words[0], "body": words[1], "created_at": now}
    url = reverse("inbox:notices")
    Notice.objects.create(
        key=f"{stem}:live:{user_id}", channel="live", user=user_id, url=reverse("inbox:notices-ways"),
        state=Notice.State.SENT, sent_at=now, seen_at=now, **common,
    )  # fmt: skip
    notice = Notice.objects.create(
        key=f"{stem}:{channel}:{target}", channel=channel, target=target, url=url,
        user=None if channel == "hook" else user_id, **common,
    )  # fmt: skip
    agenda.put(
        "inbox.notice", str(notice.pk), lane="realtime", business_id=current_business().pk,
        due_at=now, expires_at=now + rules.USEFUL_FOR["test"],
    )  # fmt: skip


def _asked(notice: Notice, told: Told | None, now: datetime) -> rules.Answer:
    """Ask the rules once more: for whom and when, and whether it is still true."""
    if notice.channel != "hook" and told is None:
        return rules.Answer(reason="No longer a member.")
    reason = rules.still_true(notice.kind, notice.user, _facts(notice))
    if reason:
        return rules.Answer(reason=reason)
    relation = told.relation(notice.conversation) if told is not None else "none"
    member = told.member if told is not None else None
    return rules.when(
        notice.channel, notice.kind, member, relation, now, must_reach=notice.must_reach
    )


def _facts(notice: Notice) -> Facts:
    """Look up what a notice is about as it stands now."""
    thread, wait = notice.conversation, notice.wait
    seen = notice.seen_at is not None or (
        notice.user is not None
        and Notice.objects.filter(
            key=f"{_stem(notice)}:live:{notice.user}", seen_at__isnull=False
        ).exists()
    )
    if thread is None:
        return Facts(seen=seen)
    newer = (
        notice.kind in _SUPERSEDED
        and Notice.objects.filter(
            conversation=thread, kind=notice.kind, channel=notice.channel, user=notice.user,
            target=notice.target, created_at__gt=notice.created_at,
        )
        .exclude(state=Notice.State.SKIPPED)
        .exists()
    )  # fmt: skip
    is_mention, is_promise = notice.kind == "mention", notice.kind == "promise"
    return Facts(
        wait_open=None if wait is None else wait.ended_at is None and wait.acknowledged_at is None,
        actionable=thread.actionable_at is not None,
        promise_open=_promised(thread.pk) if is_promise else None,
        assignee=thread.assignee,
        mention_open=_named(notice) if is_mention else None,
        hidden=bool(thread.hidden),
        seen=seen,
        newer=newer,
    )


def _stem(notice: Notice) -> str:
    """Return the key of what is told, without the channel and the place."""
    return notice.key.rsplit(":", 2)[0]


def _promised(conversation_id: int) -> bool:
    """Whether a promise still needs somebody: one that is open, or was broken and not seen to."""
    found = Promise.objects.filter(conversation__in=threads_of(conversation_id))
    said = Conversation.objects.filter(pk=conversation_id, promise_at__isnull=False)
    return found.filter(
        Q(state=Promise.State.OPEN) | Q(state=Promise.State.BROKEN) & Exists(said)
    ).exists()


def _named(notice: Notice) -> bool:
    """Whether the note still names the member and he has not seen it."""
    note_id = notice.key.split(":")[1]
    return Mention.objects.filter(
        note=int(note_id), user=notice.user or 0, seen_at=None, note__removed_at=None
    ).exists()


def _end(notice: Notice, state: str, reason: str, now: datetime) -> None:
    notice.state, notice.reason = state, reason[:200]
    notice.sent_at = now if state == Notice.State.SENT else None
    notice.save(update_fields=["state", "reason", "sent_at", "attempts", "slot"])


def _settle(notice_id: int, until: datetime, sent: Sent) -> Later | None:
    """Write down what came of it; what may yet succeed is tried again."""
    now = timezone.now()
    with transaction.atomic():
        notice = Notice.objects.select_for_update().get(pk=notice_id)
        if notice.state != Notice.State.WAITING:
            return None
        if sent.kind == "retry":
            again = rules.try_again(notice.attempts, now, until)
            if again is not None:
                again = max(again, now + timedelta(seconds=sent.retry_seconds))
            if again is not None and again < until:
                Notice.objects.filter(pk=notice_id).update(reason=sent.reason[:200])
                return Later(again)
        _mark_place(notice, sent, now)
        state = Notice.State.SENT if sent.kind == "sent" else Notice.State.FAILED
        _end(notice, state, sent.reason, now)
    if sent.kind != "sent":
        log.warning("notice_failed", channel=notice.channel, notice=notice_id, reason=sent.reason)
    return None


def _mark_place(notice: Notice, sent: Sent, now: datetime) -> None:
    """Note on the browser or webhook how it went; a browser that is no more is forgotten."""
    if notice.channel == "push":
        place = PushSubscription.objects.filter(pk=notice.target or 0)
        if sent.kind == "sent":
            place.update(used_at=now, failures=0)
        elif sent.kind == "gone":
            place.delete()
        else:
            place.update(failures=F("failures") + 1)
            place.filter(failures__gte=MOST_FAILURES).delete()
    elif notice.channel == "hook":
        hook = AlertHook.objects.filter(pk=notice.target or 0)
        if sent.kind == "sent":
            hook.update(used_at=now, last_error="")
        else:
            hook.update(last_error=sent.reason[:200])


def _by_push(turn: _Turn) -> Callable[[], Sent] | Sent:
    notice = turn.notice
    subscription = PushSubscription.objects.filter(
        pk=notice.target or 0, user=notice.user or 0
    ).first()
    if subscription is None:
        return Sent("gone", "The browser is subscribed no more.")
    try:
        place = push.place_of(subscription)
    except Undecryptable:
        return Sent("refused", "The browser's keys cannot be read.")
    unseen = Notice.objects.filter(user=notice.user, channel="live", seen_at=None).count()
    told = {
        "title": notice.title, "body": notice.body, "url": notice.url, "tag": _stem(notice),
        "id": notice.pk, "badge": unseen,
    }  # fmt: skip
    topic = f"{notice.conversation_id}:{notice.kind}" if notice.conversation_id else _stem(notice)
    urgent = notice.kind in ("waiting", "alert", "promise", "test")
    return partial(push.send, place, told, urgent=urgent, topic=topic)


def _by_mail(turn: _Turn) -> Callable[[], Sent] | Sent:
    notice, told = turn.notice, turn.told
    assert told is not None
    letter = mail.Letter(
        to=told.email, language=told.language, business=turn.business, title=notice.title,
        body=notice.body, link=turn.base + notice.url if notice.url else "",
        settings_link=turn.base + reverse("inbox:notices-ways"),
        lines=digest.lines(notice, told) if notice.kind == "digest" else (),
    )  # fmt: skip
    return partial(mail.send, letter)


def _by_chat(turn: _Turn) -> Callable[[], Sent] | Sent:
    notice = turn.notice
    hook = AlertHook.objects.filter(pk=notice.target or 0, is_active=True).first()
    if hook is None:
        return Sent("gone", "The chat's channel was taken out.")
    try:
        url = hook.url
    except Undecryptable:
        return Sent("refused", "The chat's address cannot be read.")
    link = turn.base + notice.url if notice.url else ""
    return partial(chat.send, hook.kind, url, notice.title, notice.body, link)


_CHANNELS: dict[str, Callable[[_Turn], Callable[[], Sent] | Sent]] = {
    "push": _by_push,
    "email": _by_mail,
    "hook": _by_chat,
}
