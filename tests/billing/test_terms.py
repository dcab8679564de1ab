"""What was sold stays as it was sold, and what is shown is what Stripe charges."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from billing import applying, changing, checkout, connect, selling
from billing.account_states import Shown, read, state
from billing.models import AgencyAccount, Plan, Subscription
from billing.pricing import price_paid
from billing.spending import money_of
from tenants.models import User
from tests.inbox.conftest import Member

BACK = "https://lakeside.localhost/settings/billing/"
PAGE = "/settings/billing/"
ANOTHER = {
    "key": "other", "currency": "eur", "monthly_cents": 6900, "included_texts": 1,
    "included_turns": 1, "included_numbers": 9, "text_overage": None, "turn_overage": 1,
    "number_overage": 5,
}  # fmt: skip


def apply(there, account: str, name: str) -> None:
    shown = {"subscription": there.of("subscription", account)[name]}
    with transaction.atomic():
        assert applying.keep(account, shown, timezone.now()) == ""


def sells(agency, there, **terms) -> str:
    """Let an agency charge its clients itself; returns its account."""
    now = timezone.now()
    connect.onboarding_link(agency, back_to=BACK, again_at=BACK, now=now)
    ours = AgencyAccount.objects.get(agency=agency)
    there.onboarded(ours.connect_id)
    assert connect.look(agency) == "on"
    AgencyAccount.objects.filter(pk=ours.pk).update(**terms)
    return ours.connect_id


@given(
    st.integers(0, 10**7), st.none() | st.integers(0, 10**6),
    st.decimals(0, 1000, places=2), st.sampled_from(["agency", "business"]), st.booleans(),
)  # fmt: skip
def test_only_who_pays_at_the_agencys_own_account_pays_its_mark_up(
    monthly, overage, markup, payer, sold
):
    plan = Plan(key="x", monthly_cents=monthly, included_texts=5, text_overage=overage)
    paid = price_paid(plan, payer, sells=sold, markup=markup)
    assert (paid.texts, paid.turn, paid.number) == (5, None, None)
    assert (paid.text is None) is (overage is None)
    if sold and payer == "business":
        assert abs(paid.monthly - monthly * (1 + markup / 100)) <= Decimal("0.5")
        assert overage is None or abs(paid.text - overage * (1 + markup / 100)) <= Decimal("0.5")
    else:
        assert (paid.monthly, paid.text) == (monthly, overage)


@pytest.mark.parametrize("field", selling.TERMS)
def test_nobody_changes_the_terms_of_a_plan_that_was_sold(world, plan, field):
    free = Plan.objects.create(key="free", name="Free", monthly_cents=100)
    Plan.objects.filter(pk=free.pk).update(**{field: ANOTHER[field]})
    selling.sell(plan, timezone.now())
    with pytest.raises(IntegrityError, match="was sold"):
        Plan.objects.filter(pk=plan.pk).update(**{field: ANOTHER[field]})
    # What does not belong to its terms still changes.
    Plan.objects.filter(pk=plan.pk).update(name="Standard I", is_offered=False, trial_days=3)
    plan.refresh_from_db()
    assert plan.name == "Standard I" and getattr(plan, field) != ANOTHER[field]


def test_a_plan_is_sold_once_a_payer_was_sent_to_a_checkout(stripe_there, plan, plumber, dentist):
    other = Plan.objects.create(key="more", name="More", monthly_cents=9900)
    # Somebody changed it after it was read, before it was sold: the price is that of the row.
    Plan.objects.filter(pk=plan.pk).update(monthly_cents=6000)
    checkout.open_checkout(plumber.business, plan, "agency", back_to=BACK, now=timezone.now())
    (session,) = stripe_there.of("checkout.session").values()
    price = stripe_there.of("price")[session["line_items"][0]["price"]]
    assert price["unit_amount"] == 6000
    with pytest.raises(IntegrityError):
        Plan.objects.filter(pk=plan.pk).update(monthly_cents=7000)
    with pytest.raises(IntegrityError):
        Plan.objects.filter(pk=plan.pk).update(sold_at=None)
    assert not selling.is_sold(other)
    # A subscription that came about elsewhere closes them as well.
    Subscription.objects.create(business=dentist.business, plan=other, subscription_id="sub_x")
    assert selling.is_sold(other)
    with pytest.raises(IntegrityError):
        Plan.objects.filter(pk=other.pk).update(text_overage=1)


def test_support_offers_another_plan_instead(world, plan, settings):
    selling.sell(plan, timezone.now())
    support = User.objects.create_superuser("ops@ringback.example", "x", name="Ops")
    desk = Member(support, "localhost")
    path = "/admin/billing/plan/"
    page = desk.get(f"{path}{plan.pk}/change/")
    assert 'name="name"' in page and 'name="is_offered"' in page
    for field in selling.TERMS:
        assert f'name="{field}"' not in page, field
    desk.post(path, {"action": "new_version", "_selected_action": [plan.pk]})
    made = Plan.objects.exclude(pk=plan.pk).get()
    assert (made.key, made.is_offered, made.sold_at) == ("standard-v2", False, None)
    assert (made.monthly_cents, made.stripe_ids) == (5900, {})
    assert 'name="monthly_cents"' in desk.get(f"{path}{made.pk}/change/")
    assert selling.next_version(made).key == "standard-v3"


def test_what_a_client_is_shown_is_what_its_agency_charges_and_stays(
    stripe_there, plan, plumber, dentist
):
    """From the card on the page to Stripe's price, the month's use, the cap, another plan and the API's price."""
    large = Plan.objects.create(
        key="large", name="Large", monthly_cents=11_800, included_texts=2000, text_overage=150
    )
    owner = Member(plumber.owner, plumber.host)
    assert "a month" not in owner.get(PAGE)
    account = sells(plumber.business.agency, stripe_there, markup_percent=50, fee_percent=20)
    page = owner.get(PAGE)
    assert "$88.50 a month" in page and "then 3 ¢ each" in page and "$177.00 a month" in page
    assert "$59.00" not in page
    # The other agency's client reads nothing.
    assert "a month" not in Member(dentist.owner, dentist.host).get(PAGE)
    owner.post(f"{PAGE}plans/standard/", status=200)
    (session,) = stripe_there.of("checkout.session", account).values()
    price = stripe_there.of("price", account)[session["line_items"][0]["price"]]
    assert price["unit_amount"] == 8850
    # Another mark-up before it is paid: the open checkout is no longer the one on the page.
    AgencyAccount.objects.filter(connect_id=account).update(markup_percent=40)
    assert "$82.60 a month" in owner.get(PAGE)
    owner.post(f"{PAGE}plans/standard/", status=200)
    (session,) = [
        s for s in stripe_there.of("checkout.session", account).values() if s["status"] == "open"
    ]
    price = stripe_there.of("price", account)[session["line_items"][0]["price"]]
    assert price["unit_amount"] == 8260 and price["metadata"]["markup"] == "40.00"
    made = stripe_there.pay(session["id"], account, status="active")
    apply(stripe_there, account, made["id"])
    ours = Subscription.objects.select_related("plan").get(business=plumber.business)
    assert (ours.markup_percent, ours.fee_percent) == (Decimal(40), Decimal(20))
    # What the agency and we agree afterwards is for others.
    AgencyAccount.objects.filter(connect_id=account).update(markup_percent=90, fee_percent=70)
    assert (selling.price_of(ours).monthly, selling.price_of(ours).text) == (8260, 280)
    until = timezone.now() + timedelta(days=3)
    Subscription.objects.filter(pk=ours.pk).update(used_texts=600, used_until=until)
    found = money_of(plumber.business, timezone.now())
    assert (found.price, found.spend) == (8540, 1708)
    # Another plan is sold at the mark-up of today, and then keeps that.
    page = owner.get(f"{PAGE}change/large/")
    assert "$224.20" in page and "$82.60 so far" in page
    at = timezone.now().replace(microsecond=0)
    changing.change(plumber.business, large, at=at, now=timezone.now())
    apply(stripe_there, account, made["id"])
    ours = Subscription.objects.select_related("plan").get(business=plumber.business)
    assert (ours.plan.key, ours.markup_percent) == ("large", Decimal(90))
    assert selling.price_of(ours).monthly == 22_420


def test_nobody_is_charged_by_us_while_stripe_holds_the_agencys_account(
    stripe_there, plan, plumber, dentist
):
    account = sells(plumber.business.agency, stripe_there)
    stripe_there.account_is(
        account, charges_enabled=False,
        requirements={"past_due": ["company.tax_id"], "currently_due": ["company.tax_id"],
                      "disabled_reason": "requirements.past_due"},
    )  # fmt: skip
    assert connect.look(plumber.business.agency) == "held"
    with pytest.raises(checkout.CheckoutError, match="account"):
        checkout.account_for(plumber.business, "business")
    assert checkout.account_for(plumber.business, "agency") == ""
    assert checkout.account_for(dentist.business, "business") == ""
    owner = Member(plumber.owner, plumber.host)
    assert "$" not in owner.get(PAGE)
    Subscription.objects.create(business=plumber.business, plan=plan, payer="business")
    page = owner.get(PAGE)
    assert "$59.00" not in page and "billing/plans/" not in page
    assert "No plan is offered yet" in page
    assert "Stripe is checking" in owner.post(f"{PAGE}plans/standard/")
    assert not stripe_there.of("checkout.session") and not stripe_there.of("customer")


@pytest.mark.parametrize("is_on", [False, True])
def test_stripe_reckons_tax_where_it_is_switched_on_and_we_charge(
    stripe_there, plan, plumber, dentist, settings, is_on
):
    settings.STRIPE_TAX = is_on
    account = sells(dentist.business.agency, stripe_there)
    for biz in (plumber, dentist):
        checkout.open_checkout(biz.business, plan, "business", back_to=BACK, now=timezone.now())
    (ours,) = stripe_there.of("checkout.session").values()
    (theirs,) = stripe_there.of("checkout.session", account).values()
    assert (ours.get("automatic_tax") == {"enabled": True}) is is_on
    assert (ours.get("tax_id_collection") == {"enabled": True}) is is_on
    assert (ours.get("customer_update") == {"address": "auto", "name": "auto"}) is is_on
    assert not {"automatic_tax", "tax_id_collection", "customer_update"} & theirs.keys()


def test_an_account_is_read_whatever_stripe_leaves_out():
    assert read({}) == Shown() and read({"requirements": None}) == Shown()
    due = {"currently_due": ["a", "b"], "past_due": ["b"], "disabled_reason": "rejected.fraud"}
    shown = read({"charges_enabled": "yes", "details_submitted": True, "requirements": due})
    assert shown == Shown(False, True, ("b", "a"), "rejected.fraud")
    for begun, held, wanted in (
        (False, shown, "none"), (True, shown, "held"), (True, Shown(), "unfinished"),
        (True, Shown(False, True), "checking"), (True, Shown(True, True), "on"),
        (True, Shown(True, True, ("a",)), "wanted"),
        (True, Shown(False, True, (), "under_review"), "checking"),
        (True, Shown(False, True, (), "listed"), "held"),
    ):  # fmt: skip
        assert state(begun, held) == wanted
