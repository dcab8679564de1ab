"""Handing out one stored file: with the type it was found to be, and nothing a browser could run."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.storage import default_storage
from django.core.signing import BadSignature
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from messaging.attachments import links, sniffing
from messaging.models import Attachment
from tenants.models import Business
from tenants.scope import business_scope

# Films and sounds are played from a file that was downloaded: only pictures are drawn in place.
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


def response_of(file: Attachment, *, small: bool = False) -> FileResponse:
    """Return a stored file, or its small picture. Raises Http404 when it is not there."""
    kind = sniffing.KINDS.get(file.content_type)
    path = file.preview if small else file.file
    if file.state != "stored" or kind is None or not path:
        raise Http404
    if small:
        kind = sniffing.WEBP
    try:
        stored = default_storage.open(path)
    except OSError:
        raise Http404 from None
    response = FileResponse(stored, content_type=kind.content_type)
    how = "inline" if kind.sort == "picture" else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{name_of(file, kind)}"'
    for name, value in _SAFE.items():
        response.headers[name] = value
    return response


_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=86400, immutable",
}


def name_of(file: Attachment, kind: sniffing.Kind) -> str:
    """Return the name a download gets: plain and short, as carriers want it, its ending the found type's."""
    stem = _ODD.sub("-", file.name.rpartition(".")[0] or file.name).strip("-")[:16]
    return f"{stem or kind.sort}.{kind.ending}"


@require_safe
def by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Serve a file on the public host to whoever was given its address; 404 for any other."""
    try:
        schema, attachment_id = links.read(token, timezone.now())
    except BadSignature:
        raise Http404 from None
    if not Business.objects.filter(schema_name=schema).exists():
        raise Http404
    with business_scope(schema):
        file = _found(attachment_id)
    response = response_of(file)
    # A provider's or a client's, never a page's: no shared cache keeps it past its hours.
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _found(attachment_id: Any) -> Attachment:
    file = Attachment.objects.defer("provider_url").filter(pk=attachment_id).first()
    if file is None:
        raise Http404
    return file
