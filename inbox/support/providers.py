"""The pages of providers: one business's numbers, compared and repaired; and how providers do as a whole."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from inbox.support import registering, repairing, watching
from inbox.support.frame import may, person, show, support_page
from messaging.models import Alert
from messaging.senders.steps import SenderError
from tenants import support_record
from tenants.models import Business, PhoneNumber, ProviderStep, RegistrationChange
from tenants.scope import business_scope
from tenants.support_record import ReasonMissing


@require_http_methods(["GET", "POST"])
@support_page()
def business(request: HttpRequest, business_id: int) -> HttpResponse:
    """One business at its providers. POST act=ask: what they say; act=repair and act=join (number,
    reason): set right, joined to its campaign again."""
    mine = get_object_or_404(Business.objects.select_related("agency"), pk=business_id)
    lines = repairing.lines_of(mine)
    checked, problem, status = None, "", 200
    typed = request.POST.get("reason", "")
    act = request.POST.get("act", "")
    if act in ("repair", "join"):
        problem, status = _repair(request, mine, lines, typed)
        if not problem:
            return redirect("support-provider", business_id)
    if act in ("ask", "repair", "join"):
        checked = [(repairing.check(line), registering.check(line)) for line in lines]
        support_record.note(
            person(request), "provider.ask", at=timezone.now(), business=mine, lines=len(lines)
        )
    with business_scope(mine.schema_name):
        alerts = list(Alert.objects.filter(resolved_at=None).order_by("-raised_at")[:20])
    return show(
        request,
        "provider",
        f"{mine.name} at its providers",
        status=status,
        business=mine,
        lines=lines,
        checked=checked,
        problem=problem,
        reason=typed,
        number=request.POST.get("number", ""),
        alerts=[(alert.code, alert.raised_at) for alert in alerts],
        steps=list(ProviderStep.objects.filter(business=mine).order_by("-created_at")[:25]),
        changes=list(
            RegistrationChange.objects.filter(number__business=mine).select_related("number")[:10]
        ),
        heard=watching.last_heard(mine.pk),
    )


def _repair(
    request: HttpRequest, mine: Business, lines: list[PhoneNumber], typed: str
) -> tuple[str, int]:
    """Ask for a repair; returns what stands against it ('' for nothing) and the answer's status."""
    if not may(request, "repair_provider"):
        return "You have not the right to change settings at a provider.", 403
    line = next((n for n in lines if str(n.pk) == request.POST.get("number", "")), None)
    if line is None:
        return "This business has no such number.", 404
    try:
        with business_scope(mine.schema_name):
            if request.POST["act"] == "join":
                registering.join(line, person(request), typed, timezone.now())
            else:
                repairing.want(line, person(request), typed, timezone.now())
    except ReasonMissing as missing:
        return str(missing), 422
    except SenderError as wrong:
        return f"{line.e164}: {wrong.sentence}.", 422
    messages.success(request, f"{line.e164} is being set right. What came of it stands below.")
    return "", 200


@require_GET
@support_page()
def overview(request: HttpRequest) -> HttpResponse:
    """How providers do: last webhooks, what fails lately, what waits, limits."""
    now = timezone.now()
    return show(
        request,
        "providers",
        "Provider health",
        seen=watching.of_providers(now),
        errors=watching.errors(),
        lanes=watching.lanes(now),
        worst=watching.worst(),
        silent=watching.silent(now, timedelta(days=2)),
        newest=watching.NEWEST,
        brake=watching.brake(now),
    )
