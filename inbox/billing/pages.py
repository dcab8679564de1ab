"""Billing under Settings: where the subscription stands, plans, budget, use by day, invoices. Thin.

To Stripe leads a link on a page of ours: our pages' forms may not end on another site.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from billing import budget, checkout, selling, stripe_api, tally
from billing.checkout import LIVE, CheckoutError
from billing.models import Plan, Subscription
from billing.services import allowance
from billing.stripe_api import StripeProblem
from inbox.billing import words
from inbox.billing.paying import (
    agency_name,
    due_of,
    invoices_of,
    invoices_shown,
    may_begin,
    paid_by_other,
    payer_here,
    payer_name,
    pays,
    sees_money,
)
from inbox.frame import business_of, not_yours, owns
from inbox.settings.common import SECTION, note, show
from tenants.models import Business


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Everything about money of this business; POST sets its budget. A wrong entry: 422, named."""
    if not owns(request):
        return not_yours(request, _("Billing is an owner's."), SECTION)
    business = business_of(request)
    if request.method == "GET":
        ours = _ours(business)
        cents = ours.budget_cents if ours else None
        typed = {
            "budget": "" if cents is None else f"{cents / 100:.2f}",
            "stops": ours is not None and ours.budget_stops,
        }
        return _page(request, business, typed, {})
    ours = _ours(business)
    if ours is not None and not sees_money(request, ours):
        return paid_by_other(request)
    typed = {
        "budget": request.POST.get("budget", "").strip()[:20], "stops": "stops" in request.POST
    }  # fmt: skip
    try:
        limit = _cents(str(typed["budget"]))
        with transaction.atomic():
            tally.set_budget(business, limit, stops=bool(typed["stops"]))
            note(request, "billing.budget", cents=limit, stops=typed["stops"])
    except ValueError as wrong:
        field = "stops" if str(wrong).startswith("budget_stops") else "budget"
        sentences = {
            "budget": _("Write an amount in dollars, such as 50, or leave it empty for no budget."),
            "stops": _("Say first how much: without a budget nothing can be reached."),
        }
        return _page(request, business, typed, {field: sentences[field]}, status=422)
    messages.success(request, _("Saved."))
    return redirect("inbox:settings-billing")


def _cents(typed: str) -> int | None:
    if not typed:
        return None
    try:
        amount = Decimal(typed.removeprefix("$").replace(",", ""))
    except InvalidOperation:
        raise ValueError("budget_cents: not an amount") from None
    if not amount.is_finite() or amount != round(amount, 2):
        raise ValueError("budget_cents: not an amount")
    return int(amount * 100)


@require_POST
@login_required
@never_cache
def subscribe(request: HttpRequest, key: str) -> HttpResponse:
    """Open the checkout of a plan."""
    if not owns(request):
        return not_yours(request, _("Billing is an owner's."), SECTION)
    plan = get_object_or_404(Plan, key=key, is_offered=True)
    if not may_begin(request, _ours(business_of(request))):
        return paid_by_other(request)
    return _to_stripe(
        request,
        lambda back: checkout.open_checkout(
            business_of(request), plan, payer_here(request), back_to=back, now=timezone.now()
        ),
    )


@require_POST
@login_required
@never_cache
def manage(request: HttpRequest) -> HttpResponse:
    """Open the payer's own pages: card, addresses, cancelling."""
    if not owns(request):
        return not_yours(request, _("Billing is an owner's."), SECTION)
    if not pays(request, _ours(business_of(request))):
        return paid_by_other(request)
    return _to_stripe(
        request,
        lambda back: checkout.open_portal(business_of(request), back_to=back, now=timezone.now()),
    )


def _to_stripe(request: HttpRequest, address: Any) -> HttpResponse:
    back = request.build_absolute_uri(reverse("inbox:settings-billing"))
    try:
        url = address(back)
    except CheckoutError as wrong:
        sentence = {
            "plan": _("This plan is no longer offered."),
            "payer": _("Nobody to charge was chosen."),
            "account": _("Stripe is checking"),
        }.get(
            wrong.field,
            _("A payment is on its way or another checkout is open. Look again in a minute."),
        )
        messages.error(request, sentence)
    except StripeProblem:
        messages.error(
            request, _("Stripe does not answer just now. Nothing was charged; try again.")
        )
    else:
        return show(request, "billing", "billing_leaving", url=url)
    return redirect("inbox:settings-billing")


def _ours(business: Business) -> Subscription | None:
    return Subscription.objects.select_related("plan").filter(business=business).first()


def _page(
    request: HttpRequest, business: Business, typed: dict[str, Any], errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    now, ours = timezone.now(), _ours(business)
    charged = invoices_of(request)
    days = tally.use_by_day(business, now)
    month = budget.month_of(now, ZoneInfo(business.timezone))
    texts, turns = sum(day.texts for day in days), sum(day.turns for day in days)
    prices = selling.price_of(ours).use if ours else budget.Prices()
    ahead = budget.forecast(texts, turns, prices, month, now)
    found = allowance(business.pk, now, fresh=True)
    plans = [] if ours and ours.status in LIVE else _offered(request, business, ours)
    mine, is_live = pays(request, ours), bool(ours and ours.status in LIVE)
    return show(
        request, "billing", "billing", status,
        is_on=stripe_api.is_on(), is_test=stripe_api.is_on() and stripe_api.is_test(), ours=ours,
        state=words.state_of(ours, now), ends=words.what_ends(found), why=words.why(found.code),
        code=found.code, is_owed=found.code in ("PAST_DUE", "UNPAID", "PAUSED", "INCOMPLETE"),
        mine=mine, payer=payer_name(request, ours), due=due_of(charged) if mine else None,
        changes_at=found.changes_at, is_live=is_live,
        others=_cards(ours.account_id, but=ours.plan_id) if ours and mine and is_live else [],
        may_manage=bool(mine and ours and ours.customer_id), left=request.GET.get("checkout", ""),
        plans=plans, arranged="" if is_live or may_begin(request, ours) else agency_name(business),
        sees_money=ours is not None and sees_money(request, ours),
        texts=texts, turns=turns, cents=words.money(budget.cost(texts, turns, prices)),
        ahead=ahead, ahead_cents=words.money(ahead.cents), month=month.first,
        bars=words.bars(days), base=words.BASE, width=words.WIDTH, height=words.HEIGHT,
        invoices=invoices_shown(charged), typed=typed, errors=errors,
    )  # fmt: skip


def _offered(
    request: HttpRequest, business: Business, ours: Subscription | None
) -> list[dict[str, Any]]:
    """Return the plans whoever asks may choose from, at the price he would pay."""
    if not may_begin(request, ours):
        return []
    try:
        return _cards(checkout.account_for(business, payer_here(request)))
    except CheckoutError:
        return []


def _cards(account: str, but: int = 0) -> list[dict[str, Any]]:
    """Return what is offered on an account, but the plan with an id."""
    plans = Plan.objects.filter(is_offered=True).exclude(pk=but)
    return [words.card(plan, selling.price_on(plan, account)) for plan in plans]
