"""The whole life of a subscription: heard of in any order, late, twice or not at all, it comes to the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from billing import checkout
from billing.models import Customer, Invoice, Plan, StripeEvent, Subscription
from tests.billing.test_webhooks import BACK, forget, state, take
from tests.support.stripe_stand_in import StripeStandIn

_DAY = 86_400
# Until when we counted use ourselves; nothing that Stripe tells.
OUR_OWN = {"used_until"}
Things = dict[tuple[str, str], dict[str, Any]]
# Each step with how the subscription stands after it: its status, its plan, and whether it will end.
STEPS = (
    ("trial", "trialing", "standard", False),
    ("first payment", "active", "standard", False),
    ("plan change", "active", "large", False),
    ("payment failed", "past_due", "large", False),
    ("dunning ended", "unpaid", "large", False),
    ("paid after all", "active", "large", False),
    ("paused", "paused", "large", False),
    ("resumed", "active", "large", False),
    ("renewed", "active", "large", False),
    ("end asked for", "active", "large", True),
    ("cancelled", "canceled", "large", True),
)


def changes(there: StripeStandIn, sub: str) -> Iterator[str]:
    """Lead a life step by step; yields each step's name once Stripe shows it."""
    about = there.of("subscription")[sub]
    yield "trial"
    there.now += 14 * _DAY
    there.event("customer.subscription.trial_will_end", about)
    there.bill(sub, paid=True)
    there.change(sub, status="active")
    yield "first payment"
    items = deepcopy(about["items"])
    for item in items["data"]:
        item["price"]["metadata"]["plan"] = "large"
    there.change(sub, items=items)
    yield "plan change"
    there.now += 30 * _DAY
    late = there.bill(sub, paid=False)
    there.change(sub, status="past_due")
    yield "payment failed"
    there.now += 21 * _DAY
    there.change(sub, status="unpaid")
    yield "dunning ended"
    there.settle(late["id"])
    there.change(sub, status="active")
    yield "paid after all"
    there.change(sub, status="paused")
    there.event("customer.subscription.paused", about)
    yield "paused"
    there.change(sub, status="active")
    there.event("customer.subscription.resumed", about)
    yield "resumed"
    there.now += 30 * _DAY
    there.bill(sub, paid=True)
    there.change(sub)
    yield "renewed"
    there.change(sub, cancel_at_period_end=True)
    yield "end asked for"
    there.change(sub, status="canceled", ended_at=there.now)
    yield "cancelled"


@dataclass(frozen=True)
class Step:
    """A moment of the life: what Stripe shows then, and what it has told until then."""

    things: Things
    told: list[dict[str, Any]]


@pytest.fixture
def begun(stripe_there, plan, plumber, dentist) -> str:
    """The plumber went through a checkout with a trial; nothing of it was heard."""
    Plan.objects.create(
        key="large", name="Large", monthly_cents=11_800, included_texts=2000, included_turns=500
    )
    checkout.open_checkout(plumber.business, plan, "business", back_to=BACK, now=timezone.now())
    (session,) = stripe_there.of("checkout.session")
    return str(stripe_there.pay(session)["id"])


def anew(checkout_id: str) -> None:
    """Go back to before anything was heard, trial and plan too."""
    forget(checkout_id=checkout_id)
    Subscription.objects.update(plan=Plan.objects.get(key="standard"), trial_end=None)


def stands() -> tuple[str, str, bool]:
    ours = Subscription.objects.select_related("plan").get()
    return ours.status, ours.plan.key, ours.cancel_at is not None


def test_at_each_step_it_stands_as_stripe_shows_it_whatever_is_told_again(
    begun, stripe_there, work, dentist
):
    chance = random.Random(11)
    for name, (said, *wanted) in zip(changes(stripe_there, begun), STEPS, strict=True):
        assert name == said
        # All that was ever told comes once more, twice, in any order.
        again = stripe_there.events * 2
        chance.shuffle(again)
        take(stripe_there, again, work)
        assert stands() == tuple(wanted), name
        ours = Subscription.objects.get()
        assert (ours.past_due_since is not None) is (ours.status in ("past_due", "unpaid")), name
    assert StripeEvent.objects.count() == len(stripe_there.events)
    assert set(Invoice.objects.values_list("status", flat=True)) == {"paid"}
    assert not Subscription.objects.filter(business=dentist.business).exists()


def test_however_late_each_event_comes_the_end_is_the_same(begun, stripe_there, work):
    opened = Subscription.objects.get().checkout_id
    steps = [
        Step(deepcopy(stripe_there.things), list(stripe_there.events))
        for _name in changes(stripe_there, begun)
    ]
    kinds = {event["type"] for event in stripe_there.events}
    assert len(steps) == len(STEPS) and len(kinds) >= 8, kinds
    everything = steps[-1].told
    wanted = take(stripe_there, everything, work)
    assert wanted == sorted(state(), key=lambda row: row.get("invoice_id", ""))
    assert stands() == STEPS[-1][1:]

    def led(chosen: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Live it once more; chosen: which of those that are told and unheard are heard at a step."""
        anew(opened)
        heard: list[dict[str, Any]] = []
        for step in steps:
            stripe_there.things = deepcopy(step.things)
            now = chosen([event for event in step.told if event not in heard])
            take(stripe_there, now, work)
            heard += now
        take(stripe_there, [event for event in everything if event not in heard], work)
        for mine, theirs in zip(take(stripe_there, [], work), wanted, strict=True):
            assert {name for name in mine if mine[name] != theirs[name]} <= OUR_OWN

    led(lambda unheard: unheard[::-1])  # at once, the latest first
    led(lambda unheard: [])  # all of them after the end
    led(lambda unheard: unheard[-1:])  # one at a time, the oldest ones last
    led(lambda unheard: unheard[:1])  # one at a time, ever further behind
    for seed in range(6):
        chance = random.Random(seed)

        def some(
            unheard: list[dict[str, Any]], chance: random.Random = chance
        ) -> list[dict[str, Any]]:
            return [
                e for e in chance.sample(unheard, len(unheard)) for _ in range(chance.randint(0, 2))
            ]

        led(some)


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_two_neighbouring_steps_in_both_orders(begun, stripe_there, work, step):
    told = [0]
    for _name in changes(stripe_there, begun):
        told.append(len(stripe_there.events))
        if len(told) == step + 2:
            break
    before, here = stripe_there.events[: told[-2]], stripe_there.events[told[-2] :]
    wanted = STEPS[step][1:]
    opened = Subscription.objects.get().checkout_id
    for order in ((before, here), (here, before), (here, here), (here,)):
        anew(opened)
        for part in order:
            take(stripe_there, part, work)
        assert stands() == wanted


def test_a_customer_deleted_at_stripe_is_charged_no_more_and_another_is(
    stripe_there, plan, plumber, dentist, work
):
    def begin(biz):
        return checkout.open_checkout(
            biz.business, plan, "business", back_to=BACK, now=timezone.now()
        )

    begin(dentist)
    first = begin(plumber)
    known = Customer.objects.get(business=plumber.business)
    gone = stripe_there.of("customer")[known.customer_id]
    gone["deleted"] = True
    stripe_there.event("customer.deleted", gone)
    take(stripe_there, stripe_there.events * 2, work)
    known.refresh_from_db()
    assert known.gone_at is not None
    second = begin(plumber)
    assert second != first
    now = Customer.objects.get(business=plumber.business, gone_at=None)
    assert now.customer_id != known.customer_id
    (session,) = [s for s in stripe_there.of("checkout.session").values() if s["url"] == second]
    assert session["customer"] == now.customer_id
    assert Customer.objects.get(business=dentist.business).gone_at is None


def test_of_two_subscriptions_one_after_the_other_the_trial_is_remembered_in_any_order(
    begun, stripe_there, plan, plumber, work
):
    there = stripe_there.of("subscription")
    opened = Subscription.objects.get().checkout_id
    stripe_there.change(begun, trial_end=stripe_there.now + 9 * _DAY)
    stripe_there.change(begun, status="canceled", ended_at=stripe_there.now)
    there["sub_later"] = deepcopy(there[begun]) | {
        "id": "sub_later", "created": there[begun]["created"] + 60, "trial_end": None,
    }  # fmt: skip
    stripe_there.change("sub_later", status="active", ended_at=None)
    told = list(stripe_there.events)
    ends = set()
    for events in (told, told[::-1]):
        anew(opened)
        for event in events:
            take(stripe_there, [event], work)
        ours = Subscription.objects.get()
        ends.add((ours.subscription_id, ours.status, ours.trial_end))
    ((name, status, trial_end),) = ends
    assert (name, status) == ("sub_later", "active")
    assert trial_end is not None
