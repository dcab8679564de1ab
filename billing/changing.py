"""Another plan for a subscription that runs: what it would cost, and the change itself.

Stripe reckons both, from the same moment: what the payer was shown is what he is charged. The items
of the subscription are read anew each time, so a change that was made meanwhile is not undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from billing import catalogue, numbers, selling, stripe_api
from billing.checkout import LIVE
from billing.models import Plan, Subscription
from tenants import agenda
from tenants.models import Business

# So long a price that was shown is charged.
SHOWN_FOR = timedelta(hours=1)


class ChangeError(ValueError):
    """A change that cannot be made; `field` names what stands in the way: plan, subscription or at."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would cost. Cents; `difference` is on the next invoice, below 0 a credit; at: the
    moment (aware) it was reckoned for.
    """

    plan: Plan
    difference: int
    next_total: int
    currency: str
    at: datetime


def preview(business: Business, plan: Plan, now: datetime) -> Preview:
    """Ask Stripe what a change to a plan would cost at `now` (aware). In no transaction.

    Raises ChangeError, BillingOff, StripeProblem.
    """
    ours = _running(business, plan)
    at = now.replace(microsecond=0)
    shown = stripe_api.ask(
        "invoices.create_preview",
        params={
            "customer": ours.customer_id,
            "subscription": ours.subscription_id,
            "subscription_details": _wanted(ours, plan, at),
        },
        account=ours.account_id,
    )
    lines = shown["lines"]["data"]
    difference = sum(line["amount"] for line in lines if _is_proration(line))
    return Preview(plan, difference, shown["total"], shown["currency"], at)


def change(business: Business, plan: Plan, *, at: datetime, now: datetime) -> None:
    """Change a running subscription to a plan, reckoned from `at`, which a preview named. In no transaction.

    Done twice it is done once. Raises ChangeError (field at: shown too long ago), BillingOff, StripeProblem.
    """
    if not now - SHOWN_FOR <= at <= now + timedelta(minutes=1):
        raise ChangeError("at", "this price was shown too long ago")
    ours = _running(business, plan)
    wanted = _wanted(ours, plan, at)
    stripe_api.ask(
        "subscriptions.update", ours.subscription_id, params=wanted, account=ours.account_id,
        key=f"plan:{ours.subscription_id}:{plan.key}:{int(at.timestamp())}",
    )  # fmt: skip
    with transaction.atomic():
        agenda.put(
            "billing.refresh", f"{ours.account_id}|subscription|{ours.subscription_id}",
            lane="housekeeping", business_id=None, due_at=now,
        )  # fmt: skip


def _running(business: Business, plan: Plan) -> Subscription:
    if not plan.is_offered:
        raise ChangeError("plan", "this plan is no longer offered")
    ours = Subscription.objects.select_related("plan").filter(business=business).first()
    if ours is None or not ours.subscription_id or ours.status not in LIVE:
        raise ChangeError("subscription", "this business has no subscription that runs")
    if ours.plan_id == plan.pk:
        raise ChangeError("plan", "this business has this plan already")
    return ours


def _wanted(ours: Subscription, plan: Plan, at: datetime) -> dict[str, Any]:
    """Return what Stripe is asked for: each item's new price, what is new, and what ends."""
    plan = selling.sell(plan, at)
    listed = catalogue.listed(plan, ours.account_id)
    shown = stripe_api.ask("subscriptions.retrieve", ours.subscription_id, account=ours.account_id)
    more = numbers.further(ours.business_id, plan)
    wanted: dict[str, dict[str, Any]] = {"monthly": {"price": listed.price, "quantity": 1}}
    if more:
        wanted["number"] = {"price": listed.number, "quantity": more}
    # A metered price takes no quantity (telephony.md 5.2).
    wanted |= {part: {"price": price} for part, price in listed.meters.items()}
    items: list[dict[str, Any]] = []
    for item in shown["items"]["data"]:
        part = (item["price"].get("metadata") or {}).get("part", "")
        new = wanted.pop(part, None)
        items.append({"id": item["id"], **(new or {"deleted": True})})
    items += wanted.values()
    return {
        "items": items,
        "proration_behavior": "create_prorations",
        "proration_date": int(at.timestamp()),
    }


def _is_proration(line: dict[str, Any]) -> bool:
    parent = line.get("parent") or {}
    for of in ("subscription_item_details", "invoice_item_details"):
        if (parent.get(of) or {}).get("proration"):
            return True
    return False
