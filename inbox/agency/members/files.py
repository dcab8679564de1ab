"""Who works at an agency, worked there or is asked to, as a file. Thin."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from inbox.agency.frame import Office, office_page
from inbox.exports.files import as_file
from inbox.exports.tables import Line, moment
from tenants.agencies import note
from tenants.models import Invitation, Membership

HEADINGS: Line = ("email", "name", "role", "state", "since", "until")  # fmt: skip


@require_GET
@office_page
def people(request: HttpRequest, office: Office) -> HttpResponse:
    """The members and the invited as CSV. since: a place given or an invitation sent; until: its link ends."""
    places = Membership.objects.filter(agency=office.agency).select_related("user")
    if not office.owns:
        places = places.filter(is_active=True)  # as on the page
    asked = Invitation.objects.filter(
        agency=office.agency, accepted_at=None, withdrawn_at=None
    ).order_by("-created_at", "pk")
    rows: list[Line] = [
        (
            place.user.email, place.user.name, place.role, "active" if place.is_active else "former",
            moment(place.created_at), "",
        )
        for place in places.order_by("-is_active", "user__name", "user__email")
    ]  # fmt: skip
    rows += [
        (each.email, each.name, each.role, "invited", moment(each.created_at),
         moment(each.expires_at))
        for each in asked
    ]  # fmt: skip
    note(
        office.agency, "list.export", actor=office.who, door="page", at=timezone.now(),
        list="members", rows=len(rows),
    )  # fmt: skip
    return as_file("members", [HEADINGS, *rows])
