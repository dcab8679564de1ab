"""A running subscription changes its plan at the price that was shown, ends with its business, and is looked at each night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import changing, checkout, nightly
from billing.models import Concern, Plan, Subscription
from tenants import lifecycle
from tenants.models import AgendaItem, Business, Stage
from tests.inbox.conftest import Member, other_owner, owner
from tests.support.stripe_stand_in import Fault

__all__ = ["other_owner", "owner"]
PAGE = "/settings/billing/"
BACK = "http://localhost/back"


@pytest.fixture
def large(plan) -> Plan:
    """Twice the price, nothing of the assistant above what it includes."""
    return Plan.objects.create(
        key="large", name="Large", monthly_cents=11_800, included_texts=2000, included_turns=500,
        text_overage=150,
    )  # fmt: skip


@pytest.fixture
def running(stripe_there, plan, plumber, dentist, work) -> Subscription:
    """Both businesses have subscriptions that are active; the plumber's is given."""
    for biz in (plumber, dentist):
        checkout.open_checkout(biz.business, plan, "business", back_to=BACK, now=timezone.now())
        ours = Subscription.objects.get(business=biz.business)
        made = stripe_there.pay(ours.checkout_id, status="active")
        _refresh(made["id"], work)
    return Subscription.objects.get(business=plumber.business)


def _refresh(subscription: str, work) -> None:
    from tenants import agenda

    agenda.put(
        "billing.refresh", f"|subscription|{subscription}", lane="housekeeping", business_id=None,
        due_at=timezone.now(),
    )  # fmt: skip
    work()


def test_what_was_shown_is_what_is_charged(
    running, stripe_there, large, owner, other_owner, work, dentist
):
    assert "See the price" in owner.get(PAGE)
    page = owner.get(f"{PAGE}change/large/")
    assert "From Standard to Large" in page and "$29.50" in page and "$118.00" in page
    at = page.split('name="at" value="')[1].split('"')[0]
    assert "The plan is changed." in owner.post(f"{PAGE}change/large/", {"at": at})
    assert "The plan is changed." not in owner.post(f"{PAGE}change/large/", {"at": at})
    (asked,) = stripe_there.asked(f"POST /v1/subscriptions/{running.subscription_id}")
    assert asked.form["proration_date"] in (at, int(at))
    work()
    running.refresh_from_db()
    assert running.plan.key == "large"
    known = stripe_there.of("subscription")[running.subscription_id]
    parts = sorted(item["price"]["metadata"]["part"] for item in known["items"]["data"])
    assert parts == ["monthly", "text"]
    theirs = Subscription.objects.get(business=dentist.business)
    assert theirs.plan.key == "standard" and "Large" in other_owner.get(PAGE)


def test_a_price_shown_long_ago_is_not_charged(running, stripe_there, large, owner, dentist):
    for at in ("", "x", "1", str(int((timezone.now() - timedelta(hours=2)).timestamp()))):
        assert "too long ago" in owner.post(f"{PAGE}change/large/", {"at": at})
    assert not stripe_there.asked(f"POST /v1/subscriptions/{running.subscription_id}")


def test_what_cannot_be_changed_says_so(stripe_there, plan, large, plumber, dentist, owner):
    with pytest.raises(changing.ChangeError, match="subscription"):
        changing.preview(plumber.business, large, timezone.now())
    assert (
        "No subscription runs."
        in owner.client.get(
            f"{PAGE}change/large/", headers={"host": owner.host}, follow=True
        ).content.decode()
    )
    owner.get(f"{PAGE}change/nothing/", status=404)
    Subscription.objects.create(
        business=dentist.business, plan=plan, status="active", subscription_id="sub_x"
    )
    with pytest.raises(changing.ChangeError, match="already"):
        changing.preview(dentist.business, plan, timezone.now())


def test_an_answer_that_is_lost_changes_it_once(running, stripe_there, large, owner, dentist, work):
    at = timezone.now().replace(microsecond=0)
    stripe_there.faults.append(
        Fault(f"POST /v1/subscriptions/{running.subscription_id}", "gone after")
    )
    page = owner.post(f"{PAGE}change/large/", {"at": str(int(at.timestamp()))})
    work()
    if "The plan is changed." not in page:  # the library itself asked again, or we do now
        owner.post(f"{PAGE}change/large/", {"at": str(int(at.timestamp()))})
        work()
    events = [e for e in stripe_there.events if e["type"] == "customer.subscription.updated"]
    assert len(events) == 1
    assert Member(dentist.owner, dentist.host).get(PAGE)


def test_a_leaving_business_ends_with_its_period_and_a_deleted_one_at_once(
    running, stripe_there, plumber, dentist, work
):
    said = {"actor": "Ann", "door": "page"}
    known = stripe_there.of("subscription")[running.subscription_id]
    lifecycle.off_board(plumber.business, now=timezone.now(), **said)
    work()
    assert known["cancel_at_period_end"] is True
    running.refresh_from_db()
    assert running.cancel_at == running.period_end
    lifecycle.stay(plumber.business, now=timezone.now(), **said)
    work()
    assert known["cancel_at_period_end"] is False
    Business.objects.filter(pk=plumber.business.pk).update(stage=Stage.GONE)
    from billing import leaving

    leaving.look(plumber.business.pk, timezone.now())
    work()
    assert known["status"] == "canceled"
    running.refresh_from_db()
    assert running.status == "canceled"
    theirs = stripe_there.of("subscription")[
        Subscription.objects.get(business=dentist.business).subscription_id
    ]
    assert theirs["status"] == "active" and not theirs["cancel_at_period_end"]
    assert not Concern.objects.exists()


def test_each_night_makes_good_what_was_never_heard(running, stripe_there, plumber, dentist, work):
    stripe_there.change(running.subscription_id, status="past_due")
    nightly.begin()
    row = AgendaItem.objects.get(kind=nightly.KIND)
    assert timezone.now() < row.due_at <= timezone.now() + timedelta(days=1)
    AgendaItem.objects.filter(pk=row.pk).update(due_at=timezone.now())
    work()
    AgendaItem.objects.filter(kind="billing.refresh").update(due_at=timezone.now())
    work()
    running.refresh_from_db()
    assert running.status == "past_due"
    assert Subscription.objects.get(business=dentist.business).status == "active"
    assert AgendaItem.objects.get(kind=nightly.KIND).due_at > timezone.now()


def test_without_a_key_no_night_comes(world, plumber, dentist):
    nightly.begin()
    assert not AgendaItem.objects.filter(kind=nightly.KIND).exists()
