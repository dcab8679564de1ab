"""The pages of one call's or one text's chain. Masked, but for whoever says why he must see it all."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from inbox.support.frame import may, person, show, support_page
from inbox.support.tracing import Trace, trace_call, trace_text
from messaging import audit
from tenants import handoffs, support_record
from tenants.admin.businesses import host_address
from tenants.models import Business
from tenants.scope import business_scope
from tenants.support_record import ReasonMissing


@require_http_methods(["GET", "POST"])
@support_page()
def call(request: HttpRequest, business_id: int, call_id: int) -> HttpResponse:
    """Show a call's chain (POST with a reason: in full)."""
    return _page(request, business_id, call_id=call_id)


@require_http_methods(["GET", "POST"])
@support_page()
def text(request: HttpRequest, business_id: int, text_id: UUID) -> HttpResponse:
    """Show a text's chain (POST with a reason: in full)."""
    return _page(request, business_id, text_id=text_id)


def _page(
    request: HttpRequest, business_id: int, call_id: int = 0, text_id: UUID | None = None
) -> HttpResponse:
    business = get_object_or_404(Business.objects.select_related("agency"), pk=business_id)
    now = timezone.now()
    full, problem, status = False, "", 200
    typed = request.POST.get("reason", "")
    if request.method == "POST":
        if not may(request, "see_numbers"):
            problem, status = "You have not the right to see numbers and words in full.", 403
        else:
            try:
                reason = support_record.reason_in(typed)
            except ReasonMissing as missing:
                problem, status = str(missing), 422
            else:
                full = True
    if text_id is not None:
        trace = trace_text(business, str(text_id), full=full, now=now)
    else:
        trace = trace_call(business, call_id, full=full, now=now)
    if trace is None:
        raise Http404
    if full:
        _recorded(request, trace, reason)
    return show(
        request,
        "trace",
        trace.title,
        status=status,
        trace=trace,
        full=full,
        reason=typed,
        problem=problem,
        host=_host(business),
    )


def _host(business: Business) -> str:
    host = handoffs.host_of(business, ours=True)
    return host_address(host, "/admin/") if host else ""


def _recorded(request: HttpRequest, trace: Trace, reason: str) -> None:
    """On both floors, in one transaction: support's record, and the business's own audit log."""
    now, user = timezone.now(), person(request)
    with transaction.atomic():
        support_record.note(
            user, "trace.full", at=now, business=trace.business,
            subject=f"{trace.kind} {trace.pk}", reason=reason,
        )  # fmt: skip
        with business_scope(trace.business.schema_name):
            audit.note(
                "support.trace", actor=support_record.who(user), door="admin", at=now,
                subject=f"{trace.kind} {trace.pk}", detail={"reason": reason},
            )  # fmt: skip
