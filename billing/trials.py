"""Trying the product before anything was begun at Stripe."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing import stripe_api
from billing.models import Plan, Status, Subscription
from tenants.models import Business


def begin_trial(business: Business, *, now: datetime, plan: Plan | None = None) -> bool:
    """Let a business try the product for as long as its plan says; whether it begins now (aware).

    Once for each business, and only where this installation bills. plan: the first that is offered
    where none was chosen yet. What may be done in a trial and after it: billing/entitlements.py.
    """
    plan = plan or Plan.objects.filter(is_offered=True).first()
    if plan is None or not stripe_api.is_on():
        return False
    ends = now + timedelta(days=plan.trial_days)
    _, is_new = Subscription.objects.get_or_create(
        business=business, defaults={"plan": plan, "trial_end": ends}
    )
    if is_new:
        return True
    # A checkout that was opened and left before the business went live made the row: it tries from now.
    never = Subscription.objects.filter(
        business=business, status=Status.NONE, subscription_id="", trial_end=None
    )
    return bool(never.update(trial_end=ends))


def went_live(business: Business, now: datetime) -> None:
    """A business went live (settings.BUSINESS_LIVE_HANDLERS); while it was set up it did not try yet."""
    begin_trial(business, now=now)
