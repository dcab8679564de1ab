"""Sounds for the members of one business: a voicemail, a recorded greeting. In ranges, as players ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from calls import voicemails
from calls.models import Call
from calls.sounds import TYPES
from inbox.frame import business_of
from tenants.models import PhoneNumber

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_CHUNK = 64 * 1024


@require_safe
@login_required
def voicemail(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Play a voicemail of this business; 404 for anything else, as if it were not there."""
    call = get_object_or_404(Call.objects.only("recording"), pk=call_id)
    return _sound(request, call.recording, f"voicemail-{call.pk}")


@require_POST
@login_required
def heard(request: HttpRequest, call_id: int) -> HttpResponse:
    """Somebody has begun to play a voicemail. Once more is no error."""
    get_object_or_404(Call.objects.only("pk"), pk=call_id)
    with transaction.atomic():
        voicemails.heard(call_id, timezone.now())
    return HttpResponse(status=204)


@require_safe
@login_required
def greeting(request: HttpRequest, line_id: int) -> HttpResponseBase:
    """Play the recorded greeting of a line of this business."""
    line = get_object_or_404(PhoneNumber, pk=line_id, business=business_of(request))
    return _sound(request, line.greeting_recording, f"greeting-{line.pk}")


def _sound(request: HttpRequest, path: str, name: str) -> HttpResponseBase:
    """Serve a stored sound: the whole of it, or the range that was asked for (RFC 9110, 14.2)."""
    kind = path.rpartition(".")[2]
    if not path or kind not in TYPES:
        raise Http404
    try:
        file = default_storage.open(path)
        size = file.size
    except OSError:
        raise Http404 from None
    first, last, status = 0, size - 1, 200
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked and (asked[1] or asked[2]):
        if asked[1]:
            first = int(asked[1])
            last = min(last, int(asked[2])) if asked[2] else last
        else:
            first = max(0, size - int(asked[2]))  # so many from the end
        if first > last:
            file.close()
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        status = 206
    response = StreamingHttpResponse(
        _pieces(file, first, last), status=status, content_type=TYPES[kind]
    )
    for header, value in _headers(name, kind, last - first + 1).items():
        response.headers[header] = value
    if status == 206:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _headers(name: str, kind: str, length: int) -> dict[str, str]:
    return {
        "Content-Length": str(length),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}.{kind}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _pieces(file: Any, first: int, last: int) -> Iterator[bytes]:
    try:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (piece := file.read(min(_CHUNK, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()
