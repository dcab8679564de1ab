"""A business that leaves pays no further: its subscription ends with its period, or at once when it is gone.

The row of the agenda says only "look": what Stripe is asked follows from where the business stands
when it is worked on, so that leaving, staying and repeats come to the same in any order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from billing import stripe_api
from billing.checkout import LIVE
from billing.concerns import key_refused, raise_concern
from billing.models import Subscription
from billing.stripe_api import StripeProblem
from tenants import agenda
from tenants.agenda import Item, Later, Outside
from tenants.models import Business, Departure, Stage

KIND = "billing.leave"
_ASK_AGAIN = timedelta(minutes=5)


def changed(departure: Departure, _actor: str, _door: str, now: datetime) -> None:
    """A business leaves, stays or is gone: let Stripe know, after this transaction."""
    look(departure.business_id, now)


def look(business_id: int, now: datetime) -> None:
    """Put the question on the agenda."""
    agenda.put(KIND, "", lane="housekeeping", business_id=business_id, due_at=now)


def leave(item: Item) -> Outside | None:
    """Agenda: let a subscription end, or run on, as the business's stage wants it."""
    assert item.business_id is not None
    ours = Subscription.objects.filter(business_id=item.business_id).first()
    if (
        not stripe_api.is_on()
        or ours is None
        or not ours.subscription_id
        or ours.status not in LIVE
    ):
        return None
    stage = Business.objects.values_list("stage", flat=True).get(pk=item.business_id)
    act = partial(_asked, ours.account_id, ours.subscription_id, stage)
    return Outside(act, partial(_settled, item, ours.account_id, ours.subscription_id))


def _asked(account: str, subscription: str, stage: str) -> StripeProblem | None:
    try:
        if stage == Stage.GONE:
            stripe_api.ask(
                "subscriptions.cancel", subscription, account=account,
                params={"invoice_now": True, "prorate": False},
            )  # fmt: skip
        else:
            stripe_api.ask(
                "subscriptions.update", subscription, account=account,
                params={"cancel_at_period_end": stage == Stage.LEAVING},
            )  # fmt: skip
    except StripeProblem as problem:
        return problem
    return None


def _settled(
    item: Item, account: str, subscription: str, problem: StripeProblem | None
) -> Later | None:
    now = timezone.now()
    if problem is not None and problem.is_transient:
        key_refused(problem, account)
        return Later(now + _ASK_AGAIN)
    with transaction.atomic():
        if problem is not None and problem.status != 404:
            raise_concern(
                "leaving", subscription, f"A leaving business is still charged: {problem}",
                business_id=item.business_id,
            )  # fmt: skip
        agenda.put(
            "billing.refresh", f"{account}|subscription|{subscription}", lane="housekeeping",
            business_id=None, due_at=now,
        )  # fmt: skip
    return None
