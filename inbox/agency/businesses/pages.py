"""The list of an agency's businesses, its file, and the way into one of them. Thin."""

from __future__ import annotations

import csv
from dataclasses import replace

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inbox.agency.businesses import reading, words
from inbox.agency.businesses.selection import from_query, to_query
from inbox.agency.frame import Office, address, not_yours, office_page, show
from tenants import handoffs
from tenants.agencies import note
from tenants.handoffs import HandoffRefused
from tenants.models import Stage


@require_GET
@office_page
def businesses(request: HttpRequest, office: Office) -> HttpResponse:
    """Every business of the agency, how it does, trouble first."""
    selection = from_query(request.GET.dict())
    found, counts = reading.page(office.agency.pk, selection), reading.counts(office.agency.pk)
    names, leads = words.shows(), words.doors(office.agency.pk)
    return show(
        request, office, "agency/businesses.html", "businesses",
        rows=[words.row(each, found.numbers.get(each.pk, []), leads) for each in found.businesses],
        selection=selection, columns=words.columns(selection), total=counts["all"],
        shows=[
            (name, names[name], counts[name],
             f"?{to_query(replace(selection, show=name, page=1))}")
            for name in names if counts[name] or name in ("all", "trouble", selection.show)
        ],
        before=f"?{to_query(replace(selection, page=selection.page - 1))}" if selection.page > 1 else "",
        after=f"?{to_query(replace(selection, page=selection.page + 1))}" if found.more else "",
        first=(selection.page - 1) * reading.A_PAGE + 1,
        last=(selection.page - 1) * reading.A_PAGE + len(found.businesses),
        here=to_query(replace(selection, page=1)), bring_in=_room(office, "onboarding"),
    )  # fmt: skip


@require_GET
@office_page
def export(request: HttpRequest, office: Office) -> HttpResponse:
    """The list as it is filtered and ordered, as CSV; no cell is a formula to a spreadsheet."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="businesses.csv"'
    writer = csv.writer(answer)
    writer.writerow(words.HEADINGS)
    count = 0
    for business, numbers in reading.everything(office.agency.pk, from_query(request.GET.dict())):
        writer.writerow(words.cells(business, numbers))
        count += 1
    note(
        office.agency,
        "businesses.export",
        actor=office.who,
        door="page",
        at=timezone.now(),
        rows=count,
    )
    return answer


@require_POST
@office_page
def enter(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Go into a business: a page that leads on to its host by itself, since a form may not end elsewhere."""
    business, now = office.business(business_id), timezone.now()
    host = handoffs.host_of(business)
    if business.stage == Stage.GONE or not host:
        return not_yours(request, office, _("This business has no pages any more."))
    path = handoffs.local(request.POST.get("path", "/"))
    try:
        with transaction.atomic():
            token = handoffs.make(office.user, business, path=path, at=now)
            note(
                office.agency, "business.enter", actor=office.who, door="page", at=now,
                business=business, path=path.partition("?")[0],
            )  # fmt: skip
    except HandoffRefused:
        return not_yours(request, office, _("You are no member of this agency any more."))
    port = split_domain_port(request.get_host())[1]
    url = f"{request.scheme}://{host}{f':{port}' if port else ''}/enter/{token}/"
    return show(request, office, "agency/entering.html", "businesses", business=business, url=url)


def _room(office: Office, name: str) -> str:
    """Return the address of a room that may not be there yet, '' while it is not."""
    try:
        return address(name, office)
    except NoReverseMatch:
        return ""
