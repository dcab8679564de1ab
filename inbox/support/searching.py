"""The page of the search. What is looked for comes in the body: no address, and so no log, holds it."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from inbox.support import finding
from inbox.support.asking import Asked, read
from inbox.support.frame import business_named, person, show, support_page
from inbox.support.hits import Found
from tenants import support_record
from tenants.models import Agency, Business


@require_http_methods(["GET", "POST"])
@support_page()
def find(request: HttpRequest) -> HttpResponse:
    """Look for anything (POST: q; agency and business narrow it, below goes on); every search is recorded."""
    typed, agency_id = request.POST.get("q", ""), request.POST.get("agency", "")
    asked = read(typed)
    business = business_named(request.POST.get("business", ""))
    found = None
    if request.method == "POST" and asked.kind:
        within = [business.pk] if business else _of_agency(agency_id)
        found = finding.find(asked, within=within, below=_below(request.POST.get("below", "")))
        _record(request, asked, found, business)
    return show(
        request,
        "find",
        "Find",
        typed=typed,
        found=found,
        agencies=Agency.objects.order_by("name").values_list("pk", "name"),
        agency=agency_id,
        business=business,
        empty=request.method == "POST" and not asked.kind,
    )


def _below(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= 9 else 0


def _of_agency(agency_id: str) -> list[int] | None:
    if not agency_id.isascii() or not agency_id.isdecimal() or len(agency_id) > 12:
        return None
    return list(Business.objects.filter(agency=int(agency_id)).values_list("pk", flat=True))


def _record(request: HttpRequest, asked: Asked, found: Found, business: Business | None) -> None:
    """Who looked for what kind of thing; what may be a person's stands there by its mark alone."""
    subject = support_record.marked(asked.value) if asked.is_personal else asked.value
    with transaction.atomic():
        support_record.note(
            person(request),
            "search",
            at=timezone.now(),
            business=business,
            subject=subject,
            kind=asked.kind,
            found=len(found.hits),
            stopped=bool(found.stopped),
        )
