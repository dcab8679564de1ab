"""A client that pays at its agency's own account: what is begun elsewhere moves nothing, and what the agency writes there is not believed."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.utils import timezone

from billing import applying, catalogue, checkout, connect, leaving, numbers
from billing.checkout import CheckoutError
from billing.models import (
    AgencyAccount,
    Concern,
    Customer,
    MeterReport,
    Plan,
    StripeEvent,
    Subscription,
    UsageRecord,
)
from tenants import agenda
from tenants.models import AgendaItem, Business, Stage
from tests.billing.conftest import CONNECT_SECRET
from tests.billing.test_numbers import BACK, NEW, charged, due, take


@pytest.fixture
def account(stripe_there, plan, plumber, dentist, work) -> str:
    """The plumber pays at its agency's account, half as much again; the dentist pays us."""
    agency = plumber.business.agency
    connect.onboarding_link(agency, back_to=BACK, again_at=BACK, now=timezone.now())
    (name,) = stripe_there.of("account")
    AgencyAccount.objects.update(fee_percent=20, markup_percent=50)
    stripe_there.onboarded(name)
    assert connect.look(agency) == "on"
    Plan.objects.update(number_overage=30_000, trial_days=0)
    plan.refresh_from_db()
    Plan.objects.create(
        key="large", name="Large", monthly_cents=11_800, included_texts=2000, text_overage=150,
        number_overage=20_000, trial_days=0, position=1,
    )  # fmt: skip
    catalogue.sync(name)
    catalogue.sync()
    for biz, of in ((plumber, name), (dentist, "")):
        begin(biz, plan)
        stripe_there.pay(Subscription.objects.get(business=biz.business).checkout_id, of)
        look(stripe_there, of, work)
    assert mine(plumber).account_id == name and mine(dentist).account_id == ""
    return str(name)


def begin(biz, plan) -> str:
    return checkout.open_checkout(biz.business, plan, "business", back_to=BACK, now=timezone.now())


def mine(biz) -> Subscription:
    return Subscription.objects.select_related("plan").get(business=biz.business)


def look(there, account: str, work) -> None:
    """Have every subscription of an account be looked at, as after its webhooks."""
    for name in there.of("subscription", account):
        agenda.put(
            "billing.refresh", f"{account}|subscription|{name}", lane="housekeeping",
            business_id=None, due_at=timezone.now(),
        )  # fmt: skip
    work()


def may_charge_no_more(account: str) -> None:
    """The agency's account is to begin anew at Stripe: from now on checkouts are ours."""
    AgencyAccount.objects.filter(connect_id=account).update(
        charges_enabled=False, details_submitted=False
    )


def test_a_checkout_that_was_left_moves_nothing_and_the_one_that_is_paid_does(
    account, stripe_there, plan, plumber, dentist, work
):
    was, theirs = mine(plumber), mine(dentist)
    stripe_there.change(was.subscription_id, account, status="canceled")
    look(stripe_there, account, work)
    may_charge_no_more(account)
    url = begin(plumber, plan)
    now = mine(plumber)
    assert stripe_there.of("checkout.session")[now.checkout_id]["url"] == url
    assert now.checkout_account_id == ""
    assert (now.account_id, now.customer_id) == (account, was.customer_id)
    # The last of what was used, the portal and what is heard are the old one's.
    UsageRecord.objects.create(
        business=plumber.business, kind="sms_segment", key="k1", quantity=3,
        occurred_at=timezone.now(),
    )  # fmt: skip
    agenda.put(
        "billing.gather", str(plumber.business.pk), lane="housekeeping",
        business_id=plumber.business.pk, due_at=timezone.now(),
    )  # fmt: skip
    work()
    report = MeterReport.objects.get(business=plumber.business)
    assert (report.account_id, report.customer_id) == (account, was.customer_id)
    assert report.sent_at and len(stripe_there.of("billing.meter_event", account)) == 1
    assert not stripe_there.of("billing.meter_event")
    checkout.open_portal(plumber.business, back_to=BACK, now=timezone.now())
    (portal,) = stripe_there.of("billing_portal.session", account).values()
    assert portal["customer"] == was.customer_id
    assert not stripe_there.of("billing_portal.session")
    look(stripe_there, account, work)
    assert mine(plumber).account_id == account and begin(plumber, plan) == url
    # Another plan: the one that was left is ended where it is.
    large = Plan.objects.get(key="large")
    assert begin(plumber, large) != url
    assert stripe_there.of("checkout.session")[now.checkout_id]["status"] == "expired"
    stripe_there.pay(mine(plumber).checkout_id)
    look(stripe_there, "", work)
    moved = mine(plumber)
    customer = Customer.objects.get(business=plumber.business, account_id="")
    assert (moved.account_id, moved.customer_id) == ("", customer.customer_id)
    assert (moved.status, moved.plan) == ("active", large)
    assert mine(dentist).subscription_id == theirs.subscription_id
    assert mine(dentist).checkout_number == theirs.checkout_number


def test_a_subscription_that_is_heard_of_while_a_checkout_is_opened_stays_where_it_is(
    account, stripe_there, plan, plumber, dentist, work
):
    was = mine(plumber)
    shown = applying.look(account, "subscription", was.subscription_id)
    # Nothing was heard of it yet, nor of the checkout it began with.
    Subscription.objects.filter(pk=was.pk).update(
        status="none", subscription_id="", as_of=None, begun_at=None, checkout_id="",
        checkout_account_id="", checkout_number=was.checkout_number + 1,
    )  # fmt: skip
    may_charge_no_more(account)
    made = stripe_there.made_session

    def meanwhile(of, form):
        answer = made(of, form)
        with transaction.atomic():
            applying.keep(account, shown, timezone.now())
        connection.close()
        return answer

    stripe_there.made_session = meanwhile
    with pytest.raises(CheckoutError, match="already"):
        begin(plumber, plan)
    now = mine(plumber)
    assert (now.account_id, now.customer_id) == (account, was.customer_id)
    assert (now.subscription_id, now.status) == (was.subscription_id, "active")
    assert now.checkout_account_id == "" and now.checkout_id in stripe_there.of("checkout.session")
    # It is ended where it is.
    Business.objects.filter(pk=plumber.business.pk).update(stage=Stage.GONE)
    leaving.look(plumber.business.pk, timezone.now())
    work()
    known = stripe_there.of("subscription", account)[was.subscription_id]
    assert known["status"] == "canceled" and mine(plumber).status == "canceled"
    assert mine(dentist).status == "active" and not Concern.objects.exists()


def test_further_numbers_are_charged_on_the_agencys_account_at_its_price(
    account, stripe_there, plumber, dentist, work
):
    take(plumber, NEW)
    due(work)
    name = mine(plumber).subscription_id
    assert charged(stripe_there, name, account) == 1
    items = stripe_there.of("subscription", account)[name]["items"]["data"]
    (price,) = [i["price"] for i in items if i["price"]["metadata"]["part"] == "number"]
    assert float(price["unit_amount_decimal"]) == 450
    assert charged(stripe_there, mine(dentist).subscription_id) == 0


def test_what_an_agency_writes_on_its_prices_names_no_plan(
    account, stripe_there, deliver, plan, plumber, dentist, work
):
    name = mine(plumber).subscription_id
    items = stripe_there.of("subscription", account)[name]["items"]["data"]
    for item in items:  # its very prices, said to be another plan's
        item["price"]["metadata"]["plan"] = "large"
    look(stripe_there, account, work)
    assert mine(plumber).plan == plan and not Concern.objects.exists()
    # A price of its own: $1, said to be the larger plan's.
    own = {**items[0]["price"], "id": "price_of_its_own", "unit_amount": 100}
    was, items[0]["price"] = items[0]["price"], own
    stripe_there.change(name, account, status="past_due")
    take(plumber, NEW)
    assert deliver(stripe_there.events[-1], CONNECT_SECRET, "connect/").status_code == 200
    work()
    ours = mine(plumber)
    assert (ours.plan, ours.status) == (plan, "past_due")
    concern = Concern.objects.get()
    assert (concern.kind, concern.subject) == ("foreign_price", name)
    assert concern.business_id == plumber.business.pk and "large" in concern.sentence
    assert "the plan stays" in StripeEvent.objects.get().note
    due(work)
    assert not stripe_there.asked(f"POST /v1/subscriptions/{name}")
    assert not AgendaItem.objects.filter(kind=numbers.KIND).exists()
    # Ours, but none of it: that is not sold either.
    large = Plan.objects.get(key="large")
    real = stripe_there.of("price", account)[catalogue.listed(large, account).price]
    items.append({**items[0], "id": "si_free", "price": real, "quantity": 0})
    look(stripe_there, account, work)
    assert mine(plumber).plan == plan and Concern.objects.get().times > 1
    # The larger plan's own price is the larger plan.
    items[-1]["quantity"] = 1
    look(stripe_there, account, work)
    assert mine(plumber).plan == large
    items.pop()
    items[0]["price"] = was
    look(stripe_there, account, work)
    assert mine(plumber).plan == plan
    assert mine(dentist).plan == plan and mine(dentist).status == "active"


def test_whoever_has_a_price_of_before_has_that_plan_still(
    account, stripe_there, plan, plumber, dentist, work
):
    for markup in (60, 70, 50):
        AgencyAccount.objects.filter(connect_id=account).update(markup_percent=markup)
        plan.refresh_from_db()
        catalogue.sync(account)
        stripe_there.change(mine(plumber).subscription_id, account)
        look(stripe_there, account, work)
        assert mine(plumber).plan == plan and not Concern.objects.exists()
        assert mine(plumber).markup_percent == 50
    plan.refresh_from_db()
    known = plan.stripe_ids[account]
    assert len(known["former"]) == 2 and known["price"] not in known["former"]
    assert mine(dentist).plan == plan


def test_a_further_number_costs_what_the_subscription_was_sold_with(
    account, stripe_there, plan, plumber, dentist, work
):
    """Neither the agency's mark-up of today nor what it writes on its prices there makes it another one."""
    AgencyAccount.objects.filter(connect_id=account).update(markup_percent=90)
    catalogue.sync(account)
    for price in stripe_there.of("price", account).values():
        price["metadata"]["markup"] = "1"
    take(plumber, NEW)
    due(work)
    look(stripe_there, account, work)
    ours = mine(plumber)
    assert ours.markup_percent == 50
    items = stripe_there.of("subscription", account)[ours.subscription_id]["items"]["data"]
    (price,) = [i["price"] for i in items if i["price"]["metadata"]["part"] == "number"]
    assert float(price["unit_amount_decimal"]) == 450
    assert charged(stripe_there, ours.subscription_id, account) == 1
    assert mine(dentist).markup_percent == 0
