"""Overview, policy, and the texts that wait or were kept back. Thin: reading reads, verbs write."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.compliance import reading
from inbox.frame import actor, business_of, frame, governs, not_yours
from inbox.views import member_zone
from messaging import alerts, audit, policies
from messaging.models import Alert, Policy
from messaging.policies import SWITCHES, PolicyError
from tenants import postures
from tenants.models import Business

_NUMBERS = ("message_months", "recording_days")
_COUNTRIES = (("US", "United States"), ("CA", "Canada"))
_VERSIONS = 10


@require_GET
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """What needs somebody, and how things stand."""
    member_zone(request)
    now, business = timezone.now(), business_of(request)
    bars = reading.reasons(now)
    context = frame(
        request,
        "compliance",
        "overview",
        alerts=reading.alerts(),
        held_count=reading.held_count(),
        blocked_count=sum(bar.count for bar in bars),
        posture=postures.POSTURES[_posture_in_force(business, policies.latest())],
        lines=reading.lines(business.pk),
        days=reading.DAYS,
    )
    return render(request, "inbox/compliance/overview.html", context)


@require_POST
@login_required
def alert_done(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Somebody has dealt with an alert. Once more is no error."""
    alert = get_object_or_404(Alert, pk=alert_id)
    now = timezone.now()
    with transaction.atomic():
        open_still = alert.resolved_at is None
        if open_still and alerts.resolve(alert.code, alert.subject, by=actor(request), at=now):
            audit.note(
                "alert.resolve", actor=actor(request), door="page", at=now,
                subject=str(alert.contact_id or ""), detail={"alert": alert.pk, "code": alert.code},
            )  # fmt: skip
    return redirect("inbox:compliance")


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def policy(request: HttpRequest) -> HttpResponse:
    """The business's choices. A wrong one: 422, its field named and what was typed kept."""
    member_zone(request)
    stored = policies.latest()
    if request.method == "GET":
        return _policy_page(request, stored, _stored_values(business_of(request), stored))
    if not governs(request):
        return not_yours(request, "The policy is changed by an owner or a manager.")
    typed = _typed(request)
    changes, errors = _changes(typed)
    if errors:
        return _policy_page(request, stored, typed, errors, status=422)
    try:
        now = timezone.now()
        saved = policies.save(business_of(request), changes, by=actor(request), door="page", at=now)
    except PolicyError as wrong:
        return _policy_page(request, stored, typed, {wrong.field: wrong.sentence}, status=422)
    told = "Nothing was changed."
    if saved.pk != stored.pk:
        told = "Saved. Texts that wait are being asked again under the new policy."
    messages.success(request, told)
    return redirect("inbox:compliance-policy")


@require_GET
@login_required
@never_cache
def texts(request: HttpRequest) -> HttpResponse:
    """Texts that wait, and texts that were kept back, each with why."""
    zone = member_zone(request)
    now = timezone.now()
    bars = reading.reasons(now)
    context = frame(
        request,
        "compliance",
        "texts",
        held=reading.held(zone, now),
        held_count=reading.held_count(),
        blocked=reading.blocked(now),
        bars=bars,
        blocked_count=sum(bar.count for bar in bars),
        days=reading.DAYS,
    )
    return render(request, "inbox/compliance/texts.html", context)


def _posture_in_force(business: Business, stored: Policy) -> str:
    return postures.stricter(stored.posture, business.agency.posture_floor)


def _stored_values(business: Business, stored: Policy) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(stored, name) for name, *_ in SWITCHES}
    values |= {name: str(getattr(stored, name)) for name in _NUMBERS}
    return values | {
        "posture": _posture_in_force(business, stored),
        "countries": list(stored.countries),
    }


def _typed(request: HttpRequest) -> dict[str, Any]:
    """Return the form as it was sent; numbers stay as they were typed."""
    values: dict[str, Any] = {name: request.POST.get(name) == "on" for name, *_ in SWITCHES}
    values |= {name: request.POST.get(name, "").strip()[:20] for name in _NUMBERS}
    return values | {
        "posture": request.POST.get("posture", ""),
        "countries": request.POST.getlist("countries"),
    }


def _changes(typed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the verb takes, and by field each that is no number."""
    changes, errors = dict(typed), {}
    for name in _NUMBERS:
        if typed[name].isascii() and typed[name].isdigit() and len(typed[name]) < 7:
            changes[name] = int(typed[name])
        else:
            errors[name] = "expected a whole number"
    return changes, errors


def _policy_page(
    request: HttpRequest, stored: Policy, values: dict[str, Any],
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    errors = errors or {}
    floor = business_of(request).agency.posture_floor
    order = list(postures.POSTURES)
    context = frame(
        request,
        "compliance",
        "policy",
        stored=stored,
        versions=list(Policy.objects.order_by("-pk")[:_VERSIONS]),
        errors=errors,
        values=values,
        postures=[
            {
                "posture": posture,
                "chosen": values["posture"] == key,
                "barred": order.index(key) < order.index(floor),
            }
            for key, posture in postures.POSTURES.items()
        ],
        floor=postures.POSTURES[floor],
        switches=[
            {"name": n, "label": label, "why": why, "rule": rule, "on": values[n], "error": errors.get(n)}
            for n, label, why, rule in SWITCHES
        ],
        countries=[
            {"code": code, "name": name, "on": code in values["countries"]}
            for code, name in _COUNTRIES
        ],
    )  # fmt: skip
    return render(request, "inbox/compliance/policy.html", context, status=status)
