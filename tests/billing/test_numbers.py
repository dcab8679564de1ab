"""Further numbers are charged as they stand: bought, brought, switched off or given back, whatever breaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import changing, checkout, nightly, numbers, spending
from billing.models import Concern, Plan, Subscription
from billing.numbers import KIND
from calls.simulator import office as desk
from messaging.senders import bringing, buying, releasing
from messaging.senders.taking import take_on
from tenants import agenda, drafts
from tenants.models import AgendaItem, PhoneNumber, ProviderAccount
from tests.admin.conftest import helper, support
from tests.billing.test_metering import killed_when_it_waits, worker
from tests.senders.conftest import NEW, office
from tests.support.stripe_stand_in import Fault

__all__ = ["helper", "office", "support"]
BACK = "http://localhost/back"
SECOND = "+13125550121"


@pytest.fixture
def running(stripe_there, plan, plumber, dentist, work) -> Subscription:
    """Both businesses pay, for one number and $3 for each further one; the plumber's is given."""
    Plan.objects.update(number_overage=30_000)
    plan.refresh_from_db()
    for biz in (plumber, dentist):
        checkout.open_checkout(biz.business, plan, "business", back_to=BACK, now=timezone.now())
        ours = Subscription.objects.get(business=biz.business)
        refresh(stripe_there.pay(ours.checkout_id, status="active")["id"], work)
    assert not AgendaItem.objects.filter(kind=KIND).exists()
    return Subscription.objects.get(business=plumber.business)


def refresh(subscription: str, work) -> None:
    agenda.put(
        "billing.refresh", f"|subscription|{subscription}", lane="housekeeping", business_id=None,
        due_at=timezone.now(),
    )  # fmt: skip
    work()


def charged(there, subscription: str, account: str = "") -> int:
    """Return how many further numbers Stripe charges for."""
    items = there.of("subscription", account)[subscription]["items"]["data"]
    return sum(i["quantity"] for i in items if i["price"]["metadata"]["part"] == "number")


def changes(there) -> int:
    """Return how often a subscription was changed at Stripe: each is something on an invoice."""
    return sum(e["type"] == "customer.subscription.updated" for e in there.events)


def account(biz) -> int:
    return ProviderAccount.objects.get(account_sid=biz.account_sid).pk


def take(biz, *taken: str) -> None:
    with transaction.atomic():
        for e164 in taken:
            take_on(biz.business, e164, account(biz), by="Ann", at=timezone.now())


def give_back(biz, e164: str, work) -> None:
    line = PhoneNumber.objects.get(e164=e164, business=biz.business)
    releasing.release(line, by="Ann", grace=timedelta(0))
    work()


def due(work) -> None:
    """Let the minute pass in which what comes together is gathered."""
    AgendaItem.objects.filter(kind=KIND).update(due_at=timezone.now())
    work()


def untouched(there, biz) -> None:
    """Assert that Stripe was asked nothing about another business, and charges it for nothing more."""
    theirs = Subscription.objects.get(business=biz.business).subscription_id
    assert charged(there, theirs) == 0
    assert not there.asked(f"POST /v1/subscriptions/{theirs}")
    assert not AgendaItem.objects.filter(kind=KIND, business=biz.business).exists()


def test_two_bought_at_once_are_one_change_and_each_given_back_lowers_it(
    running, stripe_there, office, plumber, dentist, work
):
    for e164 in (NEW, SECOND):
        buying.buy(plumber.business, e164, by="Ann")
    work()
    assert PhoneNumber.objects.filter(e164__in=(NEW, SECOND), is_active=True).count() == 2
    row = AgendaItem.objects.get(kind=KIND)
    assert row.business_id == plumber.business.pk
    assert timezone.now() < row.due_at <= timezone.now() + numbers.TOGETHER
    path = f"POST /v1/subscriptions/{running.subscription_id}"
    assert not stripe_there.asked(path)
    due(work)
    (asked,) = stripe_there.asked(path)
    (item,) = asked.form["items"]
    assert stripe_there.of("price")[item["price"]]["metadata"]["part"] == "number"
    assert int(item["quantity"]) == 2
    assert asked.form["proration_behavior"] == "create_prorations"
    assert charged(stripe_there, running.subscription_id) == 2
    # The agency's sums say the same: $59 and $3 for each.
    assert spending.money_of(plumber.business, timezone.now()).ours == 5900 + 600
    give_back(plumber, NEW, work)
    due(work)
    assert charged(stripe_there, running.subscription_id) == 1
    assert spending.money_of(plumber.business, timezone.now()).ours == 5900 + 300
    give_back(plumber, SECOND, work)
    due(work)
    assert charged(stripe_there, running.subscription_id) == 0
    items = stripe_there.of("subscription")[running.subscription_id]["items"]["data"]
    assert [i["price"]["metadata"]["part"] for i in items] == ["monthly", "text", "turn"]
    assert changes(stripe_there) == 3 and not AgendaItem.objects.filter(kind=KIND).exists()
    untouched(stripe_there, dentist)
    assert not Concern.objects.exists()


def test_whichever_way_a_number_comes_or_goes_it_is_looked_at(
    running, stripe_there, office, plumber, dentist, work, support
):
    def wanted() -> bool:
        rows = AgendaItem.objects.filter(kind=KIND)
        found = list(rows.values_list("business", flat=True))
        rows.delete()
        assert found in ([], [plumber.business.pk])
        return bool(found)

    desk.add_known(office.books, [(NEW, plumber.account_sid)])
    bringing.bring(plumber.business, NEW, by="Ann", how="held")
    assert not wanted()
    work()
    assert wanted()
    drafts.take_number(
        plumber.business, ProviderAccount.objects.get(pk=account(plumber)), SECOND,
        by="Ann", door="page", at=timezone.now(),
    )  # fmt: skip
    assert wanted()
    give_back(plumber, NEW, work)
    assert wanted()
    take(plumber, NEW)  # the line it had, come back
    assert wanted()
    number = PhoneNumber.objects.get(e164=NEW)
    form = {
        "account": number.account_id, "answering": "greeting", "ring_seconds": 25,
        "greeting": "", "voicemail": "on", "ring_order": "at_once", "consent_digit": "1",
    }  # fmt: skip
    support.post(f"tenants/phonenumber/{number.pk}/change/", form)  # switched off by support
    number.refresh_from_db()
    assert not number.is_active and wanted()
    support.post(f"tenants/phonenumber/{number.pk}/change/", form | {"ring_seconds": 20})
    assert not wanted()


@pytest.mark.parametrize("do", ["drop_before", "drop_after", 429, 500])
def test_what_breaks_is_asked_again_and_charged_once(
    running, stripe_there, plumber, dentist, work, pass_time, do
):
    # The package itself tries three times where no answer comes.
    times = 3 if isinstance(do, str) else 1
    stripe_there.faults.append(
        Fault(f"POST /v1/subscriptions/{running.subscription_id}", do, times)
    )
    take(plumber, NEW)
    due(work)
    assert AgendaItem.objects.get(kind=KIND).state == "waiting"
    # Bought meanwhile: what is asked then is what there is then.
    take(plumber, SECOND) if do == 429 else None
    pass_time(400)
    work()
    assert charged(stripe_there, running.subscription_id) == (2 if do == 429 else 1)
    assert changes(stripe_there) == 1 and not AgendaItem.objects.filter(kind=KIND).exists()
    untouched(stripe_there, dentist)


@pytest.mark.processes
@pytest.mark.parametrize("step", ["asked", "taken", "settling"])
def test_killed_at_each_step_it_is_charged_once(
    running, stripe_there, plumber, dentist, work, pass_time, step
):
    take(plumber, NEW)
    AgendaItem.objects.filter(kind=KIND).update(due_at=timezone.now())
    if step == "settling":
        # It is charged, and dies before it wrote that down.
        with transaction.atomic():
            Subscription.objects.select_for_update().get(pk=running.pk)
            killed_when_it_waits(worker(stripe_there))
    else:
        do = "kill_before" if step == "asked" else "kill_after"
        stripe_there.faults.append(Fault(f"POST /v1/subscriptions/{running.subscription_id}", do))
        assert worker(stripe_there).wait(60) < 0
    assert charged(stripe_there, running.subscription_id) == (0 if step == "asked" else 1)
    assert AgendaItem.objects.get(kind=KIND).state == "waiting"
    # The lease of what it had claimed is over: somebody else goes on.
    pass_time(3700)
    work()
    assert charged(stripe_there, running.subscription_id) == 1 and changes(stripe_there) == 1
    assert not AgendaItem.objects.filter(kind=KIND).exists()
    untouched(stripe_there, dentist)


def test_the_same_row_worked_on_by_many_is_charged_once(running, stripe_there, plumber, work):
    take(plumber, NEW)
    AgendaItem.objects.filter(kind=KIND).update(due_at=timezone.now())
    (item,) = [i for i in agenda.claim("housekeeping", "me", 9) if i.kind == KIND]
    asked = [numbers.look(item) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda work: work.act(), asked))
    assert results == [True] * 4
    assert [work.settle(result) for work, result in zip(asked, results, strict=True)] == [None] * 4
    assert charged(stripe_there, running.subscription_id) == 1 and changes(stripe_there) == 1


def test_back_and_forth_within_a_day_is_asked_each_time(
    running, stripe_there, office, plumber, dentist, work
):
    for wanted in (1, 0, 1, 0):
        if wanted:
            take(plumber, NEW)
        else:
            give_back(plumber, NEW, work)
        due(work)
        # Stripe answers a repeated key with what it said the first time, and does nothing.
        assert charged(stripe_there, running.subscription_id) == wanted
    keys = [a.key for a in stripe_there.asked(f"POST /v1/subscriptions/{running.subscription_id}")]
    assert len(set(keys)) == 4
    untouched(stripe_there, dentist)


def test_where_nothing_is_charged_nothing_is_asked(
    stripe_there, plan, plumber, dentist, settings, work
):
    settings.STRIPE_SECRET_KEY = ""
    take(plumber, NEW)
    assert not AgendaItem.objects.filter(kind=KIND).exists()
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
    take(plumber, SECOND)
    due(work)  # it has no subscription
    Plan.objects.update(number_overage=30_000)
    ours = Subscription.objects.create(
        business=plumber.business, plan=plan, status="canceled", subscription_id="sub_ended"
    )
    for status in ("canceled", "incomplete", "incomplete_expired", "none"):
        Subscription.objects.filter(pk=ours.pk).update(status=status)
        numbers.changed(plumber.business.pk, timezone.now())
        due(work)
    assert stripe_there.requests == [] and not AgendaItem.objects.filter(kind=KIND).exists()
    assert not Subscription.objects.filter(business=dentist.business).exists()


def test_an_end_that_was_not_heard_of_is_heard_of_then(running, stripe_there, plumber, work):
    stripe_there.change(running.subscription_id, status="canceled")
    take(plumber, NEW)
    due(work)
    running.refresh_from_db()
    assert running.status == "canceled"
    assert not stripe_there.asked(f"POST /v1/subscriptions/{running.subscription_id}")
    assert not AgendaItem.objects.filter(kind=KIND).exists() and not Concern.objects.exists()


def test_a_plan_that_was_changed_this_moment_says_how_many_it_includes(
    running, stripe_there, plumber, dentist, work
):
    large = Plan.objects.create(
        key="large", name="Large", monthly_cents=11_800, included_numbers=2, number_overage=20_000
    )
    take(plumber, NEW, SECOND)
    now = timezone.now()
    changing.change(plumber.business, large, at=now, now=now)
    AgendaItem.objects.filter(kind="billing.refresh").delete()  # its answer is not applied yet
    assert charged(stripe_there, running.subscription_id) == 1
    due(work)
    assert charged(stripe_there, running.subscription_id) == 1
    running.refresh_from_db()
    assert running.plan == large
    PhoneNumber.objects.filter(e164=SECOND).update(is_active=False)
    numbers.changed(plumber.business.pk, now)
    due(work)
    assert charged(stripe_there, running.subscription_id) == 0
    # A plan that sells no more of them charges for none.
    take(plumber, SECOND)
    due(work)
    assert charged(stripe_there, running.subscription_id) == 1
    solo = Plan.objects.create(key="solo", name="Solo", monthly_cents=2900)
    changing.change(plumber.business, solo, at=now, now=now)
    AgendaItem.objects.update(due_at=timezone.now())
    work()
    numbers.changed(plumber.business.pk, now)
    due(work)
    assert charged(stripe_there, running.subscription_id) == 0
    untouched(stripe_there, dentist)


def test_the_price_of_a_further_number_stays_what_it_was_sold_at(
    running, stripe_there, plumber, work
):
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.update(number_overage=40_000)
    take(plumber, NEW)
    due(work)
    items = stripe_there.of("subscription")[running.subscription_id]["items"]["data"]
    (first,) = [i["price"] for i in items if i["price"]["metadata"]["part"] == "number"]
    assert float(first["unit_amount_decimal"]) == 300
    take(plumber, SECOND)
    due(work)
    items = stripe_there.of("subscription")[running.subscription_id]["items"]["data"]
    (item,) = [i for i in items if i["price"]["metadata"]["part"] == "number"]
    assert item["quantity"] == 2 and item["price"]["id"] == first["id"]


def test_what_came_while_the_checkout_stood_open_is_charged_too(
    stripe_there, plan, plumber, dentist, work
):
    Plan.objects.update(number_overage=30_000)
    plan.refresh_from_db()
    for biz in (plumber, dentist):
        checkout.open_checkout(biz.business, plan, "business", back_to=BACK, now=timezone.now())
    take(plumber, NEW)
    due(work)
    for biz in (plumber, dentist):
        ours = Subscription.objects.get(business=biz.business)
        refresh(stripe_there.pay(ours.checkout_id)["id"], work)
    ours = Subscription.objects.get(business=plumber.business)
    assert charged(stripe_there, ours.subscription_id) == 0
    due(work)
    assert charged(stripe_there, ours.subscription_id) == 1
    untouched(stripe_there, dentist)


def test_what_was_lost_or_given_up_comes_with_the_next_night(
    running, stripe_there, plumber, dentist, work
):
    def night() -> None:
        nightly.begin()
        AgendaItem.objects.filter(kind=nightly.KIND).update(due_at=timezone.now())
        work()
        AgendaItem.objects.filter(kind="billing.refresh").update(due_at=timezone.now())
        work()

    take(plumber, NEW)
    AgendaItem.objects.filter(kind=KIND).delete()
    night()
    row = AgendaItem.objects.get(kind=KIND)
    assert row.business_id == plumber.business.pk
    # And its row is given up.
    AgendaItem.objects.filter(pk=row.pk).update(attempts=agenda.MAX_ATTEMPTS, claimed_by="me")
    item = agenda.Item(
        row.pk, row.lane, KIND, plumber.business.pk, plumber.schema, "", row.due_at, None,
        agenda.MAX_ATTEMPTS,
    )  # fmt: skip
    agenda.fail(item, RuntimeError("what broke"))
    concern = Concern.objects.get()
    assert concern.kind == "given_up" and KIND in concern.subject
    due(work)
    assert charged(stripe_there, running.subscription_id) == 0
    night()
    due(work)
    assert charged(stripe_there, running.subscription_id) == 1
    untouched(stripe_there, dentist)


def test_what_stripe_refuses_is_for_support_until_it_is_done(
    running, stripe_there, plumber, dentist, work
):
    stripe_there.faults.append(Fault(f"POST /v1/subscriptions/{running.subscription_id}", 402))
    take(plumber, NEW)
    due(work)
    concern = Concern.objects.get(resolved_at=None)
    assert (concern.kind, concern.business_id) == ("numbers", plumber.business.pk)
    assert running.subscription_id == concern.subject
    # Refused for good is not asked again and again: the next look at the subscription asks.
    due(work)
    assert not AgendaItem.objects.filter(kind=KIND).exists()
    refresh(running.subscription_id, work)
    due(work)
    assert charged(stripe_there, running.subscription_id) == 1
    assert not Concern.objects.filter(resolved_at=None).exists()
    untouched(stripe_there, dentist)


def test_the_number_of_another_business_is_none_of_this_one_s(
    running, stripe_there, plumber, dentist, work
):
    take(dentist, NEW)
    due(work)
    theirs = Subscription.objects.get(business=dentist.business).subscription_id
    assert charged(stripe_there, theirs) == 1
    untouched(stripe_there, plumber)


def test_what_the_next_number_costs_is_known_before_it_is_taken(running, plumber, dentist, plan):
    assert numbers.price_of_next(plumber.business.pk) == (30_000, "usd")
    PhoneNumber.objects.filter(business=plumber.business).update(is_active=False)
    assert numbers.price_of_next(plumber.business.pk) == (0, "usd")
    assert numbers.price_of_next(dentist.business.pk) == (30_000, "usd")
    Subscription.objects.filter(business=dentist.business).update(status="canceled")
    assert numbers.price_of_next(dentist.business.pk) is None
