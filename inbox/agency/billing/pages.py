"""What each business costs this month, who pays and what is left; and the way to Stripe's own pages. Thin."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import checkout, stripe_api
from billing.checkout import LIVE, CheckoutError
from billing.margin import Money
from billing.models import AgencyAccount, Invoice, Payer, Plan, Subscription
from billing.spending import money_of_all
from billing.stripe_api import BillingOff, StripeProblem
from inbox.agency.billing.connecting import come_back, standing
from inbox.agency.frame import Office, address, for_owners, not_yours, office_page, show
from inbox.billing.paying import invoices_shown
from inbox.billing.words import money, since, state_of
from tenants.agencies import note
from tenants.cells import harmless
from tenants.models import Business, Stage

A_PAGE = 50
HEADINGS = (
    "id", "external_id", "business", "state", "plan", "payer", "texts", "turns", "spend_month",
    "client_pays_month", "margin_month", "budget", "budget_used_percent",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A business's month. used: percent of its budget, None without one."""

    business: Business
    ours: Subscription | None
    money: Money

    @property
    def used(self) -> int | None:
        """How much of its budget is used, in percent."""
        if self.ours is None or not self.ours.budget_cents:
            return None
        return round(100 * self.ours.used_cents / self.ours.budget_cents)


@require_http_methods(["GET", "POST"])
@office_page
def overview(request: HttpRequest, office: Office) -> HttpResponse:
    """Every business's month; POST sets the mark-up. A wrong one: 422."""
    if request.method == "GET":
        if request.GET.get("connect") == "done" and office.owns:
            come_back(office)
        account = AgencyAccount.objects.filter(agency=office.agency).first()
        kept = account.markup_percent if account else Decimal(0)
        return _page(request, office, f"{kept.normalize():f}", "")
    if not office.owns:
        return not_yours(request, office)
    typed = request.POST.get("markup", "").strip()[:20]
    percent = _percent(typed)
    if percent is None:
        return _page(request, office, typed, _("Write a share from 0 to 1000, such as 40."), 422)
    with transaction.atomic():
        AgencyAccount.objects.update_or_create(
            agency=office.agency, defaults={"markup_percent": percent}
        )
        note(
            office.agency, "billing.markup", actor=office.who, door="page", at=timezone.now(),
            percent=str(percent),
        )  # fmt: skip
    messages.success(request, _("Saved."))
    return redirect(address("billing", office))


@require_GET
@office_page
def export(request: HttpRequest, office: Office) -> HttpResponse:
    """The margin report: every business's month, as CSV; no cell is a formula to a spreadsheet."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="margin.csv"'
    writer = csv.writer(answer)
    writer.writerow(HEADINGS)
    count = 0
    for line in _lines(office, 0, 20_000):
        writer.writerow([harmless(str(cell)) for cell in _cells(line)])
        count += 1
    note(
        office.agency, "billing.export", actor=office.who, door="page", at=timezone.now(), rows=count
    )  # fmt: skip
    return answer


@require_POST
@office_page
@for_owners
def subscribe(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Open the checkout of a plan for a business, which the agency or its client pays."""
    business = office.business(business_id)
    plan = get_object_or_404(Plan, key=request.POST.get("plan", "")[:40], is_offered=True)
    payer = Payer.BUSINESS if request.POST.get("payer") == Payer.BUSINESS else Payer.AGENCY
    note(
        office.agency, "billing.checkout", actor=office.who, door="page", at=timezone.now(),
        business=business, name=plan.name, payer=payer.value,
    )  # fmt: skip
    return _to_stripe(
        request, office,
        lambda back: checkout.open_checkout(business, plan, payer, back_to=back, now=timezone.now()),
    )  # fmt: skip


@require_POST
@office_page
@for_owners
def manage(request: HttpRequest, office: Office, business_id: int) -> HttpResponse:
    """Open the payer's own pages at Stripe, where the agency is the payer."""
    business = office.business(business_id)
    get_object_or_404(Subscription, business=business, payer=Payer.AGENCY)
    return _to_stripe(
        request, office,
        lambda back: checkout.open_portal(business, back_to=back, now=timezone.now()),
    )  # fmt: skip


def _to_stripe(request: HttpRequest, office: Office, opened: Callable[[str], str]) -> HttpResponse:
    back = request.build_absolute_uri(address("billing", office))
    try:
        url = opened(back)
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
    except BillingOff:
        messages.error(request, _("Billing is switched off here."))
    except StripeProblem:
        messages.error(
            request, _("Stripe does not answer just now. Nothing was charged; try again.")
        )
    else:
        return show(request, office, "agency/billing_leaving.html", "billing", url=url)
    return redirect(address("billing", office))


def _page(
    request: HttpRequest, office: Office, typed: str, error: str, status: int = 200
) -> HttpResponse:
    raw = request.GET.get("page", "1")
    number = max(1, int(raw)) if raw.isascii() and raw.isdigit() and len(raw) < 6 else 1
    lines, now = list(_lines(office, (number - 1) * A_PAGE, A_PAGE + 1)), timezone.now()
    more = len(lines) > A_PAGE
    rows = [
        {
            "line": line, "state": state_of(line.ours, now), "since": since(line.ours),
            "is_live": bool(line.ours and line.ours.status in LIVE),
            "may_manage": bool(
                line.ours and line.ours.customer_id and line.ours.payer == Payer.AGENCY
            ),
            "spend": money(line.money.spend), "price": money(line.money.price),
            "margin": money(line.money.margin),
            "budget": money(line.ours.budget_cents)
            if line.ours and line.ours.budget_cents is not None else "",
        }
        for line in lines[:A_PAGE]
    ]  # fmt: skip
    every, account = _sum(office), AgencyAccount.objects.filter(agency=office.agency).first()
    return show(
        request, office, "agency/billing.html", "billing", status=status, rows=rows,
        typed=typed, error=error, plans=[
            (plan.key, plan.name, money(plan.monthly_cents, plan.currency))
            for plan in Plan.objects.filter(is_offered=True)
        ],
        is_on=stripe_api.is_on(), is_test=stripe_api.is_on() and stripe_api.is_test(),
        spend=money(every.spend), price=money(every.price), margin=money(every.margin),
        account=account, fee=f"{account.fee_percent.normalize():f}" if account and account.fee_percent else "",
        connect=standing(account), left=request.GET.get("checkout", ""),
        connected=request.GET.get("connect", ""),
        before=number - 1, after=number + 1 if more else 0,
        invoices=invoices_shown(Invoice.objects.filter(agency=office.agency)) if office.owns else [],
    )  # fmt: skip


def _lines(office: Office, first: int, count: int) -> Iterator[Line]:
    businesses = list(
        Business.objects.filter(agency=office.agency)
        .exclude(stage=Stage.GONE)
        .select_related("subscription__plan")
        .order_by("name", "pk")[first : first + count]
    )
    subscriptions = [each.subscription for each in businesses if hasattr(each, "subscription")]
    months = money_of_all(office.agency.pk, subscriptions, timezone.now())
    for business in businesses:
        ours = business.subscription if hasattr(business, "subscription") else None
        yield Line(business, ours, months.get(business.pk, Money()))


def _sum(office: Office) -> Money:
    subscriptions = list(
        Subscription.objects.filter(business__agency=office.agency)
        .exclude(business__stage=Stage.GONE)
        .select_related("plan")
    )
    months = money_of_all(office.agency.pk, subscriptions, timezone.now()).values()
    return Money(
        sum(each.ours for each in months), sum(each.spend for each in months),
        sum(each.price for each in months), sum(each.margin for each in months),
    )  # fmt: skip


def _cells(line: Line) -> tuple[object, ...]:
    ours, cents = line.ours, line.money
    return (
        line.business.pk, line.business.external_id, line.business.name,
        ours.status if ours else "none", ours.plan.key if ours else "", ours.payer if ours else "",
        ours.used_texts if ours else 0, ours.used_turns if ours else 0,
        f"{cents.spend / 100:.2f}", f"{cents.price / 100:.2f}", f"{cents.margin / 100:.2f}",
        "" if ours is None or ours.budget_cents is None else f"{ours.budget_cents / 100:.2f}",
        "" if line.used is None else line.used,
    )  # fmt: skip


def _percent(typed: str) -> Decimal | None:
    try:
        found = Decimal(typed.removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not found.is_finite() or not 0 <= found <= 1000 or found != round(found, 2):
        return None
    return found
