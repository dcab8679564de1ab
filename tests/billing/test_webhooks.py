"""What Stripe tells us: proven, stored once, and the same state whatever the order."""

from __future__ import annotations

import itertools
import json
import random
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.db import transaction
from django.utils import timezone

from billing import applying, checkout, connect, nightly, stripe_api, webhooks
from billing.models import AgencyAccount, Concern, Invoice, Plan, StripeEvent, Subscription
from tenants import agenda
from tenants.models import AgendaItem, Business
from tests.billing.conftest import CONNECT_SECRET, SECRET
from tests.support.stripe_stand_in import Fault

BACK = "https://lakeside.localhost/settings/billing/"
UNTOLD = {"id", "as_of", "created_at", "updated_at", "used_at"}


@pytest.fixture
def paid(stripe_there, plan, plumber):
    """The plumber has gone through a checkout; nothing of it was heard here. Its events lie ready."""
    Plan.objects.update(trial_days=0)
    plan.refresh_from_db()
    checkout.open_checkout(plumber.business, plan, "business", back_to=BACK, now=timezone.now())
    (session,) = stripe_there.of("checkout.session")
    return stripe_there.pay(session)


def state() -> list[dict]:
    """Everything that is known of money, but when we learnt it."""
    return [
        {name: value for name, value in row.items() if name not in UNTOLD}
        for model in (Subscription, Invoice)
        for row in model.objects.order_by("pk").values()
    ]


def forget(*, checkout_id: str) -> None:
    """Go back to before anything was heard."""
    Invoice.objects.all().delete()
    StripeEvent.objects.all().delete()
    AgendaItem.objects.all().delete()
    Subscription.objects.update(
        status="none", subscription_id="", as_of=None, period_start=None, period_end=None,
        begun_at=None, cancel_at=None, past_due_since=None, checkout_id=checkout_id,
    )  # fmt: skip


def take(there, events, work) -> list[dict]:
    """Hear of some events at once, then apply them; returns the state. Invoices in their order."""
    for event in events:
        body, header = there.signed(event, SECRET)
        webhooks.store(stripe_api.heard(body, header, SECRET))
    work()
    return sorted(state(), key=lambda row: row.get("invoice_id", ""))


def test_a_webhook_is_stored_and_what_it_is_about_is_applied(
    paid, deliver, stripe_there, work, plumber, dentist
):
    answers = [deliver(event) for event in stripe_there.events]
    assert [answer.status_code for answer in answers] == [200] * 4
    # Nothing is believed of what they said.
    assert Subscription.objects.get().status == "none"
    work()
    ours = Subscription.objects.get()
    assert (ours.status, ours.subscription_id) == ("active", paid["id"])
    assert ours.business == plumber.business and ours.payer == "business"
    assert ours.period_end == datetime.fromtimestamp(stripe_there.now, UTC) + timedelta(days=30)
    invoice = Invoice.objects.get()
    assert (invoice.business, invoice.status, invoice.total_cents) == (
        plumber.business, "paid", 5900
    )  # fmt: skip
    assert StripeEvent.objects.filter(applied_at=None).count() == 0
    assert not Invoice.objects.filter(business=dentist.business).exists()


def test_a_repeat_is_answered_and_changes_nothing(paid, deliver, stripe_there, work):
    event = stripe_there.events[0]
    assert [deliver(event).status_code for _ in range(3)] == [200] * 3
    assert StripeEvent.objects.count() == 1
    assert AgendaItem.objects.filter(kind="billing.refresh").count() == 1
    work()
    asked = len(stripe_there.requests)
    deliver(event)
    work()
    assert not AgendaItem.objects.filter(kind="billing.refresh").exists()
    assert [r.path for r in stripe_there.requests[asked:] if "subscriptions" in r.path] == []


@pytest.mark.parametrize(
    ("secret", "at", "status"),
    [("whsec_of_somebody", None, 403), (CONNECT_SECRET, None, 403), (SECRET, -301, 403)],
)
def test_what_stripe_did_not_sign_is_refused(paid, deliver, stripe_there, secret, at, status):
    moment = None if at is None else int(time.time()) + at
    assert deliver(stripe_there.events[0], secret=secret, at=moment).status_code == status
    assert not StripeEvent.objects.exists()


def test_the_signature_is_over_the_very_bytes(paid, stripe_there, web_url):
    body, header = stripe_there.signed(stripe_there.events[0], SECRET)
    url, host = f"{web_url}/billing/stripe/", {"Host": "localhost"}
    other = json.dumps(json.loads(body)).encode()
    for content, signature, status in (
        (other, header, 403), (body, "", 403), (body, "t=now,v1=x", 403), (b"\xff", header, 403),
        (body, header, 200),
    ):  # fmt: skip
        answer = httpx.post(url, content=content, headers={"Stripe-Signature": signature, **host})
        assert answer.status_code == status
    assert httpx.get(url, headers=host).status_code == 405
    assert StripeEvent.objects.count() == 1


def test_what_is_signed_and_no_event_is_refused(stripe_there, deliver):
    assert deliver({"object": "event"}).status_code == 400
    assert deliver([1]).status_code == 400
    assert not StripeEvent.objects.exists()


def test_without_a_key_there_is_no_door(paid, deliver, stripe_there, settings):
    event = stripe_there.events[0]
    settings.STRIPE_SECRET_KEY = ""
    assert deliver(event).status_code == 404
    settings.STRIPE_SECRET_KEY, settings.STRIPE_CONNECT_WEBHOOK_SECRET = "sk_test_x", ""
    assert deliver(event, secret="", door="connect/").status_code == 404
    assert not StripeEvent.objects.exists()


def test_each_door_takes_its_own_accounts(paid, deliver, stripe_there):
    own, theirs = stripe_there.events[0], stripe_there.event("account.updated", {}, "acct_1")
    assert deliver(own, secret=CONNECT_SECRET, door="connect/").status_code == 200
    assert deliver(theirs).status_code == 200
    assert not StripeEvent.objects.exists()


def life(there, subscription: str) -> None:
    """It becomes overdue, is paid after all, renewed once more, and ends."""
    there.now += 30 * 86_400
    late = there.bill(subscription, paid=False)
    there.change(subscription, status="past_due")
    there.settle(late["id"])
    there.change(subscription, status="active")
    there.now += 30 * 86_400
    there.bill(subscription, paid=True)
    there.change(subscription, cancel_at_period_end=True)
    there.change(subscription, status="canceled", ended_at=there.now)


def test_every_order_of_a_life_gives_the_same_state(paid, stripe_there, work):
    opened = Subscription.objects.get().checkout_id
    life(stripe_there, paid["id"])
    events = list(stripe_there.events)
    assert len(events) >= 12
    wanted = take(stripe_there, events, work)
    assert wanted[0]["status"] == "canceled" and len(wanted) == 4
    # What decides: one event of each thing, in every order there is.
    one_each = {(e["data"]["object"]["object"], e["data"]["object"]["id"]): e for e in events}
    last, *others = one_each.values()
    orders = [[last, *order] for order in itertools.permutations(others)]
    orders += [[*order, last] for order in itertools.permutations(others)]
    assert len(orders) == 48
    # All of them, shuffled, each of them twice.
    chance = random.Random(6)
    for _ in range(10):
        twice = events + events
        chance.shuffle(twice)
        orders.append(twice)
    for order in orders:
        forget(checkout_id=opened)
        found = take(stripe_there, order, work)
        assert found == wanted


def test_what_was_lost_comes_with_what_comes_later(paid, stripe_there, work):
    opened = Subscription.objects.get().checkout_id
    life(stripe_there, paid["id"])
    events = list(stripe_there.events)
    wanted = take(stripe_there, events, work)[0]
    for lost in range(len(events) - 1):
        forget(checkout_id=opened)
        found = take(stripe_there, events[:lost] + events[lost + 1 :], work)
        assert found[0] == wanted
    # Everything but the very last.
    forget(checkout_id=opened)
    assert take(stripe_there, events[-1:], work)[0] == wanted


def test_each_step_of_a_life_as_it_is_heard(paid, stripe_there, work, plumber):
    version = lambda: Business.objects.get(pk=plumber.business.pk).setup_version
    take(stripe_there, stripe_there.events, work)
    known, before = len(stripe_there.events), version()
    stripe_there.now += 30 * 86_400
    first = stripe_there.bill(paid["id"], paid=False)
    since = datetime.fromtimestamp(stripe_there.now, UTC)
    stripe_there.change(paid["id"], status="past_due")
    take(stripe_there, stripe_there.events[known:], work)
    ours = Subscription.objects.get()
    assert (ours.status, ours.past_due_since) == ("past_due", since)
    # Whoever decides a call has the set-up anew.
    assert version() > before
    # A month later it is overdue since the first of both.
    stripe_there.now += 30 * 86_400
    second = stripe_there.bill(paid["id"], paid=False)
    stripe_there.change(paid["id"], status="unpaid")
    take(stripe_there, stripe_there.events[known:], work)
    ours.refresh_from_db()
    assert (ours.status, ours.past_due_since) == ("unpaid", since)
    for invoice in (first, second):
        stripe_there.settle(invoice["id"])
    stripe_there.change(paid["id"], status="active")
    take(stripe_there, stripe_there.events[known:], work)
    ours.refresh_from_db()
    assert (ours.status, ours.past_due_since) == ("active", None)
    assert set(Invoice.objects.values_list("status", flat=True)) == {"paid"}


def test_what_was_asked_for_earlier_does_not_undo_what_came_later(paid, stripe_there, work):
    take(stripe_there, stripe_there.events, work)
    old = applying.look("", "subscription", paid["id"])
    earlier = timezone.now()
    stripe_there.change(paid["id"], status="past_due")
    new = applying.look("", "subscription", paid["id"])
    with transaction.atomic():
        applying.keep("", new, timezone.now())
        assert "newer" in applying.keep("", old, earlier)
    assert Subscription.objects.get().status == "past_due"


def test_stripe_that_does_not_answer_is_asked_again(paid, stripe_there, work, pass_time):
    stripe_there.faults.append(Fault(f"GET /v1/subscriptions/{paid['id']}", 500))
    take(stripe_there, stripe_there.events[:1], work)
    assert Subscription.objects.get().status == "none"
    pass_time(120)
    work()
    assert Subscription.objects.get().status == "active"


@pytest.mark.parametrize("status", [401, 403, 400])
def test_a_new_payer_is_shown_once_stripe_takes_our_key_again(
    paid, stripe_there, work, pass_time, plumber, dentist, status
):
    wrong = [Fault(f"GET /v1/subscriptions/{paid['id']}", status, times=1000)]
    stripe_there.faults += wrong
    take(stripe_there, stripe_there.events, work)
    assert Subscription.objects.get().status == "none"
    waiting = StripeEvent.objects.filter(applied_at=None)
    assert waiting.count() == 4
    concern = Concern.objects.order_by("pk").first()
    assert concern.kind == ("not_shown" if status == 400 else "key_refused")
    wrong[0].times = 0
    if status == 400:
        # It was asked for long enough; nobody hears of it by day, and each night it is asked for again.
        assert not AgendaItem.objects.filter(kind="billing.refresh").exists()
        StripeEvent.objects.update(received_at=timezone.now() - timedelta(hours=2))
        agenda.put(
            nightly.KIND, "all", lane="housekeeping", business_id=None, due_at=timezone.now()
        )
        work()
    pass_time(700)
    work()
    assert (Subscription.objects.get().status, waiting.count()) == ("active", 0)
    assert not Concern.objects.filter(resolved_at=None).exists()
    assert not Subscription.objects.filter(business=dentist.business).exists()


def test_an_event_whose_work_was_given_up_is_asked_for_at_night(
    paid, stripe_there, work, pass_time
):
    for event in stripe_there.events:
        body, header = stripe_there.signed(event, SECRET)
        webhooks.store(stripe_api.heard(body, header, SECRET))
    AgendaItem.objects.all().delete()
    old = timezone.now() - timedelta(days=31)
    StripeEvent.objects.update(received_at=old)
    ask = lambda: agenda.put(
        nightly.KIND, "all", lane="housekeeping", business_id=None,
        due_at=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    ask(), work()
    assert Subscription.objects.get().status == "none"
    StripeEvent.objects.update(received_at=old + timedelta(days=2))
    ask()
    AgendaItem.objects.filter(kind=nightly.KIND).update(due_at=timezone.now())
    work(), pass_time(60), work()
    assert Subscription.objects.get().status == "active"
    assert not StripeEvent.objects.filter(applied_at=None).exists()


def test_what_is_nobodys_here_changes_nothing(paid, stripe_there, work, dentist):
    stripe_there.change(paid["id"], metadata=paid["metadata"] | {"home": "elsewhere.example"})
    take(stripe_there, stripe_there.events[:1], work)
    # Whoever can write a subscription's metadata cannot take another business's.
    about = {**paid["metadata"], "home": "localhost", "business_id": str(dentist.business.pk)}
    stripe_there.change(paid["id"], metadata=about, customer="cus_of_nobody")
    take(stripe_there, stripe_there.events[-1:], work)
    assert [row.status for row in Subscription.objects.all()] == ["none"]
    assert not Subscription.objects.filter(business=dentist.business).exists()


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_subscriptions_the_same_counts_whichever_is_heard_of_first(
    paid, stripe_there, work, is_first
):
    stripe_there.now += 100
    second = stripe_there._new("subscription", "sub", "", **{
        name: value for name, value in paid.items() if name not in ("id", "object", "created")
    })  # fmt: skip
    events = [
        stripe_there.event("customer.subscription.updated", about) for about in (paid, second)
    ]
    for event in events if is_first else reversed(events):
        take(stripe_there, [event], work)
    assert Subscription.objects.get().subscription_id == paid["id"]
    assert Concern.objects.get().kind == "two_subscriptions"
    # The first ends: the other one counts.
    stripe_there.change(paid["id"], status="canceled")
    take(stripe_there, stripe_there.events[-1:] + events[1:], work)
    stripe_there.change(second["id"], status="active")
    take(stripe_there, stripe_there.events[-1:], work)
    assert Subscription.objects.get().subscription_id == second["id"]


def test_a_dispute_is_for_support(stripe_there, deliver, work):
    event = stripe_there.event(
        "charge.dispute.created", {"id": "dp_1", "object": "dispute", "amount": 5900}
    )
    deliver(event)
    deliver(event)
    work()
    concern = Concern.objects.get()
    assert (concern.kind, concern.subject, concern.times) == (
        "charge.dispute.created", "dp_1", 1
    )  # fmt: skip


def test_an_agencys_account_is_what_stripe_shows_of_it(
    stripe_there, deliver, work, plumber, dentist
):
    now = timezone.now()
    for biz in (plumber, dentist):
        connect.onboarding_link(biz.business.agency, back_to=BACK, again_at=BACK, now=now)
    ours = AgencyAccount.objects.get(agency=plumber.business.agency)
    stripe_there.onboarded(ours.connect_id)
    assert deliver(stripe_there.events[-1], CONNECT_SECRET, "connect/").status_code == 200
    work()
    ours.refresh_from_db()
    assert ours.charges_enabled and ours.details_submitted
    assert not AgencyAccount.objects.get(agency=dentist.business.agency).charges_enabled
