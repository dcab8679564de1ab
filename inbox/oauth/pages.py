"""Somebody says yes or no to an app: on the public host for one of his businesses, or on a business's own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inbox.settings.key_words import SCOPES
from integrations.oauth import server
from integrations.oauth.server import Asked, Refused
from tenants.models import Business
from tenants.permissions import governed_by, may_govern


class _Away(HttpResponseRedirect):
    """A way to an app's own address, which was compared with those support registered."""

    allowed_schemes = ["https", "http"]


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def authorize(request: HttpRequest) -> HttpResponse:
    """Show what an app asks for; take the answer. Who governs no business here is refused (403)."""
    try:
        asked = server.read(request)
    except Refused as refused:
        return _refused(request, refused)
    offered = _offered(request)
    if request.method == "GET":
        return _page(request, asked, offered)
    if "allow" not in request.POST:
        return _Away(server.deny(request, asked))
    wanted = request.POST.get("for", "")
    business = next((each for each in offered if str(each.pk) == wanted), None)
    # Asked anew: the list is for choosing, this is the rule.
    if business is None or not may_govern(request.user, business):
        return _page(request, asked, offered, _("Choose one of your businesses."))
    try:
        return _Away(server.allow(request, asked, business))
    except Refused as refused:
        return _refused(request, refused)


def _offered(request: HttpRequest) -> list[Business]:
    here: Business | None = request.business  # type: ignore[attr-defined]
    if here is None:
        return governed_by(request.user)
    return [here] if may_govern(request.user, here) else []


def _page(
    request: HttpRequest, asked: Asked, offered: list[Business], error: str = ""
) -> HttpResponse:
    if not offered:
        return render(request, "oauth/not_yours.html", {"app": asked.app}, status=403)
    context: dict[str, Any] = {
        "app": asked.app, "host": asked.host, "offered": offered, "error": error,
        "scopes": [SCOPES.get(name, name) for name in asked.scopes],
        "chosen": request.POST.get("for", ""),
        "is_here": request.business is not None,  # type: ignore[attr-defined]
        # The answer to this form leads away: browsers ask the policy about that, too.
        "email": getattr(request.user, "email", ""),
    }  # fmt: skip
    answer = render(request, "oauth/authorize.html", context, status=422 if error else 200)
    answer.headers["Content-Security-Policy"] = (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; "
        f"form-action 'self' {asked.origin}"
    )
    return answer


def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    if refused.back:
        return _Away(refused.back)
    return render(request, "oauth/refused.html", {"why": refused.why}, status=400)
