"""Plans at Stripe, whom it charges, and that two checkouts are never two subscriptions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from billing import catalogue, checkout, connect
from billing.checkout import CheckoutError
from billing.models import AgencyAccount, Customer, Plan, Subscription
from billing.stripe_api import StripeProblem
from billing.trials import begin_trial, went_live
from tests.support.stripe_stand_in import Fault

BACK = "https://lakeside.localhost/settings/billing/"


def begin(biz, plan, payer="business") -> str:
    return checkout.open_checkout(biz.business, plan, payer, back_to=BACK, now=timezone.now())


def open_ones(there, account="") -> list[str]:
    return [
        s["id"] for s in there.of("checkout.session", account).values() if s["status"] == "open"
    ]


def test_the_catalogue_is_made_once_and_anew_where_a_plan_changes(stripe_there, plan):
    Plan.objects.create(key="old", name="Old", monthly_cents=1, is_offered=False)
    assert catalogue.sync() == [plan]
    first = catalogue.listed(plan)
    assert set(first.meters) == {"text", "turn"}
    text = stripe_there.of("price")[first.meters["text"]]
    assert text["tiers"] == [
        {"up_to": 500, "unit_amount": 0}, {"up_to": "inf", "unit_amount_decimal": Decimal("2")}
    ]  # fmt: skip
    assert text["recurring"]["usage_type"] == "metered" and text["recurring"]["meter"]
    asked = len(stripe_there.requests)
    catalogue.sync()
    assert len(stripe_there.requests) == asked
    # Nothing is made twice, though we forgot what we made.
    Plan.objects.update(stripe_ids={})
    plan.refresh_from_db()
    assert catalogue.listed(plan) == first
    assert len(stripe_there.of("product")) == 1 and len(stripe_there.of("price")) == 3
    plan.monthly_cents, plan.number_overage = 6900, 50_000
    plan.save()
    second = catalogue.listed(plan)
    assert second.product == first.product and second.price != first.price
    assert second.meters == first.meters and second.number
    assert stripe_there.of("price")[second.price]["unit_amount"] == 6900


def test_what_breaks_in_between_is_gone_on_with(stripe_there, plan):
    stripe_there.faults.append(Fault("POST /v1/prices", 500))
    with pytest.raises(StripeProblem):
        catalogue.sync()
    catalogue.sync()
    assert len(stripe_there.of("product")) == 1 and len(stripe_there.of("price")) == 3


def test_a_checkout_names_its_business_and_the_other_has_nothing(
    stripe_there, plan, plumber, dentist
):
    url = begin(plumber, plan)
    (session,) = stripe_there.of("checkout.session").values()
    assert url == session["url"]
    about = {"business_id": str(plumber.business.pk), "plan": "standard", "payer": "business"}
    assert about.items() <= session["metadata"].items()
    assert about.items() <= session["subscription_data"]["metadata"].items()
    assert session["subscription_data"]["trial_period_days"] == 14
    assert [item.get("quantity") for item in session["line_items"]] == [1, None, None]
    ours = Subscription.objects.get()
    assert ours.business == plumber.business and ours.checkout_id == session["id"]
    assert ours.status == "none"
    assert begin(dentist, plan) != url
    assert Customer.objects.count() == 2


def test_an_agency_that_pays_has_one_customer_for_each_of_its_businesses(
    stripe_there, plan, plumber
):
    begin(plumber, plan, "agency")
    (customer,) = stripe_there.of("customer").values()
    assert customer["name"] == "Northwind Agency (Lakeside Plumbing)"
    assert customer["metadata"]["payer"] == "agency"


def test_our_own_trial_goes_on_at_stripe(stripe_there, plan, plumber):
    plan.trial_days = 9
    assert begin_trial(plumber.business, now=timezone.now(), plan=plan)
    assert not begin_trial(plumber.business, now=timezone.now() + timedelta(days=8), plan=plan)
    until = Subscription.objects.get().trial_end
    begin(plumber, plan)
    (session,) = stripe_there.of("checkout.session").values()
    assert session["subscription_data"]["trial_end"] == int(until.timestamp())
    # One that is nearly over is over: nobody gets a second one.
    Subscription.objects.update(trial_end=timezone.now() + timedelta(hours=3))
    stripe_there.expired_session("", {}, session["id"])
    begin(plumber, plan)
    (session,) = [s for s in stripe_there.of("checkout.session").values() if s["status"] == "open"]
    assert set(session["subscription_data"]) == {"metadata"}


def test_who_asks_twice_gets_the_same_checkout(stripe_there, plan, plumber):
    assert begin(plumber, plan) == begin(plumber, plan)
    assert len(stripe_there.of("checkout.session")) == 1


def test_many_at_once_open_one_checkout(stripe_there, plan, plumber):
    catalogue.sync()

    def one(_: int) -> str:
        try:
            return begin(plumber, plan)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        urls = set(pool.map(one, range(6)))
    assert len(urls) == 1
    assert len(open_ones(stripe_there)) == 1 and len(stripe_there.of("customer")) == 1


@pytest.mark.parametrize("do", ["drop_after", 500])
def test_an_answer_that_is_lost_opens_no_second_one(stripe_there, plan, plumber, do):
    # Where no answer comes the package itself tries three times.
    times = 1 if do == 500 else 3
    stripe_there.faults.append(Fault("POST /v1/checkout/sessions", do, times))
    with pytest.raises(StripeProblem):
        begin(plumber, plan)
    other = Plan.objects.create(key="more", name="More", monthly_cents=9900)
    # Another plan meanwhile: the one that may be open already is ended first.
    begin(plumber, other)
    (left,) = [s for s in stripe_there.of("checkout.session").values() if s["status"] == "open"]
    assert left["metadata"]["plan"] == "more"


def test_another_plan_ends_the_open_checkout(stripe_there, plan, plumber):
    begin(plumber, plan)
    other = Plan.objects.create(key="more", name="More", monthly_cents=9900, included_texts=1000)
    begin(plumber, other)
    sessions = list(stripe_there.of("checkout.session").values())
    assert [s["status"] for s in sessions] == ["expired", "open"]
    assert sessions[1]["metadata"]["plan"] == "more"


def test_who_has_paid_opens_no_second_one(stripe_there, plan, plumber):
    begin(plumber, plan)
    (session,) = open_ones(stripe_there)
    stripe_there.pay(session)
    # Its webhook has not come yet.
    with pytest.raises(CheckoutError, match="being taken"):
        begin(plumber, plan)
    Subscription.objects.update(subscription_id="sub_0001", status="past_due")
    with pytest.raises(CheckoutError, match="already"):
        begin(plumber, plan)
    # Once it has ended another may begin, without a second trial.
    Subscription.objects.update(status="canceled")
    begin(plumber, plan)
    (again,) = open_ones(stripe_there)
    assert again != session
    data = stripe_there.of("checkout.session")[again]["subscription_data"]
    assert set(data) == {"metadata"}
    assert len(stripe_there.of("subscription")) == 1


def test_what_cannot_be_bought_says_so(stripe_there, plan, plumber):
    with pytest.raises(CheckoutError, match="payer"):
        begin(plumber, plan, "somebody")
    plan.is_offered = False
    with pytest.raises(CheckoutError, match="plan"):
        begin(plumber, plan)
    with pytest.raises(CheckoutError, match="no subscription"):
        checkout.open_portal(plumber.business, back_to=BACK, now=timezone.now())
    assert stripe_there.requests == []


def test_the_portal_is_the_payers_own(stripe_there, plan, plumber):
    begin(plumber, plan)
    url = checkout.open_portal(plumber.business, back_to=BACK, now=timezone.now())
    (session,) = stripe_there.of("billing_portal.session").values()
    assert session["id"] in url
    assert session["customer"] == Customer.objects.get().customer_id


def test_an_agency_charges_its_clients_on_its_own_account(stripe_there, plan, plumber, dentist):
    agency, now = plumber.business.agency, timezone.now()
    url = connect.onboarding_link(agency, back_to=BACK, again_at=BACK, now=now)
    connect.onboarding_link(agency, back_to=BACK, again_at=BACK, now=now + timedelta(hours=1))
    (account,) = stripe_there.of("account")
    assert account in url
    AgencyAccount.objects.update(fee_percent=20, markup_percent=50)
    # Until Stripe says that it may charge, we do.
    assert checkout.account_for(plumber.business, "business") == ""
    stripe_there.onboarded(account)
    assert connect.look(agency) == "on"
    begin(plumber, plan)
    begin(dentist, plan)
    (session,) = stripe_there.of("checkout.session", account).values()
    assert session["subscription_data"]["application_fee_percent"] == 20.0
    price = stripe_there.of("price", account)[session["line_items"][0]["price"]]
    assert price["unit_amount"] == 8850
    text = stripe_there.of("price", account)[session["line_items"][1]["price"]]
    assert text["tiers"][1]["unit_amount_decimal"] == 3
    assert Subscription.objects.get(business=plumber.business).account_id == account
    # The other agency's client is ours.
    (theirs,) = stripe_there.of("checkout.session").values()
    assert "application_fee_percent" not in theirs["subscription_data"]


def test_a_new_business_tries_it_where_billing_is_on(
    stripe_there, plan, plumber, dentist, settings
):
    went_live(plumber.business, timezone.now())
    ours = Subscription.objects.get()
    assert (ours.business, ours.status) == (plumber.business, "none")
    assert ours.trial_end > timezone.now() + timedelta(days=13)
    settings.STRIPE_SECRET_KEY = ""
    went_live(dentist.business, timezone.now())
    assert Subscription.objects.count() == 1 and stripe_there.requests == []


def test_a_checkout_left_before_it_went_live_takes_no_trial_away_and_gives_none_twice(
    stripe_there, plan, plumber, dentist
):
    Subscription.objects.create(business=plumber.business, plan=plan)
    went_live(plumber.business, timezone.now())
    ends = Subscription.objects.get().trial_end
    assert timezone.now() + timedelta(days=13) < ends < timezone.now() + timedelta(days=15)
    went_live(plumber.business, timezone.now() + timedelta(days=9))
    assert Subscription.objects.get().trial_end == ends
    # Who has subscribed has no trial of ours.
    Subscription.objects.create(business=dentist.business, plan=plan, subscription_id="sub_1")
    went_live(dentist.business, timezone.now())
    assert Subscription.objects.get(business=dentist.business).trial_end is None
