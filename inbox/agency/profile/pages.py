"""The agency itself: how it is called and reached, its zone, and the mildest posture of its businesses."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inbox.agency.frame import Office, address, not_yours, office_page, show
from inbox.said import said
from inbox.settings.mine import zone_choices
from messaging.numbers import normalise
from tenants import agencies
from tenants.agencies import AgencyError
from tenants.postures import POSTURES

_FIELDS = ("name", "legal_name", "website", "phone", "timezone", "posture_floor")


@require_http_methods(["GET", "POST"])
@office_page
def profile(request: HttpRequest, office: Office) -> HttpResponse:
    """Everybody reads it, an owner changes it. A wrong entry: 422, each field named."""
    kept = {name: getattr(office.agency, name) for name in _FIELDS}
    if request.method == "GET":
        return _page(request, office, kept, {})
    if not office.owns:
        return not_yours(request, office)
    typed = {name: request.POST.get(name, "").strip()[:300] for name in _FIELDS}
    wanted = typed | {"phone": normalise(typed["phone"]) or typed["phone"]}
    try:
        with transaction.atomic():
            changed = agencies.change(office.agency, wanted)
            if changed:
                agencies.note(
                    office.agency, "agency.change", actor=office.who, door="page",
                    at=timezone.now(), changed=changed,
                )  # fmt: skip
    except AgencyError as wrong:
        office.agency.refresh_from_db()
        return _page(request, office, typed, wrong.errors, 422)
    except IntegrityError:
        office.agency.refresh_from_db()
        return _page(request, office, typed, {"name": _("Another agency has this name.")}, 422)
    messages.success(request, _("Saved."))
    return redirect(address("profile", office))


def _page(
    request: HttpRequest, office: Office, typed: dict[str, Any], errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    return show(
        request, office, "agency/profile.html", "profile", status=status, typed=typed,
        errors=errors, zones=zone_choices(typed["timezone"]),
        postures=[
            {"key": each.key, "name": said(each.name), "sentence": said(each.sentence)}
            for each in POSTURES.values()
        ],
    )  # fmt: skip
