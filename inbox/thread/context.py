"""What a thread's page is filled with: head, timeline, reply box."""

from __future__ import annotations

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone

from inbox.frame import governs
from inbox.models import MemberSettings
from inbox.notices import services as notices
from inbox.thread import hours, reading, rows
from messaging.models import Conversation
from messaging.people import mark_read
from tenants import visits
from tenants.models import User

# How far a contact that was merged into another is followed.
_MERGES = 8


def conversation_of(conversation_id: int, user_id: int | None = None) -> Conversation:
    """Return a conversation with its contact; of somebody merged into another, that other's. Raises Http404.

    user_id: whoever looks; then `is_told_of` says whether he has notices of it that he has not seen
    (a merged one's is not asked).
    """
    stored = Conversation.objects.select_related("contact").filter(pk=conversation_id)
    if user_id is not None:
        stored = stored.annotate(is_told_of=notices.untold(user_id))
    found = stored.first()
    for _step in range(_MERGES):
        if found is None or found.contact.merged_into_id is None:
            break
        kept = Conversation.objects.select_related("contact").filter(
            contact=found.contact.merged_into_id
        )
        found = kept.first() or found
    if found is None:
        raise Http404
    return found


def thread_context(
    request: HttpRequest,
    conversation_id: int | None,
    zone: ZoneInfo,
    own: MemberSettings | None = None,
) -> dict[str, Any]:
    """Return the context of inbox/_thread.html; {"selected": None} where no conversation is open.

    `?at=text-…` opens around a found moment, `?before=` at an older page. Looking at it reads it.
    own: how the member works here, where that is read already. Raises Http404.
    """
    if conversation_id is None:
        return {"selected": None}
    conversation = conversation_of(conversation_id, request.user.pk)
    if conversation.unread and not visits.is_one(request):
        mark_read(conversation)
    if getattr(conversation, "is_told_of", True):
        notices.looked(request.user.pk or 0, conversation.pk)
    asked = request.GET
    whose = rows.person(conversation.contact_id)
    timeline = reading.page(
        conversation, zone, at=asked.get("at", ""), before=asked.get("before", ""), whose=whose
    )
    return {
        "selected": conversation,
        "contact_id": conversation.contact_id,
        "thread": reading.head(conversation, zone, whose),
        "timeline": timeline,
        "scheduled": reading.scheduled(conversation) if whose.waits else [],
        "composer": composer(request, seen=timeline.seen, own=own),
        "me": request.user.pk,
        "governs": governs(request),
    }


def composer(
    request: HttpRequest, *, body: str = "", error: str = "", token: str = "", seen: str = "0",
    own: MemberSettings | None = None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return what the reply box shows.

    Each fresh box carries a token, so that a double click is one text. seen: the newest text that
    stood above it; more: collision (who answered meanwhile), when, at, replaces (a scheduled text
    that is written anew), tab ("note" or "").
    """
    own = own or settings_of(request)
    return {
        "body": body,
        "error": error,
        "client_token": token or uuid.uuid4().hex,
        "seen": seen,
        "signature": own.signature,
        "undo_seconds": own.undo_seconds,
        "price": settings.SEGMENT_PRICE,
        "picture_cents": f"{settings.MMS_PRICE / 100:.1f}".removesuffix(".0"),
        "soonest": (timezone.localtime() + hours.SOONEST).strftime("%Y-%m-%dT%H:%M"),
        **more,
    }


def settings_of(request: HttpRequest) -> MemberSettings:
    """Return how the member works here; every default where he has set nothing."""
    user = request.user
    assert isinstance(user, User)
    found = MemberSettings.objects.filter(user=user.pk).first()
    return found or MemberSettings(user=user.pk)
