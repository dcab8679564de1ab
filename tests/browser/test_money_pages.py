"""What paying looks like: a business from its trial to an unpaid bill, its agency, and the way to Stripe and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.browser.test_every_agency_page import sign_in as sign_in_agency
from tests.browser.test_every_page import LOOKS, faults
from tests.browser.test_newcomer import sign_in
from tests.support.platform import Platform, eventually
from tests.support.stripe_stand_in import StripeStandIn, stripe_server

pytestmark = [pytest.mark.browser, pytest.mark.processes]
_SECRETS = {"": "whsec_of_the_platform", "connect/": "whsec_of_the_agencies"}
# Two plans, and a trial with two days to go for each business of the demo.
_BEGIN = """
from datetime import timedelta
from django.utils import timezone
from billing.models import Plan, Subscription
from tenants.models import Business
small = Plan.objects.create(key='standard', name='Standard', monthly_cents=5900, included_texts=500,
    included_turns=50, text_overage=200, turn_overage=900, trial_days=14)
Plan.objects.create(key='large', name='Large', monthly_cents=14900, included_texts=2500,
    included_turns=250, text_overage=150, turn_overage=700, trial_days=14, position=1)
ends = timezone.now() + timedelta(days=2, hours=12)
for business in Business.objects.all():
    # Their agency has opened a checkout for these two, so that they pay themselves.
    pays = "business" if business.name in ("Lakeside Plumbing", "Desert Dental") else "agency"
    Subscription.objects.create(business=business, plan=small, trial_end=ends, payer=pays)
"""
_ID = "from tenants.models import Business; print(Business.objects.get(name=%r).pk)"


@dataclass
class Paid:
    """A platform that bills, and the Stripe it bills at."""

    live: Platform
    stripe: StripeStandIn
    told: int = 0

    def tell(self) -> None:
        """Deliver what Stripe has to say since it was last asked."""
        for event in self.stripe.events[self.told :]:
            door = "connect/" if event.get("account") else ""
            body, header = self.stripe.signed(event, _SECRETS[door])
            answer = httpx.post(
                f"http://127.0.0.1:{self.live.port}/billing/stripe/{door}", content=body, timeout=60,
                headers={"Stripe-Signature": header, "Content-Type": "application/json", "Host": "localhost"},
            )  # fmt: skip
            assert answer.status_code == 200, answer.text
        self.told = len(self.stripe.events)


@pytest.fixture(scope="module")
def paid() -> Iterator[Paid]:
    """The demo's businesses on an installation that bills."""
    with stripe_server() as (stripe, address):
        platform = Platform(
            STRIPE_SECRET_KEY="sk_test_of_the_walk", STRIPE_API_BASE=address,
            STRIPE_WEBHOOK_SECRET=_SECRETS[""], STRIPE_CONNECT_WEBHOOK_SECRET=_SECRETS["connect/"],
        )  # fmt: skip
        try:
            platform.start_all()
            platform.manage("shell", "-c", _BEGIN)
            yield Paid(platform, stripe)
            assert stripe.mistakes == []
        finally:
            platform.stop()


def until(page: Any, address: str, there: str) -> None:
    """Open a page again until it shows something; a worker brings it."""

    def seen() -> bool:
        page.goto(address)
        return page.locator(there).count() > 0

    assert eventually(seen, 60, 0.5), (address, there)


@pytest.mark.parametrize(
    ("look", "slug", "name"),
    [(LOOKS[0], "lakeside-plumbing", "Lakeside Plumbing"), (LOOKS[1], "desert-dental", "Desert Dental")],
    ids=["desk", "phone"],
)  # fmt: skip
def test_a_business_from_its_trial_to_an_unpaid_bill(paid, new_page, picture, look, slug, name):
    width, height, scheme, language = look
    page, live, stripe = new_page(width, height, scheme), paid.live, paid.stripe
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    host = sign_in(page, live, slug, f"owner@{slug.partition('-')[0]}.example")
    billing, wrong = f"{host}/settings/billing/", {}

    def see(what: str) -> None:
        page.wait_for_load_state()
        if found := faults(page, width, height):
            wrong[what] = found
        picture(page, f"money-{what}-{width}")

    # The inbox says that the trial ends, and leads on.
    see("trial-inbox")
    page.locator(".owing--warn .owing__to").click()
    page.wait_for_url(billing)
    see("trial")
    page.goto(f"{billing}?checkout=left")
    page.locator("#state .banner").wait_for()
    see("left")
    page.locator("form[action$='/plans/standard/'] button").click()
    see("leaving")
    assert re.match(
        r"https://checkout\.stripe\.example/", page.locator(".panel a").first.get_attribute("href")
    )

    # Whoever comes back before Stripe has told us cannot choose twice, and sees it begin.
    page.goto(f"{billing}?checkout=done")
    assert page.locator("#plans-title").count() == 0
    mine = live.manage("shell", "-c", _ID % name).strip().splitlines()[-1]
    (session,) = (
        s["id"] for s in stripe.of("checkout.session").values() if s["client_reference_id"] == mine
    )
    subscription = stripe.pay(session)["id"]
    paid.tell()
    page.locator("#state .banner--good").wait_for()
    see("begun")
    page.goto(billing)
    page.locator("#others-title").wait_for()
    see("running")
    page.locator("a[href*='/billing/change/large/']").click()
    page.locator("#change-title").wait_for()
    see("change")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(billing)

    # What is owed is said with the way to pay it, there and above every other page.
    stripe.change(subscription, status="past_due")
    stripe.bill(subscription, paid=False)
    paid.tell()
    until(page, billing, f"#state a[href='https://invoice.stripe.example/{subscription}']")
    see("overdue")
    until(page, f"{host}/", ".owing--warn")
    see("overdue-inbox")
    stripe.change(subscription, status="unpaid")
    paid.tell()
    until(page, f"{host}/contacts/", ".owing--bad")
    see("unpaid-contacts")
    assert wrong == {}


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_an_agency_pays_and_is_paid(paid, new_page, picture, width, height, scheme, language):
    page, live, stripe = new_page(width, height, scheme), paid.live, paid.stripe
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    billing, wrong = f"{live.base_url}{sign_in_agency(page, live)}billing/", {}

    def see(what: str) -> None:
        page.wait_for_load_state()
        if found := faults(page, width, height):
            wrong[what] = found
        picture(page, f"money-agency-{what}-{width}")

    for query in ("", "?checkout=done", "?checkout=left", "?connect=again"):
        page.goto(billing + query)
        page.locator("#connect-title").wait_for()
        see(f"list{query.replace('?', '-').replace('=', '-')}")
    page.locator(".firms__acts summary").first.click()
    page.locator(".fold__box select").first.wait_for()
    see("subscribe")
    connect = page.locator("form[action$='/billing/connect/'] button")
    if connect.count():  # the walks of one server come here in turn
        connect.click()
        page.locator("a[href^='https://connect.stripe.example/setup/']").wait_for()
        see("leaving")
        page.goto(f"{billing}?connect=done")
        see("connect-open")
        (account,) = stripe.of("account")
        stripe.onboarded(account)
        paid.tell()
        until(page, billing, "#connect-title .badge--good")
    see("connected")
    assert connect.count() == 0
    # The way to a business's own plan and budget.
    page.locator("form:has([name=path][value='/settings/billing/']) button").first.click()
    page.wait_for_url("**/settings/billing/")
    see("of-a-business")
    assert wrong == {}
