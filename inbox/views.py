"""The inbox's pages. Thin: queries read, verbs write."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inbox import queries
from inbox.frame import governs, rail_sections
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


def _simulator_url() -> str:
    """Return where a call can be tried out; '' where it cannot. It is on the public host alone."""
    return f"{settings.PUBLIC_BASE_URL}/simulator/" if settings.SIMULATOR_ENABLED else ""


def _conversation(conversation_id: int) -> Conversation:
    return get_object_or_404(Conversation.objects.select_related("contact"), pk=conversation_id)


def _thread_context(conversation: Conversation, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "selected": conversation,
        "contact_id": conversation.contact_id,
        "thread": queries.thread(conversation, zone),
        "timeline": queries.timeline(conversation, zone),
        "composer": queries.composer(),
    }


@require_GET
@login_required
@never_cache
def home(request: HttpRequest, conversation_id: int | None = None) -> HttpResponse:
    """The list, and one conversation when the address names it. Looking at it reads it."""
    zone = member_zone(request)
    context: dict[str, Any] = {"selected": None}
    if conversation_id is not None:
        conversation = _conversation(conversation_id)
        mark_read(conversation)
        context = _thread_context(conversation, zone)
    only_unread = request.GET.get("filter") == "unread"
    context.update(
        business=request.business,  # type: ignore[attr-defined]
        member=request.membership,  # type: ignore[attr-defined]
        conversations=queries.rows(only_unread, conversation_id),
        filter="unread" if only_unread else "all",
        unread_total=queries.unread_total(),
        open_alerts=queries.open_alerts(),
        rail_sections=rail_sections(),
        governs=governs(request),
        simulator_url=_simulator_url(),
    )
    return render(request, "inbox/page.html", context)


@require_GET
@login_required
@never_cache
def conversation_list(request: HttpRequest) -> HttpResponse:
    """The rows of the list, for refreshing it in place."""
    member_zone(request)
    selected = request.GET.get("selected", "")
    only_unread = request.GET.get("filter") == "unread"
    selected_id = (
        int(selected) if selected.isascii() and selected.isdigit() and len(selected) < 19 else None
    )
    return render(
        request,
        "inbox/_list.html",
        {
            "conversations": queries.rows(only_unread, selected_id),
            "filter": "unread" if only_unread else "all",
            "unread_total": queries.unread_total(),
            "simulator_url": _simulator_url(),
        },
    )


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
