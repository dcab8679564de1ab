"""Files of texts for members of one business: shown, downloaded, attached to a text to come, taken back."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from inbox.frame import business_of
from inbox.thread.context import conversation_of
from messaging.attachments import outgoing, reading, reasons, serving
from messaging.attachments.outgoing import CannotSend
from messaging.models import Attachment

# A form's other fields take a few hundred bytes beside the file.
_AROUND = 20_000


@require_safe
@login_required
def file(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponseBase:
    """Hand out a file of this business; 404 for anything else, as if it were not there."""
    return serving.response_of(_attachment(attachment_id))


@require_safe
@login_required
def preview(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponseBase:
    """Show the small picture of a file of this business."""
    return serving.response_of(_attachment(attachment_id), small=True)


@csrf_exempt
@login_required
@never_cache
def upload(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Take a file for a text to come. The length is looked at before the body is: that is why it stands here first."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > outgoing.MAX_UPLOAD + _AROUND:
        return _refused("too_large", 413)
    answer: HttpResponse = _upload(request, conversation_id)
    return answer


@csrf_protect
@require_POST
def _upload(request: HttpRequest, conversation_id: int) -> HttpResponse:
    conversation = conversation_of(conversation_id)
    contact = conversation.contact
    came = request.FILES.get("file")
    if contact.opted_out_at is not None or contact.erased_at is not None:
        return _refused("off", 422)
    if came is None:
        return _refused("missing", 422)
    assert request.user.pk is not None
    try:
        row = outgoing.upload(
            conversation, came.read(), came.name or "", member_id=request.user.pk,
            business_id=business_of(request).pk, now=timezone.now(),
        )  # fmt: skip
    except CannotSend as problem:
        return _refused(problem.code, 422)
    found = {"file": reading.shown(row), "conversation_id": conversation.pk}
    return render(request, "inbox/thread/_attached.html", found)


@require_POST
@login_required
def remove(request: HttpRequest, conversation_id: int, attachment_id: uuid.UUID) -> HttpResponse:
    """Take an upload back. One that is gone already is no error."""
    conversation = conversation_of(conversation_id)
    outgoing.remove(conversation.pk, attachment_id, business_of(request).pk, timezone.now())
    return HttpResponse(status=204)


def _attachment(attachment_id: uuid.UUID) -> Attachment:
    # The schema is the business's own: another's file is not in it.
    found = Attachment.objects.defer("provider_url")
    return get_object_or_404(found, pk=attachment_id)


def _refused(code: str, status: int) -> HttpResponse:
    """Answer with a sentence, as plain text: the page puts it under the box."""
    words = reasons.upload_sentence(code)
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
