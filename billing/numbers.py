"""Further numbers: whoever has more of them than his plan includes is charged for as many as he has.

Whoever takes a number into use or out of it says so in that transaction (settings.NUMBERS_CHANGED_HANDLERS),
and each time a subscription is fetched, each night at least, what Stripe shows is held against what is
wanted (billing/applying.py). The row of the agenda says only "look": what Stripe is asked follows from how
many there are when it is worked on, and nothing is asked where Stripe shows that already.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import catalogue, stripe_api
from billing.concerns import raise_concern, settle_concern
from billing.models import Plan, Status, Subscription
from billing.stripe_api import StripeProblem
from tenants import agenda
from tenants.agenda import Item, Later, Outside
from tenants.models import PhoneNumber

KIND = "billing.numbers"
# What a subscription has can be changed; one whose first payment is missing is left alone until it came.
_CHANGEABLE = frozenset(
    {Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.UNPAID, Status.PAUSED}
)
# Numbers that come or go together are one change on the invoice.
TOGETHER = timedelta(minutes=1)
_ASK_AGAIN = timedelta(minutes=5)

Shown = dict[str, Any]


def further(business_id: int, plan: Plan) -> int:
    """Return how many numbers in use a business has above its plan; 0 where the plan sells no more."""
    if plan.number_overage is None:
        return 0
    active = PhoneNumber.objects.filter(business=business_id, is_active=True).count()
    return max(0, active - plan.included_numbers)


def price_of_next(business_id: int) -> tuple[int, str] | None:
    """Return what one more number costs a month at our own price: hundredths of a cent, and the currency.

    0 where the plan includes it; None where nothing is charged: no subscription, or a plan that sells none.
    """
    if not stripe_api.is_on():
        return None
    ours = Subscription.objects.select_related("plan").filter(business_id=business_id).first()
    if ours is None or ours.status not in _CHANGEABLE:
        return None
    plan = ours.plan
    if (
        PhoneNumber.objects.filter(business=business_id, is_active=True).count()
        < plan.included_numbers
    ):
        return 0, plan.currency
    return None if plan.number_overage is None else (plan.number_overage, plan.currency)


def changed(business_id: int, now: datetime) -> None:
    """A business has other numbers than before `now` (aware): look, after this transaction."""
    if stripe_api.is_on():
        agenda.put(KIND, "", lane="housekeeping", business_id=business_id, due_at=now + TOGETHER)


def differ(ours: Subscription, shown: Shown) -> bool:
    """Whether Stripe charges for another count than a business has; `ours` comes with its plan."""
    wanted = further(ours.business_id, ours.plan)
    return shown["status"] in _CHANGEABLE and _charged(shown) != wanted


def look(item: Item) -> Outside | None:
    """Agenda: let Stripe charge for as many further numbers as a business has now."""
    assert item.business_id is not None
    ours = Subscription.objects.select_related("plan").filter(business_id=item.business_id).first()
    if not stripe_api.is_on() or ours is None or not ours.subscription_id:
        return None
    if ours.status not in _CHANGEABLE:
        return None
    wanted = further(ours.business_id, ours.plan)
    prices = catalogue.wanted_prices(ours.plan, ours.markup_percent)
    return Outside(partial(_asked, ours, wanted, prices), partial(_settled, item, ours))


def _asked(ours: Subscription, wanted: int, prices: catalogue.Prices) -> StripeProblem | bool:
    """Have the quantity be `wanted`; False where Stripe shows an end or a plan that we do not know of yet."""
    account, name = ours.account_id, ours.subscription_id
    try:
        shown = stripe_api.ask("subscriptions.retrieve", name, account=account)
        if shown["status"] not in _CHANGEABLE or not catalogue.is_of(ours.plan, account, shown):
            return False
        if _charged(shown) == wanted:
            return True
        items = _changes(shown, wanted)
        if not items:
            price = catalogue.number_price(ours.plan, account, prices)
            items = [{"price": price, "quantity": wanted}]
        stripe_api.ask(
            "subscriptions.update", name, account=account,
            params={"items": items, "proration_behavior": "create_prorations"},
            key=f"numbers:{name}:{ours.numbers_asked}:{catalogue.fingerprint(items)}",
        )  # fmt: skip
    except StripeProblem as problem:
        return problem
    return True


def _further_of(shown: Shown) -> list[dict[str, Any]]:
    items = shown["items"]["data"]
    return [i for i in items if (i["price"].get("metadata") or {}).get("part") == "number"]


def _charged(shown: Shown) -> int:
    return sum(int(item.get("quantity") or 0) for item in _further_of(shown))


def _changes(shown: Shown, wanted: int) -> list[dict[str, Any]]:
    """Return what becomes of the items that are there; whoever has an old price keeps it."""
    changes: list[dict[str, Any]] = []
    for item in _further_of(shown):
        is_kept = wanted and not changes
        changes.append(
            {"id": item["id"], **({"quantity": wanted} if is_kept else {"deleted": True})}
        )
    return changes


def _settled(item: Item, ours: Subscription, result: StripeProblem | bool) -> Later | None:
    now, name = timezone.now(), ours.subscription_id
    problem = result if isinstance(result, StripeProblem) else None
    is_open = problem is not None and problem.is_transient
    with transaction.atomic():
        if problem is None or problem.status not in (0, 409):
            # It was answered. Stripe repeats an answer under its key for a day, a failure too, and the
            # same may be wanted again within it: the next request is another one.
            Subscription.objects.filter(pk=ours.pk).update(numbers_asked=F("numbers_asked") + 1)
        if result is True:
            settle_concern("numbers", name, by="charged later")
        elif problem is not None and not is_open:
            # The next night it is asked once more.
            raise_concern(
                "numbers", name, f"Further numbers could not be charged: {problem}",
                business_id=item.business_id,
            )  # fmt: skip
        if result is False:
            agenda.put(
                "billing.refresh", f"{ours.account_id}|subscription|{name}", lane="housekeeping",
                business_id=None, due_at=now,
            )  # fmt: skip
    return Later(now + _ASK_AGAIN) if is_open else None
