"""The installable app: manifest, service worker, and the page shown without a network.

The service worker stands at the root, so that it may serve every page; it keeps static files and
the offline page and nothing else: no thread, no number, no text ever lies in a browser's storage.
"""

from __future__ import annotations

import hashlib
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from tenants import brands
from tenants.models import User
from tenants.templatetags.brand import brand_url

_SHELL = ("app/css/offline.css", "app/js/offline.js")


@require_GET
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker; it changes, and so updates, whenever what it keeps changes."""
    shell = [reverse("inbox:offline"), *_shell()]
    # The words of one language: another member's language is no new version of the app.
    with override(settings.LANGUAGE_CODE):
        page = render_to_string("notices/offline.html", _offline_words())
    version = hashlib.sha256("\n".join([*shell, page]).encode()).hexdigest()[:12]
    words = {
        "shell": json.dumps(shell), "version": version, "offline": json.dumps(shell[0]),
        "icon": json.dumps(_icons()[0]), "name": json.dumps(brands.name()),
        "badge": json.dumps(_badge()),
        "renew": json.dumps(reverse("inbox:push-renew")),
        "key": json.dumps(settings.VAPID_PUBLIC_KEY),
    }  # fmt: skip
    script = render_to_string("notices/sw.js", words)
    answer = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@require_GET
@never_cache
def manifest(request: HttpRequest) -> HttpResponse:
    """The app's name and icons; the business's name is for its members alone."""
    is_member = isinstance(request.user, User) and request.membership is not None  # type: ignore[attr-defined]
    name = request.business.name if is_member else brands.name()  # type: ignore[attr-defined]
    sizes, purposes = (192, 512, 512), ("any", "any", "maskable")
    icons = [
        {"src": file, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for file, size, purpose in zip(_icons(), sizes, purposes, strict=True)
    ]
    app = {
        "id": "/", "name": f"{name} · {brands.name()}" if is_member else name, "short_name": name[:24],
        "description": _("Missed calls answered, callers waiting for you, one thread each."),
        "lang": get_language() or "en", "start_url": "/?from=app", "scope": "/",
        "display": "standalone", "background_color": "#f6f5f1", "theme_color": "#f6f5f1",
        "icons": icons,
        "shortcuts": [
            {"name": _("Inbox"), "url": "/"}, {"name": _("Notices"), "url": reverse("inbox:notices")},
        ],
    }  # fmt: skip
    return JsonResponse(app, content_type="application/manifest+json")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a network; it knows nothing of anybody."""
    return render(request, "notices/offline.html", _offline_words())


def _shell() -> list[str]:
    """Return what the offline page needs: its look, its script and the app's icon."""
    return [*(static(name) for name in _SHELL), _icons()[0]]


def _offline_words() -> dict[str, str]:
    css, js, icon = _shell()
    return {"css": css, "js": js, "icon": icon}


def _icons() -> list[str]:
    """Return the app's icons, small, large and maskable: the brand's, or ours."""
    names = ("icon-192.png", "icon-512.png", "icon-maskable.png")
    ours = brands.current().is_ours
    return [static(f"app/img/{name}") if ours else brand_url(name) for name in names]


def _badge() -> str:
    ours = brands.current().is_ours
    return static("app/img/badge-96.png") if ours else brand_url("badge-96.png")
