"""Support looks into a business as its members see it: the way there, the arrival, the end. Thin."""

from __future__ import annotations

from datetime import datetime

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from inbox.frame import business_of
from inbox.support.frame import person, show, support_page
from messaging import audit
from tenants import handoffs, support_record, visits
from tenants.handoffs import HandoffRefused
from tenants.models import Business, Handoff, Stage, SupportVisit
from tenants.support_record import ReasonMissing


@require_http_methods(["GET", "POST"])
@support_page("enter_business")
def visit(request: HttpRequest, business_id: int) -> HttpResponse:
    """Ask why (GET), and lead on into the business (POST: reason, to)."""
    business = get_object_or_404(Business.objects.select_related("agency"), pk=business_id)
    host = handoffs.host_of(business, ours=True)
    typed = request.POST.get("reason", "")
    to = handoffs.local(request.POST.get("to", "") or request.GET.get("to", "/"))
    problem, status, url = "", 200, ""
    if business.stage == Stage.GONE or not host:
        problem, status = "This business has no pages any more.", 409
    elif request.method == "POST":
        try:
            reason = support_record.reason_in(typed)
            token = handoffs.make(
                person(request), business, path=to, at=timezone.now(), reason=reason
            )
        except ReasonMissing as missing:
            problem, status = str(missing), 422
        except HandoffRefused:
            problem, status = "You have not the right to look into a business.", 403
        else:
            port = split_domain_port(request.get_host())[1]
            url = f"{request.scheme}://{host}{f':{port}' if port else ''}/enter/{token}/"
    recent = SupportVisit.objects.filter(business=business).select_related("user")
    return show(
        request, "visit", f"Look into {business.name}", status=status, business=business,
        url=url, to=to, reason=typed, problem=problem, recent=recent.order_by("-begun_at")[:10],
        minutes=int(visits.LASTS.total_seconds() // 60),
    )  # fmt: skip


def arrive(request: HttpRequest, way: Handoff, now: datetime) -> HttpResponse:
    """Begin a visit at the business's host, in the transaction that used its way up."""
    business = business_of(request)
    visit = visits.begin(way.user, business, way.reason, now)
    audit.note(
        "support.enter", actor=support_record.who(way.user), door="admin", at=now,
        subject=f"visit {visit.pk}",
        detail={"reason": visit.reason, "until": f"{visit.ends_at:%Y-%m-%d %H:%M} UTC"},
    )  # fmt: skip
    # Support may be signed in here for the business's tables: a visit has a session of its own.
    logout(request)
    get_adapter(request).login(request, way.user)
    request.session[visits.KEY] = visit.pk
    return redirect(way.path)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the visit this session is."""
    visit: SupportVisit | None = getattr(request, "visit", None)
    business, now = business_of(request), timezone.now()
    if visit is not None:
        with transaction.atomic():
            if visits.end(visit, now):
                audit.note(
                    "support.leave", actor=support_record.who(visit.user), door="admin", at=now,
                    subject=f"visit {visit.pk}",
                )  # fmt: skip
        logout(request)
    context = {"business": business, "support": f"{settings.PUBLIC_BASE_URL}/admin/find/"}
    return render(request, "visit/over.html", context)
