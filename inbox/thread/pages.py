"""The thread's own requests: pages of its timeline, the reply, what the gate would say, quick replies."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inbox import views
from inbox.frame import business_of, governs
from inbox.models import QuickReply
from inbox.people import numbers
from inbox.said import said
from inbox.thread import context, foretold, hours, reading, sending
from inbox.thread import quick as quick_replies
from inbox.thread.hours import BadHour
from inbox.thread.sending import AnsweredMeanwhile, TooLong
from messaging import foretelling
from messaging.attachments import outgoing
from messaging.attachments import reading as attached
from messaging.models import Contact, Conversation, Message
from messaging.people import mark_read
from messaging.scheduled import HasLeft
from messaging.services import NotAllowed, sender_of
from messaging.text import clean
from tenants import visits
from tenants.models import User

_MOST_QUICK = 8


@require_GET
@login_required
@never_cache
def timeline(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """A page of the timeline: the newest, which is being looked at, or the one beside a place."""
    zone = views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    if not before and not after and not visits.is_one(request):
        mark_read(conversation)
    page = reading.page(conversation, zone, before=before, after=after)
    found = {
        "timeline": page, "selected": conversation, "contact_id": conversation.contact_id,
        "governs": governs(request),
    }  # fmt: skip
    return render(request, "inbox/thread/_page.html", found)


@require_POST
@login_required
def reply(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Send a text as the member, at once or for an hour. What is wrong comes back with 422, and the words in the box."""
    zone = views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    typed = Typed.of(request)
    whom = numbers.addressed(conversation_id, conversation.contact, typed.to)
    if whom is None:
        # Never to another number than the one that was chosen.
        failed: dict[str, Any] | None = {
            "seen": typed.seen, "to": "",
            "error": _("Not sent: that number is no longer this person's. Choose again."),
        }  # fmt: skip
    else:
        failed = send_typed(request, whom, typed, zone)
    if failed is None:
        if not request.headers.get("HX-Request"):
            return redirected(conversation)
        fresh = context.composer(request, seen=typed.seen, to=typed.to)
        return composer_of(request, conversation, zone, fresh)
    box = context.composer(request, **typed.kept() | failed)
    return composer_of(request, conversation, zone, box, status=422)


class Typed:
    """What stands in a reply box, as it was sent."""

    def __init__(
        self, body: str, token: str, seen: str, when: str, at: str, replaces: str,
        attachments: Sequence[str] = (), to: str = "",
    ) -> None:  # fmt: skip
        # Which of a person's numbers it goes to, by its contact's id; "" where there is one.
        self.to = to
        self.attachments = list(attachments)
        self.body, self.token, self.seen = body, token, seen
        self.when, self.at, self.replaces = when, at, replaces

    @classmethod
    def of(cls, request: HttpRequest) -> Typed:
        """Take it from a form. Browsers send line ends as CR LF; each CR would cost a character."""
        form = request.POST
        return cls(
            form.get("body", "").replace("\r\n", "\n"),
            form.get("client_token", "")[:64],
            form.get("seen", "")[:20] or "0",
            form.get("when", "")[:10],
            form.get("at", "")[:40],
            _uuid(form.get("replaces", "")),
            [each for each in form.getlist("attachments")[:20] if _uuid(each)],
            form.get("whom", "")[:20],
        )

    def kept(self) -> dict[str, Any]:
        """Return it for the box it goes back into; nothing typed is lost."""
        return {
            "body": self.body, "token": self.token, "when": self.when, "at": self.at,
            "replaces": self.replaces, "attachments": self.attachments, "to": self.to,
        }  # fmt: skip


def send_typed(
    request: HttpRequest, contact: Contact, typed: Typed, zone: ZoneInfo, *, is_new: bool = False
) -> dict[str, Any] | None:
    """Send what was typed; None when it is on its way, else what the box must say of it."""
    own = context.settings_of(request)
    user = request.user
    assert isinstance(user, User)
    member = sending.Member(user.pk, str(user), own.signature, own.undo_seconds)
    failed: dict[str, Any] = {"seen": typed.seen}
    try:
        at = hours.hour_of(
            typed.when, typed.at, now=timezone.now(), mine=zone, theirs=reading.their_zone(contact)
        )
        sending.send(
            contact.phone, typed.body, member,
            token=f"inbox:{user.pk}:{typed.token}" if typed.token else None,
            seen=None if is_new else typed.seen, at=at, replaces=typed.replaces,
            attachments=typed.attachments,
        )  # fmt: skip
    except AnsweredMeanwhile as answered:
        return failed | {"collision": answered.text, "seen": answered.seen}
    except NotAllowed as refused:
        return failed | {"error": refused.clearance.sentence}
    except HasLeft:
        return failed | {
            "error": _("The text you were changing has left already, or was called off. "
                       "Your words are here; nothing was sent twice."),
            "replaces": "",
        }  # fmt: skip
    except TooLong as problem:
        return failed | {"error": too_long(problem.length)}
    except BadHour as problem:
        return failed | {"error": hour_words(problem.code)}
    except ValueError as problem:
        words = str(problem).partition(": ")[2] or str(problem)
        return failed | {"error": _("Not sent: %(why)s.") % {"why": said(words)}}
    return None


def too_long(length: int) -> str:
    """Return what is said of a text that no phone takes."""
    return _(
        "Not sent: that is %(length)s characters, and a text holds at most %(most)s. "
        "Shorten it, or send it in two."
    ) % {"length": f"{length:,}", "most": f"{quick_replies.LONGEST:,}"}


def hour_words(code: str) -> str:
    """Return what is wrong with an hour, by its code (inbox.thread.hours)."""
    return {
        "past": _("Time: choose a time that is at least two minutes away."),
        "far": _("Time: choose a time within the next 90 days."),
    }.get(code, _("Time: choose a day and a time."))


@require_GET
@login_required
@never_cache
def composer(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """A fresh reply box, or with `?edit=` a scheduled text to write anew."""
    zone = views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    box = context.composer(request, seen=reading.newest_seen(conversation))
    edited = _uuid(request.GET.get("edit", ""))
    text = None
    if edited:
        theirs = numbers.ids_of(conversation.contact)
        found = Message.objects.filter(pk=edited, conversation__contact__in=theirs)
        text = found.select_related("conversation").first()
    if text is not None and text.status in ("queued", "held") and text.send_after is not None:
        at = text.send_after.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
        box |= {"body": text.body, "when": "at", "at": at, "replaces": str(text.pk),
                "attachments": [each["id"] for each in text.media],
                "to": str(text.conversation.contact_id)}  # fmt: skip
    return composer_of(request, conversation, zone, box)


def composer_of(
    request: HttpRequest, conversation: Conversation, zone: ZoneInfo, box: dict[str, Any], *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Answer with the reply box alone, and the files that wait in it."""
    waiting = outgoing.unsent(
        conversation.pk, box.get("attachments", ()), also_of=box.get("replaces", "")
    )
    box = box | {"files": [attached.shown(each) for each in waiting]}
    found = {
        "selected": conversation, "thread": reading.head(conversation, zone), "composer": box,
        "business": business_of(request),
    }  # fmt: skip
    return render(request, "inbox/_composer.html", found, status=status)


def redirected(conversation: Conversation) -> HttpResponse:
    """Lead to a conversation's own page."""
    response = HttpResponse(status=303)
    response["Location"] = reverse("inbox:conversation", args=[conversation.pk])
    return response


@require_POST
@login_required
@never_cache
def foretell(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What the gate would say to what stands in the box, and what it would cost."""
    zone = views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    wanted = request.POST.get("whom", "")[:20]
    whom = numbers.addressed(conversation_id, conversation.contact, wanted)
    told = told_of(request, whom or conversation.contact, zone)
    cost = foretold.price_words(told.segments, settings.SEGMENT_PRICE) if told.added else ""
    return render(request, "inbox/thread/_foretold.html", {"told": told, "cost": cost})


def told_of(request: HttpRequest, contact: Contact, zone: ZoneInfo) -> foretold.Told:
    """Return what would happen to the text that stands in a box, in words."""
    typed, now = Typed.of(request), timezone.now()
    own = context.settings_of(request)
    try:
        at = hours.hour_of(
            typed.when, typed.at, now=now, mine=zone, theirs=reading.their_zone(contact)
        )
        words = sending.signed(typed.body, own.signature)
        if len(words) > quick_replies.LONGEST:
            return foretold.Told("bad", too_long(len(words)))
        sender = sender_of(business_of(request), contact)
        answer = foretelling.foretell(contact, words, sender, now, at=at)
        return foretold.in_words(answer, words, zone, now)
    except BadHour as problem:
        return foretold.Told("bad", hour_words(problem.code))
    except ValueError as problem:
        return foretold.Told("bad", _("Not possible: %(why)s") % {"why": problem})


@require_GET
@login_required
@never_cache
def quick(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The quick replies that fit what was typed after the slash, their fields filled for this person."""
    conversation = context.conversation_of(conversation_id)
    asked = request.GET.get("q", "")[:40].strip().lower()
    found = QuickReply.objects.filter(Q(owner=None) | Q(owner=request.user.pk))
    if asked:
        found = found.filter(Q(shortcut__startswith=asked) | Q(title__icontains=asked))
    contact = conversation.contact
    language = contact.language or get_language() or "en"
    known = quick_replies.values(
        name=contact.name, business=clean(business_of(request).name), member=str(request.user)
    )
    ordered = sorted(
        found.order_by("-uses", "shortcut")[:200],
        key=lambda each: (each.language != language[:2], -each.uses, each.shortcut),
    )
    replies = [
        {"id": each.pk, "shortcut": each.shortcut, "title": each.title,
         "body": quick_replies.fill(each.body, known)}
        for each in ordered[:_MOST_QUICK]
    ]  # fmt: skip
    used = request.GET.get("used", "")
    if used.isascii() and used.isdigit() and len(used) < 19:
        QuickReply.objects.filter(pk=used).update(uses=F("uses") + 1)
        return HttpResponse(status=204)
    return render(
        request, "inbox/thread/_quick.html", {"replies": replies, "asked": asked,
        "governs": governs(request)},
    )  # fmt: skip


def _uuid(value: str) -> str:
    try:
        return str(uuid.UUID(value)) if value else ""
    except ValueError:
        return ""
