"""Taking out what compliance, integrations and billing show. Thin; whoever may see the page may take its list."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from billing import tally
from inbox.billing.paying import invoices_of
from inbox.exports import machines, proofs
from inbox.exports.files import sent
from inbox.frame import business_of, governs, not_yours, owns
from inbox.settings.common import SECTION, not_for_you
from inbox.views import member_zone
from integrations.endpoints import Owner
from messaging.marks import mark_here
from messaging.numbers import normalise


@require_POST
@login_required
@never_cache
def texts(request: HttpRequest) -> HttpResponse:
    """The texts that wait and those that were kept back, as CSV."""
    if not governs(request):
        return not_yours(request, _not_yours(), "compliance")
    return sent(request, "texts", proofs.texts(member_zone(request), timezone.now()))


@require_POST
@login_required
@never_cache
def ledger(request: HttpRequest) -> HttpResponse:
    """What the ledger has of a number, as CSV. The number is posted: addresses are kept by browsers."""
    if not governs(request):
        return not_yours(request, _not_yours(), "compliance")
    typed = request.POST.get("number", "").strip()[:40]
    number = normalise(typed) if typed else ""
    if not number:
        messages.error(
            request, _("That is no phone number. Write it like (312) 555-0142 or +13125550142.")
        )
        return redirect("inbox:compliance-ledger")
    mark = mark_here(number)
    return sent(request, "ledger", proofs.ledger(mark), subject=mark)


@require_POST
@login_required
@never_cache
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what, as CSV."""
    if not governs(request):
        return not_yours(request, _not_yours(), "compliance")
    return sent(request, "audit", proofs.audit_log())


@require_POST
@login_required
@never_cache
def deliveries(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """What a webhook endpoint was told, as CSV."""
    if not governs(request):
        return not_for_you(request)
    owner = Owner(business=business_of(request))
    endpoint = get_object_or_404(owner.endpoints(), pk=endpoint_id)
    return sent(
        request, "deliveries", machines.deliveries(endpoint), endpoint=endpoint.shown_url
    )  # fmt: skip


@require_POST
@login_required
@never_cache
def requests(request: HttpRequest) -> HttpResponse:
    """What was asked with API keys, as CSV."""
    if not governs(request):
        return not_for_you(request)
    return sent(request, "requests", machines.requests(business_of(request)))


@require_POST
@login_required
@never_cache
def usage(request: HttpRequest) -> HttpResponse:
    """What each day of this month used, as CSV."""
    if not owns(request):
        return not_yours(request, _("Billing is an owner's."), SECTION)
    business = business_of(request)
    days = tally.use_by_day(business, timezone.now())
    used = [(business.pk, business.name, day.day, day.texts, day.turns) for day in days]
    return sent(request, "usage", machines.usage(used))


@require_POST
@login_required
@never_cache
def invoices(request: HttpRequest) -> HttpResponse:
    """The invoices that whoever asks may see, as CSV."""
    if not owns(request):
        return not_yours(request, _("Billing is an owner's."), SECTION)
    return sent(request, "invoices", machines.invoices(invoices_of(request)))


def _not_yours() -> str:
    return _("An owner or a manager takes lists out.")
