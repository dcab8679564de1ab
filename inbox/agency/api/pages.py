"""Keys of an agency: issued once, limited to what they are for, replaced and revoked. Thin: integrations.keys does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox.agency.frame import Office, address, for_owners, not_yours, office_page, show
from inbox.said import said
from integrations import keys
from integrations.endpoints import Owner
from integrations.keys import By, CannotKey
from tenants import api_scopes

# For how long a key works, in days; 0 until it is revoked.
LASTS = (0, 30, 90, 365)
_NEW: dict[str, Any] = {"which": "all", "lasts": "0"}


@require_http_methods(["GET", "POST"])
@office_page
def overview(request: HttpRequest, office: Office) -> HttpResponse:
    """The keys there are; a new one's plain text is on the page that answers, and no other."""
    if request.method == "GET":
        return _page(request, office, _NEW, {})
    if not office.owns:
        return not_yours(request, office)
    typed: dict[str, Any] = {
        "name": " ".join(request.POST.get("name", "").split())[:80],
        "which": request.POST.get("which", "all"),
        "scopes": request.POST.getlist("scopes")[:60],
        "lasts": request.POST.get("lasts", "0"),
    }
    now, errors = timezone.now(), {}
    if typed["lasts"] not in {str(days) for days in LASTS}:
        errors["lasts"] = _("Choose one of the list.")
    if typed["which"] != "all" and not typed["scopes"]:
        errors["scopes"] = _("Choose at least one thing, or everything.")
    if errors:
        return _page(request, office, typed, errors, status=422)
    days, wanted = int(typed["lasts"]), [] if typed["which"] == "all" else typed["scopes"]
    try:
        _key, plain = keys.make(
            Owner(agency=office.agency), typed["name"], wanted, By(office.who, "page"), now,
            expires_at=now + timedelta(days=days) if days else None,
        )  # fmt: skip
    except CannotKey as wrong:
        return _page(request, office, typed, {wrong.field: said(wrong.sentence)}, status=422)
    return _page(request, office, _NEW, {}, plain=plain)


@require_POST
@office_page
@for_owners
def change(request: HttpRequest, office: Office, key_id: int, act: str) -> HttpResponse:
    """Replace a key by a new one, both good for a day, or end it at once."""
    owner, by, now = Owner(agency=office.agency), By(office.who, "page"), timezone.now()
    key = get_object_or_404(keys.keys_of(owner), pk=key_id)
    try:
        if act == "replace":
            _new, plain = keys.rotate(owner, key, by, now)
            return _page(request, office, _NEW, {}, plain=plain)
        if act != "revoke":
            raise Http404
        keys.revoke(owner, key, by, now)
    except CannotKey as wrong:
        messages.error(request, said(wrong.sentence))
    else:
        messages.success(request, _("%(name)s opens nothing any more.") % {"name": key.name})
    return redirect(address("api", office))


def _page(
    request: HttpRequest, office: Office, typed: dict[str, Any], errors: dict[str, str], *,
    plain: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    now = timezone.now()
    found = keys.keys_of(Owner(agency=office.agency))
    rows = [
        {"key": key, "is_live": key.is_live(now), "scopes": [_said(name) for name in key.scopes]}
        for key in found.select_related("business").order_by(
            F("revoked_at").desc(nulls_first=True), "-created_at"
        )[:200]
    ]
    return show(
        request, office, "agency/api.html", "api", status=status, keys=rows, plain=plain,
        typed=typed, errors=errors, api=f"{settings.PUBLIC_BASE_URL}/api/v1/",
        scopes=[(name, said(words)) for name, words in api_scopes.offered(api_scopes.AGENCY).items()],
        lasts=[(str(days), _lasts(days)) for days in LASTS],
    )  # fmt: skip


def _said(scope: str) -> str:
    return said(api_scopes.SCOPES.get(scope, scope))


def _lasts(days: int) -> str:
    if not days:
        return _("Until it is revoked")
    return _("%(count)s days") % {"count": days}
