"""At a business's host: whoever comes from the portal is let in once, or told how to go on. Thin."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from inbox.frame import business_of
from inbox.support import visiting
from messaging import audit
from tenants import handoffs
from tenants.handoffs import HandoffRefused
from tenants.models import User


@require_GET
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Take a way from the portal, sign its person in here, and go on to where he wanted."""
    business, now = business_of(request), timezone.now()
    here = request.user if isinstance(request.user, User) else None
    try:
        with transaction.atomic():
            way = handoffs.take(token, business, signed_in=here, at=now)
            if way.reason:  # support, who looks on
                return visiting.arrive(request, way, now)
            audit.note(
                "member.enter", actor=str(way.user), door="page", at=now,
                detail={"from": "agency", "path": way.path.partition("?")[0]},
            )  # fmt: skip
    except HandoffRefused as refused:
        return _refused(request, refused, here)
    if here is None:
        # The portal's session was whole (tenants/handoffs.py), so is this one.
        get_adapter(request).login(request, way.user)
    return redirect(way.path)


def _refused(request: HttpRequest, refused: HandoffRefused, here: User | None) -> HttpResponse:
    said = {
        "unknown": _("This link is not complete. Open the business from the list of your agency."),
        "used": _("This link was used already: it works once. Open the business from the list of your agency."),
        "old": _("This link is older than a minute. Open the business from the list of your agency."),
        "elsewhere": _("This link leads to another business. Open it from the list of your agency."),
        "not_a_member": _("This account may not enter this business any more. Ask an owner of the agency."),
        "somebody_else": _("You are signed in here as %(email)s, but the link is for somebody else. Sign out, then open the business from the list of your agency once more.")
        % {"email": here.email if here else ""},
    }  # fmt: skip
    context: dict[str, Any] = {
        "sentence": said[refused.why], "is_other": refused.why == "somebody_else",
        "portal": f"{settings.PUBLIC_BASE_URL}/",
    }  # fmt: skip
    status = {"unknown": 404, "elsewhere": 404, "used": 410, "old": 410}.get(refused.why, 403)
    return render(request, "agency/enter_refused.html", context, status=status)
