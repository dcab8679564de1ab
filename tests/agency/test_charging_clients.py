"""An agency charges its clients itself: from the button on its page to a client's bill on its own account."""

from __future__ import annotations

import re
from decimal import Decimal

from billing.models import AgencyAccount, Invoice, StripeEvent, Subscription
from tenants.models import AgencyEntry
from tests.billing.conftest import (  # noqa: F401 - fixtures
    CONNECT_SECRET,
    deliver,
    plan,
    stripe_there,
)
from tests.inbox.conftest import Member

SETTINGS = "/settings/billing/"


def test_from_the_button_to_a_clients_bill_on_the_agencys_own_account(
    north, south, stripe_there, plan, deliver, work  # noqa: F811
):  # fmt: skip
    leaving = north.boss.post(north.url("billing/connect/"), status=200)
    (account,) = stripe_there.of("account")
    assert account in re.search(r'href="(http[^"]+)" rel="noreferrer"', leaving)[1]
    ours = AgencyAccount.objects.get()
    assert (ours.agency, ours.connect_id, ours.fee_percent) == (north.agency, account, Decimal(20))
    # Stripe says what becomes of it by its webhook: nobody needs to look.
    stripe_there.onboarded(account)
    assert deliver(stripe_there.events[-1], CONNECT_SECRET, "connect/").status_code == 200
    work()
    assert "Takes payments" in north.boss.get(north.url("billing/"))
    assert StripeEvent.objects.get().applied_at is not None
    entry = AgencyEntry.objects.get(action="billing.connect_on")
    assert (entry.agency, entry.actor) == (north.agency, "Stripe")
    # Its client subscribes: a direct charge at its mark-up, with our share.
    north.boss.post(north.url("billing/"), {"markup": "50"})
    client = Member(north.first.owner, north.first.host)
    assert "$88.50 a month" in client.get(SETTINGS)
    client.post(f"{SETTINGS}plans/{plan.key}/", status=200)
    (session,) = stripe_there.of("checkout.session", account).values()
    assert session["subscription_data"]["application_fee_percent"] == 20.0
    assert not stripe_there.of("checkout.session") and not stripe_there.of("customer")
    paid = stripe_there.pay(session["id"], account, status="active")
    for event in stripe_there.events[-4:]:
        assert deliver(event, CONNECT_SECRET, "connect/").status_code == 200
    work()
    ours = Subscription.objects.get()
    assert (ours.business, ours.status) == (north.first.business, "active")
    assert (ours.account_id, ours.subscription_id) == (account, paid["id"])
    assert (ours.markup_percent, ours.fee_percent) == (Decimal(50), Decimal(20))
    assert Invoice.objects.get().total_cents == 8850
    assert "$88.50" in client.get(SETTINGS)
    page = north.boss.get(north.url("billing/"))
    assert "$17.70" in page and "$70.80" in page  # our share of 88.50, and what is left
    theirs = south.boss.get(south.url("billing/"))
    assert "Takes payments" not in theirs and "$88.50" not in theirs
    # Stripe holds the account: the page says so, and nobody is charged by us instead.
    due = {"currently_due": ["company.tax_id"], "past_due": [], "disabled_reason": "listed"}
    stripe_there.account_is(account, charges_enabled=False, requirements=due)
    deliver(stripe_there.events[-1], CONNECT_SECRET, "connect/")
    work()
    assert "Held by Stripe" in north.boss.get(north.url("billing/"))
    assert AgencyEntry.objects.filter(action="billing.connect_off").count() == 1
    path = north.url(f"billing/{north.second.pk}/subscribe/")
    page = north.boss.post(path, {"plan": plan.key, "payer": "business"})
    assert "Held by Stripe" in page
    assert Subscription.objects.count() == 1


def test_what_support_agreed_with_an_agency_before_stays(north, south, stripe_there):  # noqa: F811
    AgencyAccount.objects.create(agency=south.agency, fee_percent=7)
    for bureau in (north, south):
        bureau.boss.post(bureau.url("billing/connect/"), status=200)
    assert AgencyAccount.objects.get(agency=south.agency).fee_percent == 7
    assert AgencyAccount.objects.get(agency=north.agency).fee_percent == 20
