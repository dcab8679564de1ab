"""What a provider fetches from the public host: recorded greetings, without any tenant schema."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.core.signing import BadSignature
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from calls import greeting_files, sounds


@require_safe
def greeting(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Serve a greeting to whoever was given its address; 404 for any other."""
    try:
        path = greeting_files.path_in(signed)
        file = default_storage.open(path)
    except (BadSignature, OSError):
        raise Http404 from None
    response = FileResponse(file, content_type=sounds.TYPES[path.rpartition(".")[2]])
    response.headers["Cache-Control"] = "public, max-age=86400, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
