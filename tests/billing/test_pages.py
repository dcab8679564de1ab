"""Billing under Settings: who may see it, what it says, and the way to Stripe and back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import services
from billing.models import Invoice, Plan, Subscription, UsageRecord
from tenants.models import Membership, Role
from tests.inbox.conftest import Member, a_member
from tests.support.stripe_stand_in import Fault

PAGE = "/settings/billing/"


@pytest.fixture
def owner(plumber) -> Member:
    return Member(plumber.owner, plumber.host)


@pytest.fixture
def other_owner(dentist) -> Member:
    return Member(dentist.owner, dentist.host)


@pytest.fixture
def pays_himself(plan, plumber, dentist) -> None:
    """Both agencies have opened a checkout that the business is to pay; nobody has yet."""
    for biz in (plumber, dentist):
        Subscription.objects.create(business=biz.business, plan=plan, payer="business")


def test_without_a_key_the_page_says_so(world, plan, owner, pays_himself):
    page = owner.get(PAGE)
    assert "Billing is switched off on this installation" in page
    assert "billing/plans/" not in page and "Invoices" not in page
    # The door itself is shut as well.
    assert "Stripe does not answer" in owner.post(f"{PAGE}plans/standard/")


def test_only_an_owner_looks(stripe_there, plan, plumber, dentist):
    for role in (Role.AGENT, Role.MANAGER):
        member = Member(a_member(plumber, role, role.title()), plumber.host)
        assert "Billing is an owner" in member.get(PAGE, 403)
        for path in (PAGE, f"{PAGE}manage/", f"{PAGE}plans/standard/"):
            member.post(path, status=403)
    Member(dentist.owner, plumber.host).get(PAGE, 404)
    assert stripe_there.requests == []


def test_the_way_to_a_checkout(
    stripe_there, plan, pays_himself, owner, other_owner, plumber, dentist
):
    page = owner.get(PAGE)
    assert "$59.00 a month" in page and "then 2 ¢ each" in page and "test mode" in page
    leaving = owner.post(f"{PAGE}plans/standard/", status=200)
    (session,) = stripe_there.of("checkout.session").values()
    assert session["url"] in leaving
    assert session["success_url"] == f"http://{plumber.host}{PAGE}?checkout=done"
    assert session["metadata"]["payer"] == "business"
    assert "It can take a minute" in owner.get(PAGE, checkout="done")
    owner.post(f"{PAGE}plans/nothing/", status=404)
    assert Subscription.objects.exclude(checkout_id="").get().business == plumber.business


def test_an_agencys_owner_pays_as_the_agency(stripe_there, plan, plumber, dentist):
    found = Membership.objects.get(agency=plumber.business.agency, role=Role.AGENCY_OWNER)
    Member(found.user, plumber.host).post(f"{PAGE}plans/standard/", status=200)
    (session,) = stripe_there.of("checkout.session").values()
    assert session["metadata"]["payer"] == "agency"


def test_stripe_that_does_not_answer_loses_nothing(
    stripe_there, plan, pays_himself, owner, dentist
):
    stripe_there.faults.append(Fault("POST /v1/customers", 500))
    assert "Nothing was charged" in owner.post(f"{PAGE}plans/standard/")
    owner.post(f"{PAGE}plans/standard/", status=200)


@pytest.fixture
def subscribed(stripe_there, plan, plumber, dentist):
    stripe_there.of("customer")["cus_1"] = {"id": "cus_1"}
    made = Subscription.objects.create(
        business=plumber.business, plan=plan, status="past_due", customer_id="cus_1",
        payer="business", subscription_id="sub_1", past_due_since=timezone.now() - timedelta(days=20),
        period_end=timezone.now() + timedelta(days=4), begun_at=timezone.now(),
    )  # fmt: skip
    for biz, number in ((plumber, "RB-1"), (dentist, "RB-2")):
        Invoice.objects.create(
            invoice_id=number, business=biz.business, number=number, status="open",
            currency="usd", total_cents=5900, paid_cents=0, issued_at=timezone.now(),
            as_of=timezone.now(), hosted_url="https://invoice.stripe.example/1",
        )  # fmt: skip
        UsageRecord.objects.create(
            business=biz.business, kind="sms_segment", key=number, quantity=7,
            occurred_at=timezone.now(),
        )  # fmt: skip
    return made


def test_it_shows_what_is_owed_used_and_invoiced(subscribed, stripe_there, owner):
    page = owner.get(PAGE)
    assert "Payment overdue" in page and "wait in the inbox to be called back" in page
    assert "RB-1" in page and "RB-2" not in page and "$59.00" in page and "To pay" in page
    assert "7 text segments in this month" in page
    assert "billing/plans/" not in page
    leaving = owner.post(f"{PAGE}manage/", status=200)
    assert next(iter(stripe_there.of("billing_portal.session"))) in leaving


def test_the_budget_is_the_owners_and_says_what_is_wrong(subscribed, owner, other_owner):
    for typed, words in (
        ({"budget": "much"}, "Write an amount"), ({"budget": "1.234"}, "Write an amount"),
        ({"budget": "-5"}, "Write an amount"), ({"budget": "NaN"}, "Write an amount"),
        ({"stops": "on"}, "Say first how much"),
    ):  # fmt: skip
        page = owner.post(PAGE, typed, status=422)
        assert words in page and typed.get("budget", "checked") in page
    owner.post(PAGE, {"budget": "1,050.50", "stops": "on"})
    ours = Subscription.objects.get()
    assert (ours.budget_cents, ours.budget_stops) == (105_050, True)
    owner.post(PAGE, {"budget": ""})
    ours.refresh_from_db()
    assert (ours.budget_cents, ours.budget_stops) == (None, False)
    other_owner.post(PAGE, {"budget": "5"}, status=422)


def test_whoever_does_not_pay_reaches_nothing_of_the_payers(
    subscribed, stripe_there, owner, plumber, dentist
):
    boss = Membership.objects.get(agency=plumber.business.agency, role=Role.AGENCY_OWNER).user
    agency = Member(boss, plumber.host)
    large = Plan.objects.create(key="large", name="Large", monthly_cents=19_900, included_texts=1)
    Invoice.objects.filter(business=plumber.business).update(agency_id=plumber.business.agency_id)
    doors = (("post", f"{PAGE}manage/"), ("get", f"{PAGE}change/{large.key}/"),
             ("post", f"{PAGE}change/{large.key}/"))  # fmt: skip
    for payer, stranger, mine in (("agency", owner, agency), ("business", agency, owner)):
        Subscription.objects.update(payer=payer, status="active")
        stripe_there.requests.clear()
        for method, path in doors:
            assert "Whoever pays changes it" in getattr(stranger, method)(path, status=403)
        page = stranger.get(PAGE)
        assert f"{PAGE}manage/" not in page and f"change/{large.key}/" not in page
        assert stripe_there.requests == []
        assert f"{PAGE}manage/" in mine.get(PAGE)
        # An agency's price, address and invoice are not its client's to read.
        assert "RB-1" not in owner.get(PAGE) and "RB-1" in agency.get(PAGE)


def test_an_agencys_client_reads_no_price_that_is_not_his(
    stripe_there, plan, plumber, dentist, owner
):
    """Before anything was begun, in a trial, and while the agency pays."""
    boss = Membership.objects.get(agency=plumber.business.agency, role=Role.AGENCY_OWNER).user
    for status in (None, "none", "active"):
        if status:
            Subscription.objects.update_or_create(
                business=plumber.business,
                defaults={
                    "plan": plan,
                    "status": status,
                    "budget_cents": 7700,
                    "customer_id": "cus_9",
                },
            )
        page = owner.get(PAGE)
        for hidden in ("$", "billing/plans/", "Above the plan", "then 2", 'name="budget"'):
            assert hidden not in page, (status, hidden)
        assert f"Card, plan and invoices are with {plumber.business.agency.name}" in page
        assert "Whoever pays changes it" in owner.post(f"{PAGE}plans/standard/", status=403)
        agencys = Member(boss, plumber.host).get(PAGE)
        assert ("Above the plan" if status else "$59.00 a month") in agencys
    assert "Whoever pays changes it" in owner.post(PAGE, {"budget": "5"}, status=403)
    assert Subscription.objects.get().budget_cents == 7700
    assert stripe_there.requests == []


def test_what_is_owed_is_said_with_the_way_to_pay_it(subscribed, stripe_there, owner, plumber):
    Invoice.objects.filter(number="RB-2").update(business=plumber.business, status="paid")
    page = owner.get(PAGE)
    assert "A payment is overdue." in page and "Pay $59.00 at Stripe" in page
    assert (
        page.count('href="https://invoice.stripe.example/1"') == 3
    )  # the button, and both in the list
    # Whoever does not pay is told who does, and what is the payer's is not shown.
    Subscription.objects.update(payer="agency")
    name = plumber.business.agency.name
    page = owner.get(PAGE)
    assert f"Only {name} can pay it" in page and "Pay $59.00" not in page
    Subscription.objects.update(status="active", past_due_since=None)
    assert f"Card, plan and invoices are with {name}" in owner.get(PAGE)


def test_whoever_comes_back_from_stripe_is_told_and_cannot_choose_twice(
    stripe_there, plan, pays_himself, owner, plumber, dentist
):
    assert "Choose" in owner.get(PAGE, checkout="left")
    assert "nothing was charged" in owner.get(PAGE, checkout="left")
    page = owner.get(PAGE, checkout="done")
    assert "billing/plans/" not in page and 'hx-trigger="every 4s"' in page
    Subscription.objects.filter(business=plumber.business).update(
        status="active", customer_id="cus_1", subscription_id="sub_1"
    )
    page = owner.get(PAGE, checkout="done")
    assert "The subscription has begun." in page and "every 4s" not in page
    assert "The subscription has begun." not in owner.get(PAGE)
    Plan.objects.update(is_offered=False)
    Subscription.objects.update(status="none", customer_id="", subscription_id="")
    assert "No plan is offered yet" in owner.get(PAGE)


def test_our_own_trial_is_named_until_it_is_over(stripe_there, plan, owner, plumber, dentist):
    ours = Subscription.objects.create(
        business=plumber.business, plan=plan, trial_end=timezone.now() + timedelta(days=9)
    )
    page = owner.get(PAGE)
    assert ">Trial</span>" in page and "The trial is over" not in page
    Subscription.objects.filter(pk=ours.pk).update(trial_end=timezone.now() - timedelta(days=1))
    assert ">The trial is over</span>" in owner.get(PAGE)


@pytest.mark.parametrize(
    ("status", "days", "says", "to_members"),
    [
        ("none", -2, "The trial ends on", False), ("none", -9, "", False),
        ("none", 1, "The trial is over. The assistant does not write", False),
        ("past_due", 1, "A payment is overdue. The assistant does not write", False),
        ("past_due", 20, "A payment is overdue. Missed calls get no text now", True),
        ("unpaid", 1, "An invoice is unpaid. Missed calls get no text now", True),
        ("canceled", 1, "The subscription has ended. No texts go out now", True),
        ("active", 1, "", False),
    ],
)  # fmt: skip
def test_above_every_page_stands_what_is_owed(
    stripe_there, plan, owner, other_owner, plumber, dentist, status, days, says, to_members
):
    agent = Member(a_member(plumber, Role.AGENT, "Ann"), plumber.host)
    counted = timezone.now() - timedelta(days=days)
    Subscription.objects.create(
        business=plumber.business, plan=plan, status=status, past_due_since=counted,
        trial_end=counted if status == "none" else None,
    )  # fmt: skip
    services.forget_kept()
    for path in ("/", "/contacts/", "/settings/"):
        page, theirs = owner.get(path), agent.get(path)
        assert ('class="owing ' in page) == bool(says) and says in page, path
        assert ('class="owing ' in theirs) == to_members, path
        # The money is an owner's: to others the line leads nowhere.
        assert "owing__to" not in theirs and ("owing__to" in page) == bool(says)
        assert 'class="owing ' not in other_owner.get(path)
    # The page of the money says it itself.
    assert 'class="owing ' not in owner.get(PAGE)


def test_without_a_key_nothing_stands_above_the_pages(world, plan, owner, plumber, dentist):
    Subscription.objects.create(business=plumber.business, plan=plan, status="unpaid")
    services.forget_kept()
    assert "owing" not in owner.get("/")
    assert Subscription.objects.count() == 1
