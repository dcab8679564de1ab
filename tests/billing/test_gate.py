"""Where a bill bites: the gate, the call that is something to do, and what is never stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import limits, services
from billing.entitlements import Budget, Limits, Standing, Step, Used, is_near
from billing.models import BudgetNotice, Plan, Subscription, UsageRecord
from billing.tally import count_month, set_budget, use_by_day
from calls.models import Call as MissedCall
from calls.setup import load_setup
from inbox.models import Wait
from messaging.models import Alert, Contact, Message
from tenants.models import Business
from tests.messaging.gate_facts import MANUAL, NOON, REMINDER, TEXT_BACK, ask
from tests.support.hooks import texts_to

DAY = timedelta(days=1)


def owing(days: float, **more) -> Standing:
    return Standing(True, "past_due", past_due_since=NOON - days * DAY, **more)


@pytest.mark.parametrize(
    ("message", "more", "stopped_after"),
    [
        (TEXT_BACK, {"author": "assistant", "purpose": "reply"}, 0),
        (REMINDER, {"author": "api"}, 7),
        (TEXT_BACK, {}, 14),
        (MANUAL, {}, 45),
    ],
)
def test_the_gate_ends_one_kind_after_the_other(message, more, stopped_after):
    for days in (0, 6, 7, 13, 14, 44, 45, 400):
        found = ask(message, billing=owing(days), **more)
        is_stopped = days >= stopped_after
        assert (found.code == "BILLING") == is_stopped
        if is_stopped:
            assert (found.result, found.row) == ("never", "2a")
            assert "billing: the payment is overdue" in found.sentence


def test_what_answers_stop_is_never_stopped_by_a_bill():
    for status in ("canceled", "unpaid", "past_due"):
        owed = Standing(True, status, past_due_since=NOON - 400 * DAY)
        confirmed = ask(
            TEXT_BACK,
            purpose="confirm_stop",
            category="C0",
            author="system",
            opted_out=True,
            billing=owed,
        )
        assert confirmed.code == "ALLOW_STOP_CONFIRM"


def test_an_opt_out_is_named_before_the_bill():
    owed = Standing(True, "canceled")
    assert ask(TEXT_BACK, opted_out=True, billing=owed).code == "OPTOUT_NEW_CALL_NO_TEXT"


@pytest.fixture
def billed(world, settings, plumber, dentist):
    """Billing is on; the plumber has not paid for twenty days, the dentist is in order."""
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
    services.forget_kept()
    plan = Plan.objects.create(
        key="standard", name="Standard", monthly_cents=5900, included_texts=3, text_overage=200,
        included_turns=1, turn_overage=900,
    )  # fmt: skip
    for biz, status in ((plumber, "past_due"), (dentist, "active")):
        Subscription.objects.create(
            business=biz.business, plan=plan, status=status,
            past_due_since=timezone.now() - 20 * DAY if biz is plumber else None,
        )  # fmt: skip
    yield plan
    services.forget_kept()


def test_a_missed_call_that_may_not_be_texted_is_something_to_do(
    billed, twilio, stand_in, work, pass_time, plumber, dentist
):
    call = twilio.call()
    assert call.dial_ends("no-answer").status_code == 200
    work()
    assert stand_in.requests == []
    with plumber.scope():
        (missed,) = MissedCall.objects.all()
        assert (missed.decision, missed.decision_reason) == ("skip", "BILLING")
        assert Alert.objects.get(code="BILLING").resolved_at is None
    pass_time(15)
    work()
    with plumber.scope():
        assert Wait.objects.filter(ended_at=None).count() == 1
    # Whoever pays is texted back.
    twilio.biz = dentist
    other = twilio.call()
    other.arrives()
    other.ends()
    work()
    with dentist.scope():
        assert Message.objects.filter(author="rule").count() == len(
            texts_to(stand_in.requests, other.caller)
        )
        assert not Alert.objects.filter(code="BILLING").exists()


def test_texts_come_in_and_stop_is_obeyed_whatever_is_owed(
    billed, twilio, stand_in, work, plumber, dentist
):
    Subscription.objects.filter(business=plumber.business).update(status="canceled")
    assert twilio.text("+17735550123", "STOP").status_code == 200
    work()
    with plumber.scope():
        assert Contact.objects.get().opted_out_at is not None
        assert Message.objects.filter(direction="in").count() == 1
    with dentist.scope():
        assert not Contact.objects.exists()


def test_who_pays_is_texted_again_at_once(billed, twilio, stand_in, work, plumber, dentist):
    twilio.call().dial_ends("no-answer")
    work()
    assert stand_in.requests == []
    # By hand, in a statement: the database itself tells the workers.
    Subscription.objects.filter(business=plumber.business).update(
        status="active", past_due_since=None
    )
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1


def test_it_costs_no_statement(billed, world, settings, plumber, dentist):
    with plumber.scope(), CaptureQueriesContext(connection) as with_it:
        assert load_setup(plumber.schema).policy.billing.status == "past_due"
    asked = [query["sql"] for query in with_it if not query["sql"].startswith("SET search_path")]
    assert len(asked) == 1
    with dentist.scope():
        assert load_setup(dentist.schema).policy.billing.status == "active"
    settings.STRIPE_SECRET_KEY = ""
    with plumber.scope():
        assert load_setup(plumber.schema).policy.billing.is_on is False


def test_allowance_is_read_seldom_and_the_last_known_holds(billed, plumber, dentist):
    now = timezone.now()
    with CaptureQueriesContext(connection) as asked:
        for _ in range(5):
            found = services.allowance(plumber.business.pk, now)
    assert len(asked) == 1
    assert (found.step, found.inbound, found.text_backs) == (Step.NO_TEXT_BACKS, True, False)
    assert services.allowance(dentist.business.pk, now).step == Step.EVERYTHING
    # A question that fails: who was known stands where he stood.
    services._kept[plumber.business.pk] = (0.0, services._kept[plumber.business.pk][1])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_plan RENAME TO billing_plan_away")
    try:
        assert services.allowance(plumber.business.pk, now).step == Step.NO_TEXT_BACKS
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE billing_plan_away RENAME TO billing_plan")


def use(biz, quantity: int, kind: str = "sms_segment", days: float = 0.0) -> None:
    UsageRecord.objects.create(
        business=biz.business, kind=kind, key=f"k{UsageRecord.objects.count()}", quantity=quantity,
        occurred_at=timezone.now() - timedelta(days=days),
    )  # fmt: skip


def test_the_budget_tells_once_at_each_level_and_stops_where_the_client_wants_it(
    billed, plumber, dentist, twilio, stand_in, work
):
    Subscription.objects.update(status="active", past_due_since=None, payer="business")
    set_budget(plumber.business, 100, stops=True)
    version = lambda: Business.objects.get(pk=plumber.business.pk).setup_version
    levels = lambda: list(
        BudgetNotice.objects.order_by("level").values_list("level", "business_id")
    )
    now, plumbers = timezone.now(), plumber.business.pk
    use(plumber, 3 + 25), use(dentist, 400), use(plumber, 500, days=32)
    assert count_month(now) == 2
    # 25 segments above the plan, at 2 cents.
    ours = Subscription.objects.get(business=plumber.business)
    assert (ours.used_texts, ours.used_cents) == (28, 50)
    assert levels() == [(50, plumbers)]
    before = version()
    count_month(now)
    use(plumber, 5)
    count_month(now)
    assert levels() == [(50, plumbers)] and version() == before
    use(plumber, 30)
    count_month(now)
    count_month(now)
    assert levels() == [(50, plumbers), (100, plumbers)]
    assert version() == before + 1
    services.forget_kept()
    assert services.allowance(plumbers, now).code == "BUDGET_REACHED"
    with plumber.scope():
        alerts = Alert.objects.filter(code="BUDGET").order_by("raised_at")
        assert ["$1.20 of $1.00" in alert.sentence for alert in alerts] == [False, True]
    with dentist.scope():
        assert not Alert.objects.exists()
    twilio.call().dial_ends("no-answer")
    work()
    assert stand_in.requests == []
    # It is raised: the next call is texted.
    set_budget(plumber.business, 1000, stops=True)
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1


@pytest.mark.parametrize("limit", ["budget", "plan"])
def test_near_its_end_a_limit_is_kept_by_each_text_without_waiting_to_be_counted(
    billed, plumber, dentist, twilio, stand_in, work, limit
):
    now, plumbers = timezone.now(), plumber.business.pk
    Subscription.objects.update(status="active", past_due_since=None)
    if limit == "budget":
        # Three are included, fifty more cost a dollar.
        set_budget(plumber.business, 100, stops=True)
    else:
        Plan.objects.update(included_texts=53, text_overage=None)
    version = lambda: Business.objects.get(pk=plumbers).setup_version
    use(plumber, 3), use(dentist, 3)
    before = version()
    count_month(timezone.now())
    assert version() == before + 1, "workers hear that it is near"
    # A burst, in the two minutes until the month is counted again.
    use(plumber, 49)
    calls = [twilio.call() for _ in range(3)]
    for call in calls:
        call.dial_ends("no-answer")
    work()
    sent = [call for call in calls if texts_to(stand_in.requests, call.caller)]
    segments = UsageRecord.objects.filter(business=plumbers, kind="sms_segment")
    assert len(sent) == 1 and sum(segments.values_list("quantity", flat=True)) >= 53
    with plumber.scope():
        assert Message.objects.filter(direction="out").exclude(status="cancelled").count() == 1
        assert Alert.objects.filter(code="BILLING").exists()
    services.forget_kept()
    assert services.allowance(plumbers, now).text_backs is False
    assert services.allowance(dentist.business.pk, now).text_backs is True


def test_who_is_far_from_every_limit_asks_nothing_more(billed, plumber, dentist):
    now = timezone.now()
    far = replace(owing(0), status="active", used=Used(10, 0, 0, now + DAY))
    near = replace(far, plan=Limits(texts=100))
    with CaptureQueriesContext(connection) as asked:
        assert limits.counted(far, plumber.business.pk, now) is far
        assert limits.counted(replace(far, budget=Budget(20, False)), 1, now).used == far.used
        assert limits.counted(replace(near, used=Used(10, until=now)), 1, now).used.texts == 10
    assert len(asked) == 0
    assert is_near(near, now) and not is_near(replace(near, plan=Limits(texts=1000)), now)
    assert is_near(replace(far, plan=Limits(texts=1000), used=Used(800, 0, 0, now + DAY)), now)
    assert is_near(replace(far, budget=Budget(501, True), used=Used(0, 0, 1, now + DAY)), now)
    assert not is_near(replace(far, budget=Budget(502, True), used=Used(0, 0, 1, now + DAY)), now)
    # Who is at his end is stopped already.
    assert not is_near(replace(near, used=Used(100, 0, 0, now + DAY)), now)
    with CaptureQueriesContext(connection) as asked:
        assert limits.counted(near, plumber.business.pk, now) is near  # not counted at all yet
    assert len(asked) == 1


def test_a_budget_that_makes_no_sense_is_refused(billed, plumber, dentist):
    for cents, stops, field in ((-1, False, "budget_cents"), (None, True, "budget_stops")):
        with pytest.raises(ValueError, match=field):
            set_budget(plumber.business, cents, stops=stops)
    assert Subscription.objects.filter(budget_stops=True).count() == 0


def test_use_by_day_is_the_businesss_own(billed, plumber, dentist):
    use(plumber, 3), use(plumber, 2, "assistant_turn"), use(dentist, 9)
    days = use_by_day(plumber.business, timezone.now())
    assert sum(day.texts for day in days) == 3 and sum(day.turns for day in days) == 2
    assert 28 <= len(days) <= 31
