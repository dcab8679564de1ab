"""A process dies at each step of buying a plan: what was begun is gone on with, and nothing is bought twice.

Real processes and SIGKILL, before Stripe is asked, after it has answered, and between our own rows. One
world serves all: whoever asks next goes on from where the dead one was.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing import checkout, stripe_api, webhooks
from billing.models import Customer, Invoice, Plan, StripeEvent, Subscription
from tenants.models import AgendaItem
from tests.billing.conftest import SECRET
from tests.billing.test_webhooks import BACK
from tests.support.killed import killed
from tests.support.stripe_stand_in import Fault

pytestmark = pytest.mark.processes

# What Stripe is asked for, in its order: two meters, and a price each for the month, texts and turns.
AT_STRIPE = (
    "products", "billing/meters", "billing/meters", "prices", "prices", "prices", "customers",
    "customers/cus_0001", "checkout/sessions",
)  # fmt: skip
# Our own rows between them: the process dies before each, in front of what is then asked and after it.
BEFORE = {
    "customers": ('UPDATE "billing_plan"',),
    "checkout/sessions": (
        'INSERT INTO "billing_customer"', 'INSERT INTO "billing_subscription"'
    ),
}  # fmt: skip
AFTER = {"checkout/sessions": ('UPDATE "billing_subscription"',)}


def test_a_purchase_that_dies_at_each_of_its_steps_is_made_once(
    stripe_there, plan, plumber, dentist, work
):
    def born(pid: int) -> None:
        stripe_there.victim = pid

    def dies(step: str = "never") -> None:
        killed(
            step, "checkout", str(plumber.business.pk), plan.key, "business", born=born
        )  # fmt: skip

    asked = lambda path: len(stripe_there.asked(f"POST /v1/{path}"))
    for path in AT_STRIPE:
        done = asked(path)
        for step in BEFORE.get(path, ()):
            dies(step)
        stripe_there.faults.append(Fault(f"POST /v1/{path}", "kill_before"))
        dies()
        assert asked(path) == done, path
        stripe_there.faults.append(Fault(f"POST /v1/{path}", "kill_after"))
        dies()
        assert asked(path) == done + 1, path
        for step in AFTER.get(path, ()):
            dies(step)
    sessions = stripe_there.of("checkout.session")
    assert Subscription.objects.get().checkout_id == "" and len(sessions) == 1
    # And once the checkout stands here: before and after it is looked at.
    (name,) = sessions
    for do in ("kill_before", "kill_after"):
        stripe_there.faults.append(Fault(f"GET /v1/checkout/sessions/{name}", do))
        dies()
    url = checkout.open_checkout(
        plumber.business, Plan.objects.get(), "business", back_to=BACK, now=timezone.now()
    )
    assert url == sessions[name]["url"]
    made = {
        kind: len(stripe_there.of(kind))
        for kind in ("product", "billing.meter", "price", "customer", "checkout.session")
    }
    assert made == {
        "product": 1, "billing.meter": 2, "price": 3, "customer": 1, "checkout.session": 1
    }  # fmt: skip
    assert Customer.objects.get().business == plumber.business
    assert Subscription.objects.get().checkout_id == name
    assert not Subscription.objects.filter(business=dentist.business).exists()


def test_a_payment_that_is_heard_while_workers_die_is_kept_once(
    stripe_there, plan, plumber, dentist, work
):
    checkout.open_checkout(plumber.business, plan, "business", back_to=BACK, now=timezone.now())
    (session,) = stripe_there.of("checkout.session")
    paid = stripe_there.pay(session)

    def born(pid: int) -> None:
        stripe_there.victim = pid

    def due_now() -> None:
        """The lease of whoever died is over; nothing but what Stripe told is worked on."""
        AgendaItem.objects.exclude(kind="billing.refresh").delete()
        AgendaItem.objects.update(due_at=timezone.now(), claimed_by="")

    asks = f"GET /v1/subscriptions/{paid['id']}"
    for event in stripe_there.events:
        body, header = stripe_there.signed(event, SECRET)
        webhooks.store(stripe_api.heard(body, header, SECRET))
    for do in ("kill_before", "kill_after"):
        due_now()
        stripe_there.faults.append(Fault(asks, do))
        killed("never", "agenda", "bulk", born=born)
    for step in ('UPDATE "billing_subscription"', 'UPDATE "billing_stripeevent"'):
        due_now()
        killed(step, "agenda", "bulk")
        assert Subscription.objects.get().status == "none" and not Invoice.objects.exists()
    # All is kept, and the row that asked for it is not gone yet.
    due_now()
    killed("DELETE FROM public.tenants_agendaitem a USING", "agenda", "bulk")
    assert Subscription.objects.get().status == "trialing"
    due_now()
    work()
    ours = Subscription.objects.get()
    assert (ours.status, ours.subscription_id) == ("trialing", paid["id"])
    assert Invoice.objects.get().business == plumber.business
    assert len(stripe_there.of("subscription")) == len(stripe_there.of("invoice")) == 1
    assert not StripeEvent.objects.filter(applied_at=None).exists()
    with pytest.raises(checkout.CheckoutError, match="already"):
        checkout.open_checkout(plumber.business, plan, "business", back_to=BACK, now=timezone.now())
    assert not Subscription.objects.filter(business=dentist.business).exists()
