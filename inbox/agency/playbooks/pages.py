"""The playbooks of an agency: the list, one with its versions, and saving one from a business. Thin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.agency.frame import Office, address, office_page, show
from inbox.agency.playbooks import saving, words
from inbox.agency.playbooks.content import SECTIONS
from tenants.models import AgencyPlaybook, PlaybookPush, Stage

_SHOWN_PUSHES = 8


def playbook_of(office: Office, playbook_id: int) -> AgencyPlaybook:
    """Return one of the agency's playbooks. Raises Http404: another's is as good as none."""
    found = AgencyPlaybook.objects.filter(agency=office.agency, pk=playbook_id).first()
    if found is None:
        raise Http404
    found.agency = office.agency
    return found


def number_in(request: HttpRequest, name: str) -> int:
    """Return a whole number of a form, 0 where there is none."""
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def sections_of(names: Any, ticked: Any) -> list[dict[str, Any]]:
    """Return sections as a form shows them."""
    return [
        {"key": key, "name": words.SECTION_NAMES[key], "note": words.SECTION_NOTES[key],
         "ticked": key in ticked}
        for key in SECTIONS if key in names
    ]  # fmt: skip


@require_GET
@office_page
def playbooks(request: HttpRequest, office: Office) -> HttpResponse:
    """Every playbook of the agency, and its latest pushes."""
    running = Q(versions__uses__state="applied")
    rows = (
        AgencyPlaybook.objects.filter(agency=office.agency)
        .annotate(
            latest=Max("versions__number"),
            used_by=Count("versions__uses__business", filter=running, distinct=True),
        )
        .order_by("name")
    )
    pushes = (
        PlaybookPush.objects.filter(agency=office.agency)
        .select_related("version__playbook")
        .order_by("-created_at")[:_SHOWN_PUSHES]
    )
    return show(
        request, office, "agency/playbooks/list.html", "playbooks",
        playbooks=[row for row in rows if row.archived_at is None],
        away=[row for row in rows if row.archived_at is not None], pushes=pushes,
        has_businesses=office.agency.businesses.exists(),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_page
def new(request: HttpRequest, office: Office) -> HttpResponse:
    """Save a business's set-up as a new playbook. A wrong entry: 422, and what was typed is kept."""
    if request.method == "GET":
        return _form(request, office, None)
    return _save(request, office, None)


@require_GET
@office_page
def one(request: HttpRequest, office: Office, playbook_id: int) -> HttpResponse:
    """One playbook: what it holds, its versions, and what it can be used for."""
    return _one(request, office, playbook_of(office, playbook_id))


@require_http_methods(["GET", "POST"])
@office_page
def next_version(request: HttpRequest, office: Office, playbook_id: int) -> HttpResponse:
    """Save a business's set-up as the playbook's next version."""
    playbook = playbook_of(office, playbook_id)
    if request.method == "GET":
        return _form(request, office, playbook)
    return _save(request, office, playbook)


@require_POST
@office_page
def away(request: HttpRequest, office: Office, playbook_id: int) -> HttpResponse:
    """Take a playbook out of the list, or bring it back."""
    playbook, back = playbook_of(office, playbook_id), "back" in request.POST
    saving.put_away(playbook, by=office.who, door="page", at=timezone.now(), back=back)
    messages.success(request, _("Saved."))
    return redirect(address("playbooks", office))


def _one(request: HttpRequest, office: Office, playbook: AgencyPlaybook) -> HttpResponse:
    versions = list(playbook.versions.order_by("-number")[:50])
    asked = request.GET.get("version", "")
    chosen = next(
        (v for v in versions if str(v.number) == asked), versions[0] if versions else None
    )
    held = chosen.content["sections"] if chosen else {}
    pushes = PlaybookPush.objects.filter(version__playbook=playbook).select_related("version")
    return show(
        request, office, "agency/playbooks/one.html", "playbooks", playbook=playbook,
        versions=versions, chosen=chosen, pushes=pushes.order_by("-created_at")[:_SHOWN_PUSHES],
        holds=[
            (key, words.SECTION_NAMES[key], words.section_line(key, held[key]))
            for key in SECTIONS if key in held
        ],
    )  # fmt: skip


def _save(request: HttpRequest, office: Office, playbook: AgencyPlaybook | None) -> HttpResponse:
    post = request.POST
    chosen = [key for key in post.getlist("sections") if key in SECTIONS]
    business = office.agency.businesses.filter(pk=number_in(request, "business")).first()
    try:
        if business is None:
            raise saving.PlaybookError("business", _("Choose one of your businesses."))
        version, left_out = saving.save(
            office.agency, business, name=post.get("name", "")[:200],
            description=post.get("description", "")[:600], note=post.get("note", "")[:400],
            chosen=chosen, playbook=playbook, by=office.who, door="page", at=timezone.now(),
        )  # fmt: skip
    except saving.PlaybookError as wrong:
        return _form(request, office, playbook, {wrong.field: wrong.sentence}, 422)
    said = _("Saved as version %(number)s.") % {"number": version.number}
    messages.success(request, said)
    if left_out:
        told = [words.left_out(piece, why) for piece, why in left_out[:12]]
        messages.warning(request, " ".join(told))
    return redirect(address("playbook", office, version.playbook_id))


def _form(
    request: HttpRequest, office: Office, playbook: AgencyPlaybook | None,
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    post = request.POST if request.method == "POST" else None
    latest = playbook.versions.first() if playbook else None
    usual = set(latest.content["sections"]) if latest else set(SECTIONS)
    ticked = set(post.getlist("sections")) if post is not None else usual
    typed = {
        name: post.get(name, "") if post is not None else ""
        for name in ("name", "description", "note", "business")
    }
    return show(
        request, office, "agency/playbooks/save.html", "playbooks", status=status,
        playbook=playbook, typed=typed, errors=errors or {},
        sections=sections_of(SECTIONS, ticked),
        businesses=office.agency.businesses.exclude(stage=Stage.GONE).order_by("name"),
    )  # fmt: skip
