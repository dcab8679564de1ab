"""A file of businesses: chosen, looked at, brought in and told row by row. Thin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.agency.frame import Office, address, office_page, show
from inbox.agency.imports import columns, importing, sheet
from inbox.agency.imports.importing import ImportRefused
from tenants.models import AgencyPlaybook, BusinessImport, BusinessImportRow, ProviderAccount
from tenants.playbooks import PLAYBOOKS

_A_PAGE = 50
_SHOWN_FILES = 10
_CHIPS = {
    "wrong": (gettext_lazy("To be mended"), "bad"),
    "ready": (gettext_lazy("Can be made"), "accent"),
    "made": (gettext_lazy("Made"), "good"),
    "failed": (gettext_lazy("Failed"), "bad"),
    "cancelled": (gettext_lazy("Called off"), ""),
}
_ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Toronto", "America/Halifax", "America/Vancouver",
)  # fmt: skip
HEADS = {
    "name": gettext_lazy("Name"), "external_id": gettext_lazy("Your id"),
    "legal_name": gettext_lazy("Legal name"), "ein": gettext_lazy("EIN"),
    "street": gettext_lazy("Street"), "city": gettext_lazy("City"), "region": gettext_lazy("State"),
    "postcode": gettext_lazy("ZIP"), "country": gettext_lazy("Country"),
    "website": gettext_lazy("Website"), "vertical": gettext_lazy("Kind of business"),
    "timezone": gettext_lazy("Time zone"), "hours": gettext_lazy("Opening hours"),
    "number": gettext_lazy("Number"), "forward_to": gettext_lazy("Rings these phones"),
    "owner_email": gettext_lazy("Owner's e-mail"), "playbook": gettext_lazy("Playbook"),
}  # fmt: skip


def import_of(office: Office, import_id: UUID) -> BusinessImport:
    """Return one of the agency's files. Raises Http404."""
    found = BusinessImport.objects.filter(agency=office.agency, pk=import_id).first()
    if found is None:
        raise Http404
    found.agency = office.agency
    return found


@require_http_methods(["GET", "POST"])
@office_page
def imports(request: HttpRequest, office: Office) -> HttpResponse:
    """The files there were, and choosing another. A file that cannot be read: 422, and why."""
    if request.method == "GET":
        return _list(request, office)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise sheet.BadFile(_("Choose a file first."))
        if (file.size or 0) > sheet.MAX_BYTES:
            raise sheet.BadFile(f"The file is larger than {sheet.MAX_BYTES // 1_000_000} MB.")
        brought = importing.bring(
            office.agency, file.read(), str(file.name or ""), settled=_first_settled(office),
            by=office.who, door="page", at=timezone.now(),
        )  # fmt: skip
    except sheet.BadFile as wrong:
        return _list(request, office, str(wrong), 422)
    return redirect(address("import", office, brought.pk))


@require_GET
@office_page
def template(request: HttpRequest, office: Office) -> HttpResponse:
    """The file to fill in."""
    return _csv(columns.template(), "businesses.csv")


@require_http_methods(["GET", "POST"])
@office_page
def one(request: HttpRequest, office: Office, import_id: UUID) -> HttpResponse:
    """One file: which column is what, each row with what is wrong, and what became of it."""
    brought = import_of(office, import_id)
    if request.method == "POST":
        mapping = {}
        for field in columns.FIELDS:
            given = request.POST.get(f"column-{field}", "")
            if given.isascii() and given.isdigit() and len(given) < 4:
                mapping[field] = int(given)
        account = request.POST.get("account", "")
        settled = {
            "timezone": request.POST.get("timezone", ""),
            "playbook": request.POST.get("playbook", ""),
            "account": int(account) if account.isascii() and account.isdigit() and len(account) < 19 else 0,
        }  # fmt: skip
        try:
            importing.settle(brought, mapping, settled)
        except ImportRefused as wrong:
            messages.error(request, str(wrong))
        return redirect(address("import", office, brought.pk))
    return show(
        request, office, "agency/imports/one.html", "imports", **_shown(request, office, brought)
    )


@require_GET
@office_page
def progress(request: HttpRequest, office: Office, import_id: UUID) -> HttpResponse:
    """The part of a file's page that moves."""
    brought = import_of(office, import_id)
    return show(
        request,
        office,
        "agency/imports/_progress.html",
        "imports",
        **_shown(request, office, brought),
    )


@require_POST
@office_page
def act(request: HttpRequest, office: Office, import_id: UUID) -> HttpResponse:
    """Make the rows that can be made, or call the rest off."""
    brought = import_of(office, import_id)
    said: dict[str, Any] = {"by": office.who, "door": "page", "at": timezone.now()}
    try:
        if request.POST.get("do") == "start":
            importing.start(brought, **said)
        elif request.POST.get("do") == "cancel":
            importing.cancel(brought, **said)
        else:
            raise Http404
    except ImportRefused as wrong:
        messages.error(request, str(wrong))
    return redirect(address("import", office, brought.pk))


@require_GET
@office_page
def result(request: HttpRequest, office: Office, import_id: UUID) -> HttpResponse:
    """The file again, with what became of each row; ?open=1: those that are not made, to be mended."""
    brought = import_of(office, import_id)
    only_open = request.GET.get("open") == "1"
    name = "to-mend.csv" if only_open else "result.csv"
    return _csv(importing.result(brought, only_open=only_open), name)


def _csv(content: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _first_settled(office: Office) -> dict[str, Any]:
    account = ProviderAccount.objects.filter(agency=office.agency).order_by("pk").first()
    return {
        "timezone": office.agency.timezone, "account": account.pk if account is not None else 0
    }  # fmt: skip


def _list(request: HttpRequest, office: Office, error: str = "", status: int = 200) -> HttpResponse:
    files = BusinessImport.objects.filter(agency=office.agency).order_by("-created_at")
    return show(
        request, office, "agency/imports/list.html", "imports", status=status, error=error,
        files=[(file, importing.counts(file)) for file in files[:_SHOWN_FILES]],
        heads=[(HEADS[c.field], c.example, c.needed) for c in columns.COLUMNS],
        most=sheet.MAX_ROWS, max_mb=sheet.MAX_BYTES // 1_000_000,
    )  # fmt: skip


def _shown(request: HttpRequest, office: Office, brought: BusinessImport) -> dict[str, Any]:
    counts = importing.counts(brought)
    wanted = request.GET.get("show", "")
    rows = brought.rows.select_related("business").order_by("line")
    if wanted == "wrong":
        rows = rows.filter(state="waiting").exclude(problems={})
    elif wanted == "ready":
        rows = rows.filter(state="waiting", problems={})
    elif wanted in _CHIPS:
        rows = rows.filter(state=wanted)
    page = Paginator(rows, _A_PAGE).get_page(request.GET.get("page"))
    total = sum(counts.values())
    through = counts["made"] + counts["failed"] + counts["cancelled"]
    going = through + counts["ready"]
    return {
        "brought": brought, "moves": brought.state == "running", "total": total,
        "counts": [(key, *_CHIPS[key], counts[key]) for key in _CHIPS if counts[key]],
        "ready": counts["ready"], "wrong": counts["wrong"], "made": counts["made"],
        "failed": counts["failed"], "through": through, "going": going,
        "share": 100 * through // going if going else 0, "wanted": wanted if wanted in _CHIPS else "",
        "page_of": page, "rows": [_row(brought, row) for row in page],
        "places": [
            (field, HEADS[field], brought.mapping.get(field, -1)) for field in columns.FIELDS
        ],
        "header": [(place, head or str(place + 1)) for place, head in enumerate(brought.header)],
        "zones": _ZONES, "settled": brought.settled,
        "playbooks": [
            *AgencyPlaybook.objects.filter(agency=office.agency, archived_at=None).order_by("name")
            .values_list("name", flat=True),
            *(pack.name for pack in PLAYBOOKS.values()),
        ],
        "accounts": ProviderAccount.objects.filter(agency=office.agency).order_by("pk"),
    }  # fmt: skip


def _row(brought: BusinessImport, row: BusinessImportRow) -> dict[str, Any]:
    cells = columns.cells(brought.mapping, row.cells)
    state = row.state if row.state != "waiting" else "wrong" if row.problems else "ready"
    about = [
        cells[name] for name in ("external_id", "city", "number", "owner_email") if cells[name]
    ]
    return {
        "row": row, "name": cells["name"], "about": " · ".join(about), "words": _CHIPS[state][0],
        "tone": _CHIPS[state][1],
        "problems": [
            (HEADS.get(name, ""), cells.get(name, ""), what) for name, what in row.problems.items()
        ],
    }  # fmt: skip
