"""Every event that Stripe has for a subscription, in every order: what stands here in the end is the same.

The lives below hold each kind of telephony.md 5.5. What decides is heard in all the orders there are, all of it
in many by chance, and while it goes on as late as it may come.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from billing import checkout
from billing.models import Concern, Customer, Invoice, Plan, StripeEvent, Subscription
from tests.billing.conftest import SECRET
from tests.billing.test_webhooks import BACK, forget, take
from tests.support.stripe_stand_in import StripeStandIn

_DAY = 86_400
# telephony.md 5.5, but for account.updated, which is no subscription's (test_webhooks.py).
KINDS = (
    "checkout.session.completed", "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed", "checkout.session.expired",
    "customer.subscription.created", "customer.subscription.updated",
    "customer.subscription.deleted", "customer.subscription.paused",
    "customer.subscription.resumed", "customer.subscription.trial_will_end",
    "invoice.created", "invoice.finalized", "invoice.finalization_failed", "invoice.paid",
    "invoice.payment_failed", "invoice.payment_action_required", "invoice.payment_attempt_required",
    "invoice.upcoming", "invoice.overdue", "invoice.voided", "invoice.marked_uncollectible",
    "invoice.deleted", "payment_method.automatically_updated", "customer.updated",
    "customer.deleted", "charge.dispute.created", "charge.dispute.closed", "charge.refunded",
    "entitlements.active_entitlement_summary.updated", "test_helpers.test_clock.ready",
    "v1.billing.meter.error_report_triggered", "v1.billing.meter.no_meter_found",
)  # fmt: skip
# Until when we counted use ourselves; nothing that Stripe tells.
OUR_OWN = {"used_until"}


def begun(there: StripeStandIn, status: str = "", session: str = "") -> dict[str, Any]:
    """The payer goes through with the open checkout; returns the subscription."""
    opened = [s["id"] for s in there.of("checkout.session").values() if s["status"] == "open"]
    return there.pay(session or opened[-1], status=status)


def bill(there: StripeStandIn, sub: dict[str, Any], status: str = "open") -> dict[str, Any]:
    """An invoice that stands at a status; nothing was told of it but that it is there."""
    told = len(there.events)
    made = there.bill(sub["id"], paid=False)
    del there.events[told:]
    made["status"] = status
    there.event("invoice.created", made)
    return made


def tell(there: StripeStandIn, about: dict[str, Any], *kinds: str, **changes: Any) -> None:
    """Change a thing, and tell of it by these events."""
    about |= changes
    for kind in kinds:
        there.event(kind, about)


def thin(there: StripeStandIn, kind: str) -> None:
    """A thin event names what it is about beside its data, and tells its moment in words."""
    made = there.event(kind, {})
    made |= {
        "object": "v2.core.event", "created": "2026-11-22T10:00:00.000Z", "context": None,
        "related_object": {"id": "mtr_0001", "type": "billing.meter", "url": "/"},
    }  # fmt: skip


def paid_late(there: StripeStandIn) -> Iterator[str]:
    """A bank answers days later: it is incomplete until then."""
    sub = begun(there, "incomplete")
    (invoice,) = there.of("invoice").values()
    session = next(iter(there.of("checkout.session").values()))
    there.events = [e for e in there.events if e["type"] != "invoice.paid"]
    tell(there, session, payment_status="unpaid")
    tell(there, invoice, "invoice.payment_action_required", status="open", amount_paid=0)
    yield "incomplete"
    tell(there, invoice, "invoice.paid", status="paid", amount_paid=invoice["total"])
    there.change(sub["id"], status="active")
    tell(there, session, "checkout.session.async_payment_succeeded", payment_status="paid")
    yield "active"


def never_begun(there: StripeStandIn) -> Iterator[str]:
    """The first payment never comes."""
    sub = begun(there, "incomplete")
    (invoice,) = there.of("invoice").values()
    session = next(iter(there.of("checkout.session").values()))
    there.events = [e for e in there.events if e["type"] != "invoice.paid"]
    tell(there, invoice, status="open", amount_paid=0)
    tell(there, session, payment_status="unpaid")
    yield "incomplete"
    tell(there, session, "checkout.session.async_payment_failed")
    tell(there, invoice, "invoice.voided", status="void")
    there.change(sub["id"], status="incomplete_expired")
    yield "incomplete_expired"


def left_early(there: StripeStandIn) -> Iterator[str]:
    """Nobody paid, and the checkout's day is over."""
    (session,) = there.of("checkout.session").values()
    tell(there, session, "checkout.session.expired", status="expired", url=None)
    yield "none"


def paused(there: StripeStandIn) -> Iterator[str]:
    """A trial ends without a card, and goes on with one."""
    sub = begun(there, "trialing")
    yield "trialing"
    there.change(sub["id"], status="paused")
    tell(there, sub, "customer.subscription.paused")
    yield "paused"
    there.change(sub["id"], status="active")
    tell(there, sub, "customer.subscription.resumed")
    yield "active"


def long_one(there: StripeStandIn) -> Iterator[str]:
    """All that may come in years: dunning, invoices of each fate, and what is nobody's matter here."""
    sub = begun(there)
    customer = there.of("customer")[sub["customer"]]
    yield sub["status"]
    there.now += 11 * _DAY
    tell(there, sub, "customer.subscription.trial_will_end")
    tell(there, customer, "customer.updated", name="Lakeside Plumbing and Heating")
    # A look ahead has no id, or one that nobody can ask for.
    there.event("invoice.upcoming", {"object": "invoice", "id": None})
    there.event("invoice.upcoming", {"object": "invoice", "id": "upcoming_in_1"})
    draft = bill(there, sub, "draft")
    yield sub["status"]
    there.now += 3 * _DAY
    tell(there, draft, "invoice.deleted")
    del there.of("invoice")[draft["id"]]
    wrong = bill(there, sub, "draft")
    tell(there, wrong, "invoice.finalization_failed")
    there.change(sub["id"], status="active")
    yield "active"
    tell(there, wrong, "invoice.finalized", "invoice.payment_attempt_required", status="open")
    tell(there, wrong, "invoice.payment_failed", "invoice.overdue")
    there.change(sub["id"], status="past_due")
    yield "past_due"
    there.now += 30 * _DAY
    second = bill(there, sub)
    tell(there, second, "invoice.finalized", "invoice.payment_failed")
    tell(there, wrong, "invoice.marked_uncollectible", status="uncollectible")
    there.change(sub["id"], status="unpaid")
    yield "unpaid"
    tell(there, second, "invoice.voided", status="void")
    there.event("payment_method.automatically_updated", {"object": "payment_method", "id": "pm_1"})
    third = bill(there, sub)
    tell(there, third, "invoice.finalized", "invoice.paid", status="paid", amount_paid=5900)
    there.change(sub["id"], status="active")
    yield "active"
    dispute = {"object": "dispute", "id": "dp_1", "status": "needs_response"}
    tell(there, dispute, "charge.dispute.created")
    tell(there, dispute, "charge.dispute.closed", status="won")
    there.event("charge.refunded", {"object": "charge", "id": "ch_1"})
    about = {"object": "entitlements.active_entitlement_summary", "customer": sub["customer"]}
    there.event("entitlements.active_entitlement_summary.updated", about)
    there.event(
        "test_helpers.test_clock.ready", {"object": "test_helpers.test_clock", "id": "clock_1"}
    )
    thin(there, "v1.billing.meter.error_report_triggered")
    thin(there, "v1.billing.meter.no_meter_found")
    yield "active"
    there.change(sub["id"], status="canceled", ended_at=there.now)
    tell(there, customer, "customer.deleted", deleted=True)
    yield "canceled"


LIVES: dict[str, Callable[[StripeStandIn], Iterator[str]]] = {
    life.__name__: life for life in (paid_late, never_begun, left_early, paused, long_one)
}


@dataclass
class Lived:
    """A life that was led: at each step what Stripe shows, and what it told until then."""

    opened: str
    status: list[str] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)
    told: list[list[dict[str, Any]]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything that was told."""
        return self.told[-1]


@pytest.fixture
def lead(stripe_there, plan, plumber, dentist) -> Callable[[str], Lived]:
    """Lead a life from a checkout that was just opened; nothing of it is heard."""

    def live(name: str) -> Lived:
        checkout.open_checkout(plumber.business, plan, "business", back_to=BACK, now=timezone.now())
        lived = Lived(Subscription.objects.get().checkout_id)
        for status in LIVES[name](stripe_there):
            lived.status.append(status)
            lived.shown.append(deepcopy(stripe_there.things))
            lived.told.append(list(stripe_there.events))
        return lived

    return live


def anew(lived: Lived) -> None:
    """Go back to before anything was heard."""
    forget(checkout_id=lived.opened)
    Concern.objects.all().delete()
    Customer.objects.update(gone_at=None)
    Subscription.objects.update(plan=Plan.objects.get(key="standard"), trial_end=None)


def stands(there: StripeStandIn, work: Callable[[], int]) -> tuple[Any, ...]:
    """Everything that is known of money, but when and how often we learnt it."""
    rows = [
        {name: value for name, value in row.items() if name not in OUR_OWN | {"id"}}
        for row in take(there, [], work)
    ]
    concerns = sorted(Concern.objects.filter(resolved_at=None).values_list("kind", "subject"))
    return rows, concerns, StripeEvent.objects.filter(applied_at=None).count()


def heard(
    lived: Lived, parts: list[list[dict[str, Any]]], there: StripeStandIn, work: Callable[[], int]
) -> tuple[Any, ...]:
    """Hear events part by part, all of them once Stripe shows the end; returns what stands then."""
    anew(lived)
    there.things = deepcopy(lived.shown[-1])
    for part in parts:
        take(there, part, work)
    return stands(there, work)


def orders(events: list[dict[str, Any]], most: int) -> list[list[dict[str, Any]]]:
    """Every order there is, or as many by chance where there are more than `most`."""
    found = list(itertools.islice(itertools.permutations(events), most + 1))
    if len(found) <= most:
        return [list(order) for order in found]
    chance = random.Random(len(events))
    return [chance.sample(events, len(events)) for _ in range(most)]


def test_the_lives_hold_each_kind_there_is(lead, stripe_there, plumber):
    kinds: set[str] = set()
    for name in LIVES:
        Subscription.objects.all().delete()
        for kind in ("checkout.session", "subscription", "invoice"):
            stripe_there.of(kind).clear()
        stripe_there.kept.clear()
        stripe_there.events.clear()
        kinds |= {event["type"] for event in lead(name).events}
    assert kinds == set(KINDS)


@pytest.mark.parametrize("name", LIVES)
def test_in_whatever_order_it_is_heard_the_end_is_the_same(name, lead, stripe_there, work, dentist):
    lived = lead(name)
    events = lived.events
    wanted = heard(lived, [events], stripe_there, work)
    assert Subscription.objects.get().status == lived.status[-1]
    assert wanted[2] == 0
    # What decides, the first event and the last of each thing: one by one, in all the orders there are.
    last = {each["data"]["object"].get("id"): each for each in events if "data" in each}
    few = [events[0], *[each for each in last.values() if each is not events[0]]][:4]
    others = [event for event in events if event not in few]
    for order in itertools.permutations(few):
        assert heard(lived, [*([each] for each in order), others], stripe_there, work) == wanted
    # All of them in many: at once, as a worker finds them after an outage; some twice; one by one.
    for order in orders(events, 10):
        assert heard(lived, [order], stripe_there, work) == wanted
        assert heard(lived, [order[::2], order, order[1::2]], stripe_there, work) == wanted
    for order in orders(events, 24 if len(events) < 4 else 3):
        assert heard(lived, [[event] for event in order], stripe_there, work) == wanted
    assert not Subscription.objects.filter(business=dentist.business).exists()
    assert not Invoice.objects.filter(business=dentist.business).exists()


@pytest.mark.parametrize("name", LIVES)
def test_however_late_each_is_heard_while_it_goes_on_the_end_is_the_same(
    name, lead, stripe_there, work
):
    lived = lead(name)
    wanted = heard(lived, [lived.events], stripe_there, work)
    news = [
        [event for event in told if not before or event not in before]
        for told, before in zip(lived.told, [[], *lived.told], strict=False)
    ]
    steps = len(news)
    late = list(itertools.product(*(range(step, steps) for step in range(steps))))
    chance = random.Random(5)
    # How late each step's events come: every way there is for a short life.
    for delays in late if len(late) <= 24 else chance.sample(late, 8):
        anew(lived)
        for step in range(steps):
            stripe_there.things = deepcopy(lived.shown[step])
            now = [e for of, until in enumerate(delays) if until == step for e in news[of]]
            chance.shuffle(now)
            take(stripe_there, now + now[:1], work)
        assert stands(stripe_there, work) == wanted, delays


@pytest.mark.parametrize("name", LIVES)
def test_each_step_stands_as_stripe_shows_it(name, lead, stripe_there, work):
    lived = lead(name)
    anew(lived)
    for status, shown, told in zip(lived.status, lived.shown, lived.told, strict=True):
        stripe_there.things = deepcopy(shown)
        take(stripe_there, told, work)
        assert Subscription.objects.get().status == status
    assert not Concern.objects.filter(kind__in=("not_shown", "key_refused", "given_up")).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_heard_before_all_others_or_long_after_changes_nothing(
    kind, lead, stripe_there, deliver, work
):
    name = next(name for name in LIVES if kind in KINDS_OF[name])
    lived = lead(name)
    ones = [event for event in lived.events if event["type"] == kind]
    others = [event for event in lived.events if event["type"] != kind]
    wanted = heard(lived, [lived.events], stripe_there, work)
    assert ones and heard(lived, [ones, others], stripe_there, work) == wanted
    assert heard(lived, [others, ones, ones], stripe_there, work) == wanted
    for event in ones:
        assert deliver(event, SECRET).status_code == 200
    assert stands(stripe_there, work) == wanted


KINDS_OF = {
    "paid_late": {
        "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "customer.subscription.created", "invoice.payment_action_required",
    },
    "never_begun": {"checkout.session.async_payment_failed", "invoice.voided"},
    "left_early": {"checkout.session.expired"},
    "paused": {"customer.subscription.paused", "customer.subscription.resumed"},
    "long_one": set(KINDS),
}  # fmt: skip
