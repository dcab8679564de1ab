"""A push of a playbook as a file: each business, how far it is and what stood in the way. Thin."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from inbox.agency.frame import Office, office_page
from inbox.agency.playbooks.push_pages import push_of
from inbox.exports.files import as_file
from inbox.exports.tables import Line, moment
from tenants.agencies import note
from tenants.models import PlaybookUse

HEADINGS: Line = (
    "business_id", "external_id", "business", "playbook", "version", "wave", "state", "problem",
    "applied_at", "taken_back_at",
)  # fmt: skip


@require_GET
@office_page
def push(request: HttpRequest, office: Office, push_id: UUID) -> HttpResponse:
    """Every business of a push, as CSV."""
    found = push_of(office, push_id)
    version = found.version
    uses = PlaybookUse.objects.filter(push=found.pk).select_related("business")
    rows: list[Line] = [
        (
            str(use.business_id), use.business.external_id, use.business.name,
            version.playbook.name, str(version.number), str(use.wave), use.state, use.problem,
            moment(use.applied_at), moment(use.taken_back_at),
        )
        for use in uses.defer("before", "after", "plan").order_by("wave", "business__name", "pk")
    ]  # fmt: skip
    note(
        office.agency, "list.export", actor=office.who, door="page", at=timezone.now(), list="push",
        rows=len(rows), playbook=version.playbook.name,
    )  # fmt: skip
    return as_file("push", [HEADINGS, *rows])
