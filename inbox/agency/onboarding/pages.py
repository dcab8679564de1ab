"""The wizard's pages: beginning a business, and one step at a time. Thin."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from inbox.agency.frame import Office, address, office_page, show
from inbox.agency.onboarding import (
    consent,
    facts,
    live,
    number,
    playbook,
    registration,
    team,
    trial,
)
from inbox.agency.onboarding.desk import Desk, desk_of, first_open, steps_of
from inbox.agency.onboarding.words import kinds
from tenants import drafts
from tenants.making import OnboardingError, zones
from tenants.models import Business, Stage
from tenants.publish_rules import STEPS

_STEPS: dict[str, tuple[Callable[[Desk], HttpResponse], Callable[[Desk], HttpResponse]]] = {
    "facts": (facts.page, facts.save),
    "playbook": (playbook.page, playbook.save),
    "number": (number.page, number.save),
    "consent": (consent.page, consent.save),
    "registration": (registration.page, registration.save),
    "team": (team.page, team.save),
    "test": (trial.page, trial.save),
    "live": (live.page, live.save),
}
_DRAFTS_SHOWN = 50


@require_http_methods(["GET", "POST"])
@office_page
def start(request: HttpRequest, office: Office) -> HttpResponse:
    """Drafts one can go on with, and the few words a new business begins with."""
    if request.method == "GET":
        return _start(request, office, {"timezone": office.agency.timezone}, {})
    typed = {name: request.POST.get(name, "")[:200] for name in ("name", "playbook", "timezone")}
    name = " ".join(typed["name"].split())
    same = _drafts(office).filter(name__iexact=name).first()
    if same is not None:
        # A second click, or a second try: one goes on with what is there.
        messages.info(request, _("“%(name)s” was begun already: go on here.") % {"name": same.name})
        return redirect(address("onboarding-go", office, same.pk))
    try:
        business, _new = drafts.make_draft(
            office.agency, name=name, zone=typed["timezone"], playbook=typed["playbook"],
            by=office.who, door="page", at=timezone.now(),
        )  # fmt: skip
    except OnboardingError as wrong:
        said = {
            "name": _("Give the name as its customers know it, at most 120 characters."),
            "timezone": _("Choose a time zone of the list, such as America/Chicago."),
            "playbook": _("Choose what kind of business it is."),
        }
        errors = {wrong.field: said.get(wrong.field, wrong.sentence)}
        return _start(request, office, typed, errors, 422)
    return redirect(address("onboarding-step", office, business.pk, STEPS[0]))


@require_GET
@office_page
def go_on(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Go to the first step that wants something."""
    desk = desk_of(request, office, business_id, "live")
    return redirect(desk.url(first_open(desk.gaps, desk.business.stage)))


@require_http_methods(["GET", "POST"])
@office_page
def step(request: HttpRequest, office: Office, business_id: int, step: str) -> HttpResponse:
    """One step. One that a live business has no more leads to the last one, which says so."""
    if step not in _STEPS:
        raise Http404
    desk = desk_of(request, office, business_id, step)
    if step not in steps_of(desk.business.stage):
        return redirect(desk.url("live"))
    page, save = _STEPS[step]
    return page(desk) if request.method == "GET" else save(desk)


def _drafts(office: Office):  # type: ignore[no-untyped-def]
    found = Business.objects.filter(agency=office.agency, stage=Stage.DRAFT)
    return found.order_by("-created_at")


def _start(
    request: HttpRequest, office: Office, typed: dict[str, str], errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    return show(
        request, office, "agency/onboarding/start.html", "businesses", status=status, typed=typed,
        errors=errors, kinds=kinds(), zones=sorted(zones()), common=COMMON_ZONES,
        drafts=_drafts(office)[:_DRAFTS_SHOWN],
    )  # fmt: skip


COMMON_ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
    "America/Toronto", "America/Vancouver",
)  # fmt: skip
