"""What an agency's businesses used day by day and what the agency was charged, as files. Thin."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing import spending
from billing.models import Invoice
from inbox.agency.frame import Office, for_owners, office_page
from inbox.exports import machines
from inbox.exports.files import as_file
from inbox.exports.tables import Line
from tenants.agencies import note


@require_GET
@office_page
def usage(request: HttpRequest, office: Office) -> HttpResponse:
    """What each business used on each day of this month, as CSV."""
    used = spending.use_of_all(office.agency.pk, timezone.now())
    return _sent(office, "usage", machines.usage(used))


@require_GET
@office_page
@for_owners
def invoices(request: HttpRequest, office: Office) -> HttpResponse:
    """The invoices the agency was charged with, as CSV."""
    return _sent(
        office, "invoices", machines.invoices(Invoice.objects.filter(agency=office.agency))
    )


def _sent(office: Office, name: str, lines: Iterator[Line]) -> HttpResponse:
    rows = list(lines)
    note(
        office.agency, "list.export", actor=office.who, door="page", at=timezone.now(), list=name,
        rows=len(rows) - 1,
    )  # fmt: skip
    return as_file(name, rows)
