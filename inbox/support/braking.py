"""The page of the platform's brake. Thin."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from inbox.support import watching
from inbox.support.frame import may, person, show, support_page
from tenants import brakes
from tenants.brakes import BrakeError
from tenants.models import PlatformBrake
from tenants.support_record import ReasonMissing

_LARGEST = 9  # digits


@require_http_methods(["GET", "POST"])
@support_page()
def brake(request: HttpRequest) -> HttpResponse:
    """See this hour against the limits; POST act=set (texts, dollars, hours, reason) or act=lift (reason)."""
    now, problems, status = timezone.now(), {}, 200
    if request.method == "POST":
        if not may(request, "move_brakes"):
            problems, status = {"": "You have not the right to move the platform's brake."}, 403
        else:
            problems = _moved(request)
            status = 422
        if not problems:
            return redirect("support-brake")
    typed = {name: request.POST.get(name, "") for name in ("texts", "dollars", "hours", "reason")}
    return show(
        request, "brake", "Platform's brake", status=status, hour=watching.brake(now), typed=typed,
        problems=problems, past=PlatformBrake.objects.all()[:20], now=now,
    )  # fmt: skip


def _moved(request: HttpRequest) -> dict[str, str]:
    """Do what was asked for; returns what stands against it, by field."""
    now, who, reason = timezone.now(), person(request), request.POST.get("reason", "")
    try:
        if request.POST.get("act") == "lift":
            if brakes.lift(who, reason=reason, at=now):
                messages.success(request, "The reckoned limits count again.")
            return {}
        texts, dollars, hours = (_whole(request, name) for name in ("texts", "dollars", "hours"))
        brakes.move(who, texts=texts, cents=100 * dollars, hours=hours, reason=reason, at=now)
    except BrakeError as error:
        return {{"cents": "dollars"}.get(error.field, error.field): error.sentence.capitalize()}
    except ReasonMissing as missing:
        return {missing.field: str(missing)}
    messages.success(request, "The brake stands as you set it.")
    return {}


def _whole(request: HttpRequest, name: str) -> int:
    typed = request.POST.get(name, "").strip().replace(",", "")
    if not typed.isascii() or not typed.isdecimal() or len(typed) > _LARGEST:
        raise BrakeError(name, "expected a whole number")
    return int(typed)
