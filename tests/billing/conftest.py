"""Stripe on this machine, and a plan to sell."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from billing import services
from billing.models import Plan
from tests.support.stripe_stand_in import StripeStandIn, stripe_server

SECRET, CONNECT_SECRET = "whsec_of_the_platform", "whsec_of_the_agencies"


@pytest.fixture
def stripe_there(world, settings) -> Iterator[StripeStandIn]:
    """Billing is on, and Stripe is the stand-in; whatever it would refuse fails the test."""
    services.forget_kept()
    with stripe_server() as (stand_in, url):
        settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
        settings.STRIPE_WEBHOOK_SECRET = SECRET
        settings.STRIPE_CONNECT_WEBHOOK_SECRET = CONNECT_SECRET
        settings.STRIPE_API_BASE = url
        yield stand_in
        assert stand_in.mistakes == []


@pytest.fixture
def plan(world) -> Plan:
    """500 texts and 50 turns a month for $59; more of them costs 2 cents and 9 cents each."""
    return Plan.objects.create(
        key="standard", name="Standard", monthly_cents=5900, included_texts=500, included_turns=50,
        text_overage=200, turn_overage=900, trial_days=14,
    )  # fmt: skip


@pytest.fixture
def deliver(stripe_there, web_url):  # type: ignore[no-untyped-def]
    """Post one of the stand-in's events to the platform's door, signed; returns the answer."""

    def post(event, secret: str = SECRET, door: str = "", at: int | None = None) -> httpx.Response:
        body, header = stripe_there.signed(event, secret, at)
        return httpx.post(
            f"{web_url}/billing/stripe/{door}", content=body, timeout=30,
            headers={"Stripe-Signature": header, "Content-Type": "application/json", "Host": "localhost"},
        )  # fmt: skip

    return post
