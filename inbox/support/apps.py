"""The page on which support ends an app of somebody else at all businesses. Thin."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from inbox.support.frame import person, show, support_page
from integrations.oauth import ending
from tenants.models import MarketplaceApp
from tenants.support_record import ReasonMissing

_SHOWN = 200


@require_http_methods(["GET", "POST"])
@support_page("give_access")
def end(request: HttpRequest, app_id: int) -> HttpResponse:
    """See what would end (GET), and end it (POST: reason)."""
    app = get_object_or_404(MarketplaceApp, pk=app_id)
    typed, problem, status = request.POST.get("reason", ""), "", 200
    if request.method == "POST":
        try:
            count = ending.end_everywhere(app.pk, person(request), typed, timezone.now())
        except ReasonMissing as missing:
            problem, status = str(missing), 422
        else:
            messages.success(request, f"{app} is ended, at {count} businesses.")
            return redirect("support-app", app.pk)
    found = ending.preview(app)
    return show(
        request, "app", f"End {app}", status=status, app=app, found=found, reason=typed,
        problem=problem, names=found.businesses[:_SHOWN],
        more=max(0, len(found.businesses) - _SHOWN),
    )  # fmt: skip
