"""Who pays for a business, and so opens his own pages at Stripe and sees what he was charged."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from billing.checkout import LIVE, CheckoutError, account_for
from billing.models import Invoice, Payer, Subscription
from inbox.billing import words
from inbox.frame import business_of, not_yours
from inbox.settings.common import SECTION, role
from tenants.models import Business, Role

_SHOWN = 24


def payer_here(request: HttpRequest) -> Payer:
    """Return for whom an owner who asks here pays: an agency's for the agency, else for the business."""
    return Payer.AGENCY if role(request) == Role.AGENCY_OWNER else Payer.BUSINESS


def pays(request: HttpRequest, ours: Subscription | None) -> bool:
    """Whether an owner who asks is on the side that is charged; before anybody is, both may begin."""
    return ours is None or not ours.customer_id or ours.payer == payer_here(request)


def may_begin(request: HttpRequest, ours: Subscription | None) -> bool:
    """Whether an owner who asks may choose a plan, and so see what plans cost.

    An agency may for each of its clients. Its client may where he is the one who pays: where the agency
    sells to its clients by itself, or has opened a checkout for him. Our prices are no matter of others'.
    """
    payer = payer_here(request)
    if ours is not None and ours.status in LIVE:
        return ours.payer == payer
    if payer == Payer.AGENCY or (ours is not None and ours.payer == Payer.BUSINESS):
        return True
    try:
        return bool(account_for(business_of(request), payer))
    except CheckoutError:
        return False


def sees_money(request: HttpRequest, ours: Subscription) -> bool:
    """Whether what is used may be shown in money: to the agency, and to a business that pays itself."""
    return payer_here(request) == Payer.AGENCY or ours.payer == Payer.BUSINESS


def invoices_of(request: HttpRequest) -> QuerySet[Invoice]:
    """Return the invoices an owner may see: what its agency is charged is the agency's alone."""
    found = Invoice.objects.filter(business=business_of(request))
    return found if payer_here(request) == Payer.AGENCY else found.filter(agency__isnull=True)


def invoices_shown(found: QuerySet[Invoice]) -> list[dict[str, Any]]:
    """Return the newest invoices as templates/components/invoices.html shows them."""
    return [
        {"row": row, "state": words.invoice_state(row.status),
         "total": words.money(row.total_cents, row.currency)}
        for row in found.select_related("business").order_by("-issued_at")[:_SHOWN]
    ]  # fmt: skip


def due_of(found: QuerySet[Invoice]) -> dict[str, Any] | None:
    """Return the oldest invoice that waits to be paid, with the address at Stripe's where it is."""
    row = found.filter(status="open").exclude(hosted_url="").order_by("issued_at").first()
    return {"row": row, "total": words.money(row.total_cents, row.currency)} if row else None


def payer_name(request: HttpRequest, ours: Subscription | None) -> str:
    """Return who is charged as whoever asks knows them: "" for himself, and before anybody is."""
    if ours is None or pays(request, ours):
        return ""
    business = business_of(request)
    return business.name if ours.payer == Payer.BUSINESS else agency_name(business)


def agency_name(business: Business) -> str:
    """Return what a business's people know its agency by."""
    return business.agency.brand_name or business.agency.name


def paid_by_other(request: HttpRequest) -> HttpResponse:
    """Answer 403: a card, a plan and invoices are the payer's alone."""
    return not_yours(request, _("Somebody else pays for this. Whoever pays changes it."), SECTION)
