"""Texts that have not left: taken back, called off, sent at once, and their list in the thread."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inbox import views
from inbox.frame import actor
from inbox.thread import context, pages, reading, sending
from messaging import scheduled as waiting_texts
from messaging.models import Message
from messaging.scheduled import HasLeft


@require_GET
@login_required
@never_cache
def scheduled(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The texts of a conversation that wait for their hour."""
    views.member_zone(request)
    return _list(request, conversation_id)


@require_POST
@login_required
def undo(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Take a text back; its words come back in the reply box. 422 when it has left already."""
    zone = views.member_zone(request)
    message = _text(message_id)
    conversation = context.conversation_of(message.conversation_id)
    seen = reading.newest_seen(conversation)
    files = [each["id"] for each in message.media]
    try:
        body = sending.undo(message, actor(request))
    except HasLeft:
        error = _("Too late: that text has left already.")
        body = request.POST.get("body", "").replace("\r\n", "\n")
        box = context.composer(request, body=body, error=error, seen=seen)
        return pages.composer_of(request, conversation, zone, box, status=422)
    if not request.headers.get("HX-Request"):
        return pages.redirected(conversation)
    box = context.composer(
        request, body=body, seen=reading.newest_seen(conversation), attachments=files
    )
    return pages.composer_of(request, conversation, zone, box)


@require_POST
@login_required
def send_now(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Let a scheduled text go at once."""
    views.member_zone(request)
    message = _text(message_id)
    try:
        sending.send_now(message)
    except HasLeft:
        return _list(request, message.conversation_id, _gone(), status=422)
    return _list(request, message.conversation_id)


@require_POST
@login_required
def call_off(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Call a scheduled text off; the thread keeps saying by whom."""
    views.member_zone(request)
    message = _text(message_id)
    try:
        sending.call_off(message, actor(request))
    except HasLeft:
        return _list(request, message.conversation_id, _gone(), status=422)
    return _list(request, message.conversation_id)


def _gone() -> str:
    return _("That text has left already, or somebody else called it off.")


def _text(message_id: uuid.UUID) -> Message:
    """Return a member's text. Raises Http404; one that has left is said to have, not to be missing."""
    found = waiting_texts.waiting(str(message_id))
    found = found or Message.objects.filter(pk=message_id, author="person").first()
    if found is None:
        raise Http404
    return found


def _list(
    request: HttpRequest, conversation_id: int, error: str = "", status: int = 200
) -> HttpResponse:
    conversation = context.conversation_of(conversation_id)
    if not request.headers.get("HX-Request") and request.method == "POST":
        return pages.redirected(conversation)
    found = {
        "selected": conversation, "scheduled": reading.scheduled(conversation), "error": error,
        "thread": {"title": conversation.contact.name},
    }  # fmt: skip
    return render(request, "inbox/thread/_scheduled.html", found, status=status)
