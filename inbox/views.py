"""The inbox's pages. Thin: queries read, verbs write."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inbox import queries
from inbox.frame import governs
from messaging.models import Conversation
from messaging.people import mark_read
from messaging.services import NotAllowed, send_as
from tenants.models import Business, User


def member_zone(request: HttpRequest) -> ZoneInfo:
    """Times are shown in the member's zone, or the business's where he has chosen none."""
    business: Business = request.business  # type: ignore[attr-defined]
    user = request.user
    try:
        zone = ZoneInfo((user.timezone if isinstance(user, User) else "") or business.timezone)
    except (KeyError, ValueError, OSError):
        # The name is no zone; a page in the business's time beats none.
        zone = ZoneInfo(business.timezone)
    timezone.activate(zone)
    return zone


def _conversation(conversation_id: int) -> Conversation:
    return get_object_or_404(Conversation.objects.select_related("contact"), pk=conversation_id)


def thread_context(
    request: HttpRequest, conversation_id: int | None, zone: ZoneInfo
) -> dict[str, Any]:
    """Return what the open thread shows, which reads it; nothing open without a conversation."""
    if conversation_id is None:
        return {"selected": None}
    conversation = _conversation(conversation_id)
    mark_read(conversation)
    return {
        "selected": conversation,
        "contact_id": conversation.contact_id,
        "thread": queries.thread(conversation, zone),
        "timeline": queries.timeline(conversation, zone),
        "composer": queries.composer(),
        "business": request.business,  # type: ignore[attr-defined]
        "governs": governs(request),
    }


@require_GET
@login_required
@never_cache
def timeline(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The timeline of an open conversation, for refreshing it in place. It is being looked at."""
    zone = member_zone(request)
    conversation = _conversation(conversation_id)
    mark_read(conversation)
    context = {
        "timeline": queries.timeline(conversation, zone),
        "contact_id": conversation.contact_id,
        "governs": governs(request),
    }
    return render(request, "inbox/_timeline.html", context)


@require_POST
@login_required
def reply(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Send a text as the member. Refused: 422 with the sentence and the words still in the box."""
    zone = member_zone(request)
    conversation = _conversation(conversation_id)
    user = request.user
    assert isinstance(user, User)
    # Browsers send line ends as CR LF; each CR would cost a character of the segment.
    body = request.POST.get("body", "").replace("\r\n", "\n").replace("\x00", "")
    token = request.POST.get("client_token", "")[:64]
    error = ""
    try:
        if len(body) > 1600:
            raise ValueError("body: the text is longer than 1,600 characters")
        send_as(
            conversation.contact.phone,
            body,
            author="person",
            author_name=str(user),
            author_user=user.pk,
            client_token=f"inbox:{user.pk}:{token}" if token else None,
        )
    except NotAllowed as refused:
        error = refused.clearance.sentence
    except ValueError as problem:
        error = f"Not sent: {str(problem).partition(': ')[2]}."
    context = {
        "selected": conversation,
        "thread": queries.thread(conversation, zone),
        "composer": queries.composer(body, error, token) if error else queries.composer(),
    }
    if not request.headers.get("HX-Request") and not error:
        response = HttpResponse(status=303)
        response["Location"] = reverse("inbox:conversation", args=[conversation.pk])
        return response
    return render(request, "inbox/_composer.html", context, status=422 if error else 200)
