"""What a brand looks like, as files: its stylesheet, its logo and the app's icons.

An address names the version of the look, so browsers keep a file for ever; an old address gets
today's file and keeps it not.
"""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants import brand_colours, brand_icons, brands

_FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def brand_file(request: HttpRequest, version: str, file: str) -> HttpResponse:
    """One file of the brand of this host; 404 where it is ours, or has no such file."""
    brand = brands.current()
    if brand.is_ours:
        raise Http404
    if file == "look.css" and brand.colour:
        answer = HttpResponse(stylesheet(brand.colour), content_type="text/css; charset=utf-8")
    elif file == "logo.png" and brand.logo and default_storage.exists(brand.logo):
        with default_storage.open(brand.logo) as kept:
            answer = HttpResponse(kept.read(), content_type="image/png")
    elif file in brand_icons.ICONS:
        content = brand_icons.drawn(file, brand.name, brand.colour)
        answer = HttpResponse(content, content_type="image/png")
    else:
        raise Http404
    answer.headers["Cache-Control"] = _FOR_EVER if version == brand.version else "no-cache"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def stylesheet(colour: str) -> str:
    """Return the look of a brand: our pages' colours by name, exchanged; what warns stays as it is."""
    worn = brand_colours.palette(colour)
    return f""":root {{
  --accent: light-dark({worn.day}, {worn.night});
  --accent-fill: {worn.fill};
  --accent-fill-hover: {worn.fill_hover};
  --accent-tint: light-dark({worn.day_tint}, {worn.night_tint});
}}
"""
