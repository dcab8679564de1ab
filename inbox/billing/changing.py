"""Another plan for a subscription that runs: what it would cost, and one press. Thin."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing import changing, selling
from billing.changing import ChangeError
from billing.models import Plan, Subscription
from billing.stripe_api import StripeProblem
from inbox.billing import words
from inbox.billing.paying import paid_by_other, pays
from inbox.frame import business_of, not_yours, owns
from inbox.settings.common import SECTION, note, show


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Show what a plan would cost; POST changes to it at the price that was shown."""
    if not owns(request):
        return not_yours(request, _("Billing is an owner's."), SECTION)
    business, now = business_of(request), timezone.now()
    if not pays(request, Subscription.objects.filter(business=business).first()):
        return paid_by_other(request)
    plan = get_object_or_404(Plan, key=key, is_offered=True)
    try:
        if request.method == "POST":
            changing.change(business, plan, at=_moment(request.POST.get("at", "")), now=now)
            note(request, "billing.plan", plan=plan.key)
            messages.success(
                request, _("The plan is changed. It can take a minute until it shows.")
            )
            return redirect("inbox:settings-billing")
        found = changing.preview(business, plan, now)
    except ChangeError as wrong:
        said = {
            "plan": _("This plan cannot be chosen, or is yours already."),
            "subscription": _("No subscription runs. Choose a plan first."),
            "at": _("This price was shown too long ago. Look at it once more."),
        }
        messages.error(request, said[wrong.field])
        return redirect("inbox:settings-billing")
    except StripeProblem:
        messages.error(
            request, _("Stripe does not answer just now. Nothing was charged; try again.")
        )
        return redirect("inbox:settings-billing")
    ours = Subscription.objects.select_related("plan").get(business=business)
    price, old = selling.price_on(plan, ours.account_id), selling.price_of(ours)
    return show(
        request, "billing", "billing_change", ours=ours, plan=plan, card=words.card(plan, price),
        price=words.money(price.monthly, price.currency),
        old_price=words.money(old.monthly, old.currency),
        difference=words.money(abs(found.difference), found.currency),
        is_credit=found.difference < 0,
        next_total=words.money(found.next_total, found.currency), at=int(found.at.timestamp()),
    )  # fmt: skip


def _moment(typed: str) -> datetime:
    """Return the moment of a preview; a number nobody was shown is one of long ago."""
    seconds = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 12 else 0
    return datetime.fromtimestamp(seconds, UTC)
