"""A playbook's push, and what differs where it runs, as files. Thin."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from inbox.agency.frame import Office, office_page
from inbox.agency.playbooks import drift, words
from inbox.agency.playbooks.pages import playbook_of
from inbox.agency.playbooks.push_pages import push_of
from inbox.exports.files import as_file
from inbox.exports.tables import Line, moment
from tenants.agencies import note
from tenants.models import PlaybookUse

HEADINGS: Line = (
    "business_id", "external_id", "business", "playbook", "version", "wave", "state", "problem",
    "applied_at", "taken_back_at",
)  # fmt: skip
DRIFT: Line = (
    "business_id", "external_id", "business", "version", "latest", "applied_at", "differs",
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


@require_GET
@office_page
def drifts(request: HttpRequest, office: Office, playbook_id: int) -> HttpResponse:
    """Every business that runs a playbook, as CSV: a line for each thing that differs, or one that says none does."""
    playbook = playbook_of(office, playbook_id)
    latest = playbook.versions.order_by("-number").first()
    newest = str(latest.number) if latest else ""
    rows: list[Line] = []
    for each in drift.of(drift.runs(playbook)):
        business, use = each.business, each.use
        start = (
            str(business.pk), business.external_id, business.name, str(use.version.number), newest,
            moment(use.applied_at),
        )  # fmt: skip
        rows += [(*start, said) for said in words.drifted(each.differs, each.names) or [""]]
    note(
        office.agency, "list.export", actor=office.who, door="page", at=timezone.now(), list="drift",
        rows=len(rows), playbook=playbook.name,
    )  # fmt: skip
    return as_file("drift", [DRIFT, *rows])
