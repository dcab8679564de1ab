"""API keys of the business: made, replaced and revoked by hand, and what was asked with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from inbox.frame import actor, business_of, governs
from inbox.said import said
from inbox.settings.common import not_for_you, show
from inbox.settings.key_words import SCOPES, state_of
from integrations import keys
from integrations.endpoints import Owner
from integrations.keys import By, CannotKey
from tenants.models import ApiKey, ApiRequest

_SHOWN = 50


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """The keys; a new one is on the page that answers, and no other."""
    if not governs(request):
        return not_for_you(request)
    if request.method == "GET":
        return _page(request, {"all": True})
    post = request.POST
    typed: dict[str, Any] = {
        "name": post.get("name", "")[:200], "scopes": post.getlist("scopes")[:60],
        "all": post.get("which", "") == "all",
    }  # fmt: skip
    if not typed["all"] and not typed["scopes"]:
        return _page(request, typed, {"scopes": _("Choose at least one, or everything.")}, 422)
    chosen = [] if typed["all"] else typed["scopes"]
    try:
        made, plain = keys.make(
            _owner(request), typed["name"], chosen, _by(request), timezone.now()
        )
    except CannotKey as wrong:
        return _page(request, typed, {wrong.field: said(wrong.sentence)}, 422)
    return _page(request, {"all": True}, made=made, plain=plain)


@require_POST
@login_required
@never_cache
def change(request: HttpRequest, key_id: int, act: str) -> HttpResponse:
    """Replace or revoke a key."""
    if not governs(request):
        return not_for_you(request)
    owner, now = _owner(request), timezone.now()
    key = get_object_or_404(keys.keys_of(owner), pk=key_id)
    if act == "revoke":
        keys.revoke(owner, key, _by(request), now)
        messages.success(request, _("Revoked. Requests with it are refused from now on."))
        return redirect("inbox:settings-keys")
    if act != "rotate":
        raise Http404
    try:
        made, plain = keys.rotate(owner, key, _by(request), now, timedelta(days=1))
    except CannotKey as wrong:
        messages.error(request, said(wrong.sentence))
        return redirect("inbox:settings-keys")
    return _page(request, {"all": True}, made=made, plain=plain)


def _owner(request: HttpRequest) -> Owner:
    return Owner(business=business_of(request))


def _by(request: HttpRequest) -> By:
    return By(actor(request), "page")


def _page(
    request: HttpRequest, typed: dict[str, Any], errors: dict[str, str] | None = None,
    status: int = 200, *, made: ApiKey | None = None, plain: str = "",
) -> HttpResponse:  # fmt: skip
    now, owner = timezone.now(), _owner(request)
    # Apps stand with the integrations: nobody holds their keys.
    rows = keys.keys_of(owner).filter(app=None).order_by("revoked_at", "-created_at")[: 2 * _SHOWN]
    asked = ApiRequest.objects.filter(business=owner.business).select_related("key")
    return show(
        request, "integrations", "keys", status, typed=typed, errors=errors or {}, plain=plain,
        made=made, log=asked.order_by("-at", "-pk")[:_SHOWN],
        cards=[
            {
                "key": key, "state": state_of(key, now), "is_live": key.is_live(now),
                "scopes": [SCOPES.get(name, name) for name in key.scopes],
            }
            for key in sorted(rows, key=lambda key: not key.is_live(now))
        ],
        scopes=[
            {"name": name, "words": words, "is_chosen": name in typed.get("scopes", ())}
            for name, words in SCOPES.items()
        ],
    )  # fmt: skip
