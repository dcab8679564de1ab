"""Use that is told to Stripe: every record once, whatever breaks in between."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from billing import catalogue, nightly, refused
from billing.metering import UNKNOWN, _next, gather, report_use
from billing.models import Concern, Customer, MeterReport, Subscription, UsageRecord
from billing.refused import NotRefused
from tenants import agenda
from tenants.models import AgendaItem, SupportEntry, User
from tenants.support_record import ReasonMissing
from tests.support.stripe_stand_in import Fault

WORK = """
import django; django.setup()
from tenants import agenda
agenda.run_due("housekeeping")
"""


@pytest.fixture
def paying(stripe_there, plan, plumber, dentist):
    """Both businesses pay, each as a customer of its own, since ten days."""
    made = {}
    for name, biz in (("plumber", plumber), ("dentist", dentist)):
        customer = f"cus_{name}"
        stripe_there.of("customer")[customer] = {"id": customer}
        Customer.objects.create(business=biz.business, payer="business", customer_id=customer)
        made[name] = Subscription.objects.create(
            business=biz.business, plan=plan, status="active", customer_id=customer,
            subscription_id=f"sub_{name}", begun_at=timezone.now() - timedelta(days=10),
            period_start=timezone.now() - timedelta(days=10),
            period_end=timezone.now() + timedelta(days=20),
        )  # fmt: skip
    catalogue.meter_ids()
    return made


def use(biz, quantity: int, kind: str = "sms_segment", days: float = 0.0) -> UsageRecord:
    return UsageRecord.objects.create(
        business=biz.business, kind=kind, key=f"k{UsageRecord.objects.count()}", quantity=quantity,
        occurred_at=timezone.now() - timedelta(days=days),
    )  # fmt: skip


def want(*businesses) -> None:
    for biz in businesses:
        agenda.put(
            "billing.gather", str(biz.business.pk), lane="housekeeping",
            business_id=biz.business.pk, due_at=timezone.now(),
        )  # fmt: skip


def counted(there, customer: str, name: str = "ringback_text") -> int:
    return sum(
        int(event["payload"]["value"])
        for event in there.of("billing.meter_event").values()
        if (event["payload"]["stripe_customer_id"], event["event_name"]) == (customer, name)
    )


def test_each_record_is_told_once_and_each_business_its_own(
    paying, stripe_there, plumber, dentist, work, pass_time
):
    yesterday = use(plumber, 5, days=1.0)
    use(plumber, 2), use(plumber, 1, "mms"), use(plumber, 4, "assistant_turn")
    use(plumber, 9, "lookup")
    use(dentist, 7)
    before = use(plumber, 100, days=11)
    want(plumber, dentist)
    work()
    assert counted(stripe_there, "cus_plumber") == 8
    assert counted(stripe_there, "cus_plumber", "ringback_turn") == 4
    assert counted(stripe_there, "cus_dentist") == 7
    # A day of Stripe's summaries is a report of its own, at a moment of that day.
    report = MeterReport.objects.get(records=yesterday)
    assert (report.quantity, report.counted_at) == (5, yesterday.occurred_at)
    before.refresh_from_db()
    assert before.report_id is None
    use(plumber, 3)
    pass_time(3700)
    work()
    assert counted(stripe_there, "cus_plumber") == 11
    assert MeterReport.objects.filter(sent_at=None).count() == 0
    for report in MeterReport.objects.all():
        assert report.quantity == sum(r.quantity for r in report.records.all())


@pytest.mark.parametrize("do", ["drop_before", "drop_after", 429, 500])
def test_what_breaks_is_told_again_and_counts_once(
    paying, stripe_there, plumber, dentist, work, pass_time, do
):
    use(plumber, 6)
    # The package itself tries three times where no answer comes.
    times = 3 if isinstance(do, str) else 1
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", do, times))
    want(plumber)
    work()
    assert MeterReport.objects.get().sent_at is None
    pass_time(90)
    work()
    assert MeterReport.objects.get().sent_at is not None
    assert counted(stripe_there, "cus_plumber") == 6
    assert counted(stripe_there, "cus_dentist") == 0


def test_two_that_gather_at_once_tell_it_once(paying, stripe_there, plumber, work):
    for _ in range(20):
        use(plumber, 1)

    def at_once(_: int) -> int:
        try:
            with transaction.atomic():
                ours = Subscription.objects.select_for_update().get(business=plumber.business)
                return len(report_use(ours, timezone.now()))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(at_once, range(4)))
    assert sum(found) == 1 and MeterReport.objects.get().quantity == 20


def worker(stripe_there):
    child = subprocess.Popen(
        [sys.executable, "-c", WORK], cwd=os.getcwd(),
        env={
            **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings",
            "STRIPE_SECRET_KEY": "sk_test_of_the_tests", "STRIPE_WEBHOOK_SECRET": "whsec_x",
            "STRIPE_API_BASE": stripe_there.address, "AGENDA_LEASE_SECONDS": "3",
        },
    )  # fmt: skip
    stripe_there.victim = child.pid
    return child


def waits_for_a_row() -> bool:
    """Whether somebody waits for a lock that this test holds."""
    with connection.cursor() as cursor:
        # Within a transaction it would show what it showed at first.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def killed_when_it_waits(child) -> None:
    try:
        end = time.monotonic() + 60
        while not waits_for_a_row():
            assert time.monotonic() < end and child.poll() is None
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()


@pytest.mark.processes
@pytest.mark.parametrize("step", ["gathering", "asked", "taken", "settling"])
def test_killed_at_each_step_every_record_counts_once(
    paying, stripe_there, plumber, dentist, work, pass_time, step
):
    records = [use(plumber, n) for n in (1, 2, 3)]
    use(dentist, 50)
    want(plumber)
    if step == "gathering":
        with transaction.atomic():
            UsageRecord.objects.select_for_update().get(pk=records[1].pk)
            killed_when_it_waits(worker(stripe_there))
        assert not MeterReport.objects.exists()
    elif step == "settling":
        # It is told, and dies before it wrote that down.
        item = agenda.claim("housekeeping", "me", 1)[0]
        gather(item)
        agenda.finish([item])
        report = MeterReport.objects.get()
        with transaction.atomic():
            MeterReport.objects.select_for_update().get(pk=report.pk)
            killed_when_it_waits(worker(stripe_there))
        assert counted(stripe_there, "cus_plumber") == 6
    else:
        do = "kill_before" if step == "asked" else "kill_after"
        stripe_there.faults.append(Fault("POST /v1/billing/meter_events", do))
        assert worker(stripe_there).wait(60) < 0
        assert counted(stripe_there, "cus_plumber") == (0 if step == "asked" else 6)
    # The lease of what it had claimed is over: somebody else goes on.
    pass_time(3700)
    AgendaItem.objects.update(claimed_by="")
    work()
    assert counted(stripe_there, "cus_plumber") == 6
    assert MeterReport.objects.get().sent_at is not None
    assert counted(stripe_there, "cus_dentist") == 0


def test_a_report_that_waited_a_day_is_held_against_what_stripe_has(
    paying, stripe_there, plumber, work, pass_time
):
    use(plumber, 6)
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", "drop_after", times=3))
    want(plumber)
    work()
    # Stripe has it, and has forgotten its name since.
    stripe_there.kept.clear()
    (event,) = stripe_there.of("billing.meter_event").values()
    stripe_there.of("billing.meter_event")["forgotten"] = event
    del stripe_there.of("billing.meter_event")[event["identifier"]]
    MeterReport.objects.update(created_at=timezone.now() - timedelta(hours=25))
    pass_time(90)
    work()
    assert MeterReport.objects.get().sent_at is not None
    assert counted(stripe_there, "cus_plumber") == 6
    # One that Stripe never had is told though it is old.
    use(plumber, 2)
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", "drop_before", times=3))
    want(plumber)
    work()
    MeterReport.objects.filter(sent_at=None).update(created_at=timezone.now() - timedelta(hours=25))
    pass_time(90)
    work()
    assert counted(stripe_there, "cus_plumber") == 8


@pytest.fixture
def sam(world):
    """Somebody of support."""
    return User.objects.create_user("sam@ringback.example", "x", name="Sam", is_staff=True)


def night(work, pass_time) -> None:
    """A night passes: whatever is younger than an hour is older then."""
    MeterReport.objects.update(created_at=timezone.now() - timedelta(hours=2))
    agenda.put(nightly.KIND, "all", lane="housekeeping", business_id=None, due_at=timezone.now())
    AgendaItem.objects.filter(kind=nightly.KIND).update(due_at=timezone.now())
    work()
    pass_time(60)
    work()


@pytest.mark.parametrize("status", [401, 403])
def test_use_of_a_time_with_a_wrong_key_is_billed_once_the_key_is_right(
    paying, stripe_there, plumber, dentist, work, pass_time, status
):
    wrong = Fault("POST /v1/billing/meter_events", status, times=1000)
    stripe_there.faults.append(wrong)
    for quantity in (6, 2, 2):
        use(plumber, quantity)
        want(plumber)
        work()
        pass_time(3700)
    use(dentist, 5)
    want(dentist)
    work()
    assert counted(stripe_there, "cus_plumber") == counted(stripe_there, "cus_dentist") == 0
    concern = Concern.objects.get()
    assert concern.kind == "key_refused" and concern.times > 1
    assert MeterReport.objects.filter(sent_at=None, refused_at=None).count() == 4
    wrong.times = 0
    pass_time(700)
    work()
    assert counted(stripe_there, "cus_plumber") == 10
    assert counted(stripe_there, "cus_dentist") == 5
    assert not MeterReport.objects.filter(sent_at=None).exists()
    concern.refresh_from_db()
    assert concern.resolved_at is not None
    pass_time(3700)
    work()
    assert counted(stripe_there, "cus_plumber") == 10


def test_a_report_whose_row_is_lost_is_asked_for_at_night(
    paying, stripe_there, plumber, dentist, work, pass_time
):
    use(plumber, 6), use(dentist, 5)
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", 500, times=2))
    want(plumber, dentist)
    work()
    AgendaItem.objects.filter(kind="billing.meter").delete()
    night(work, pass_time)
    assert counted(stripe_there, "cus_plumber") == 6 and counted(stripe_there, "cus_dentist") == 5
    assert not AgendaItem.objects.filter(kind="billing.meter").exists()


def test_what_stripe_refuses_waits_for_support_and_is_told_once(
    paying, stripe_there, plumber, dentist, work, pass_time, sam
):
    use(plumber, 6)
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", 400))
    want(plumber)
    work()
    assert Concern.objects.get().kind == "meter_refused"
    report = MeterReport.objects.get()
    assert "not now" in report.problem and report.refused_at is not None
    night(work, pass_time)
    assert counted(stripe_there, "cus_plumber") == 0
    now = timezone.now()
    with pytest.raises(ReasonMissing):
        refused.settle(report.pk, "again", sam, reason="", now=now)
    refused.settle(report.pk, "again", sam, reason="Ticket 4711", now=now)
    with pytest.raises(NotRefused):
        refused.settle(report.pk, "again", sam, reason="Ticket 4711", now=now)
    entry = SupportEntry.objects.get()
    assert (entry.action, entry.business, entry.reason, entry.detail["quantity"]) == (
        "meter.again", plumber.business, "Ticket 4711", 6
    )  # fmt: skip
    assert Concern.objects.get(kind="meter_refused").resolved_by.startswith("Sam")
    work(), night(work, pass_time)
    assert counted(stripe_there, "cus_plumber") == 6 and counted(stripe_there, "cus_dentist") == 0
    with pytest.raises(NotRefused):
        refused.settle(report.pk, "not_counted", sam, reason="Ticket 4711", now=now)


def forgotten(there) -> None:
    """A day passes: Stripe knows what it counted, and no longer by which names."""
    there.kept.clear()
    events = there.of("billing.meter_event")
    for name in [name for name in events if name.startswith("ringback-")]:
        events[f"forgotten-{name}"] = events.pop(name)


@pytest.mark.parametrize("there", ["none", "first", "second", "both"])
def test_two_old_reports_of_one_day_are_told_one_after_the_other(
    paying, stripe_there, plumber, dentist, work, pass_time, there
):
    """Of the same quantity, so that a sum alone does not tell which of them Stripe has."""
    noon = timezone.now().replace(hour=12, minute=0) - timedelta(days=2)
    for _ in range(2):
        record = use(plumber, 4)
        UsageRecord.objects.filter(pk=record.pk).update(occurred_at=noon)
        want(plumber)
        stripe_there.faults.append(Fault("POST /v1/billing/meter_events", 500))
        AgendaItem.objects.exclude(kind="billing.gather").delete()
        work()
    first, second = MeterReport.objects.order_by("pk")
    for name, report in (("first", first), ("second", second)):
        if there in (name, "both"):
            stripe_there.metered("", {
                "event_name": "ringback_text", "identifier": report.identifier,
                "timestamp": int(report.counted_at.timestamp()),
                "payload": {"stripe_customer_id": "cus_plumber", "value": "4"},
            })  # fmt: skip
    forgotten(stripe_there)
    MeterReport.objects.update(created_at=timezone.now() - timedelta(hours=25))
    # Two workers hold one each, and both ask before either has an answer.
    AgendaItem.objects.all().delete()
    for report in (second, first):
        agenda.put(
            "billing.meter", str(report.pk), lane="housekeeping",
            business_id=plumber.business.pk, due_at=timezone.now(),
        )  # fmt: skip
    items = agenda.claim("housekeeping", "two", 10)
    assert len(items) == 2
    answers = [(item, agenda.handler_of(item.kind)(item)) for item in items]
    settled = [
        (item, answer, answer.act()) if isinstance(answer, agenda.Outside) else (item, answer, None)
        for item, answer in answers
    ]
    for item, answer, result in settled:
        after = answer.settle(result) if isinstance(answer, agenda.Outside) else answer
        agenda.finish([item]) if after is None else agenda.postpone(item, after.at)
    for _ in range(3):
        pass_time(90)
        work()
    assert not MeterReport.objects.filter(sent_at=None, refused_at=None).exists()
    told = sum(r.quantity for r in MeterReport.objects.filter(sent_at__isnull=False))
    if there == "both":
        # Nobody can say of the sum whose it is: nothing is told twice, and nothing is dropped.
        assert counted(stripe_there, "cus_plumber") == 8
    else:
        assert told == counted(stripe_there, "cus_plumber") == 8
    assert counted(stripe_there, "cus_dentist") == 0


@pytest.mark.parametrize(("deed", "there"), [("counted", 9), ("not_counted", 13)])
def test_what_nobody_can_say_of_a_report_support_looks_up(
    paying, stripe_there, plumber, dentist, work, pass_time, sam, deed, there
):
    use(plumber, 4)
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", 500))
    want(plumber)
    work()
    report = MeterReport.objects.get()
    # Somebody else counted nine for this customer.
    stripe_there.of("billing.meter_event")["other"] = {
        "event_name": "ringback_text", "timestamp": int(report.counted_at.timestamp()),
        "payload": {"stripe_customer_id": "cus_plumber", "value": "9"},
    }  # fmt: skip
    MeterReport.objects.update(created_at=timezone.now() - timedelta(hours=25))
    pass_time(90)
    work()
    report.refresh_from_db()
    assert (report.problem, report.sent_at) == (UNKNOWN, None) and report.refused_at
    assert Concern.objects.get(resolved_at=None).subject == report.identifier
    # Asked again it is as unclear as before, and stays support's.
    refused.settle(report.pk, "again", sam, reason="Ticket 4711", now=timezone.now())
    work()
    report.refresh_from_db()
    assert report.refused_at and counted(stripe_there, "cus_plumber") == 9
    refused.settle(report.pk, deed, sam, reason="Looked at Stripe", now=timezone.now())
    work()
    report.refresh_from_db()
    assert report.sent_at and report.refused_at is None
    assert counted(stripe_there, "cus_plumber") == there
    assert not Concern.objects.filter(resolved_at=None).exists()
    assert counted(stripe_there, "cus_dentist") == 0


def test_support_reopens_none_while_another_of_its_day_is_on_its_way(
    paying, stripe_there, plumber, work, sam
):
    use(plumber, 6)
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", 400))
    want(plumber)
    work()
    first = MeterReport.objects.get()
    use(plumber, 2)
    stripe_there.faults.append(Fault("POST /v1/billing/meter_events", 500))
    want(plumber)
    AgendaItem.objects.filter(kind="billing.gather").update(due_at=timezone.now())
    work()
    with pytest.raises(NotRefused, match="another report"):
        refused.settle(first.pk, "again", sam, reason="Ticket 4711", now=timezone.now())
    assert MeterReport.objects.get(pk=first.pk).refused_at and not SupportEntry.objects.exists()
    # What is older than Stripe takes is support's at once, and stands in nobody's way.
    old = MeterReport.objects.get(quantity=2)
    MeterReport.objects.filter(pk=old.pk).update(counted_at=timezone.now() - timedelta(days=36))
    AgendaItem.objects.update(due_at=timezone.now())
    work()
    old.refresh_from_db()
    assert old.refused_at and "so old" in old.problem


def test_stripes_sums_are_held_against_ours(paying, stripe_there, plumber, dentist, work):
    use(plumber, 6, days=1.0), use(plumber, 1), use(dentist, 4, days=1.0)
    want(plumber, dentist)
    work()
    for event in stripe_there.of("billing.meter_event").values():
        if event["payload"]["value"] == "4":
            event["payload"]["value"] = "5"
    for biz in (plumber, dentist):
        agenda.put(
            "billing.reconcile", str(biz.business.pk), lane="housekeeping",
            business_id=biz.business.pk, due_at=timezone.now(),
        )  # fmt: skip
    work()
    agreed = MeterReport.objects.get(business=plumber.business, quantity=6)
    assert agreed.reconciled_at is not None and agreed.problem == ""
    # Today is not over.
    assert MeterReport.objects.get(quantity=1).reconciled_at is None
    concern = Concern.objects.get()
    assert (concern.kind, concern.business) == ("meter_difference", dentist.business)
    assert "counted 5 of text, we 4" in concern.sentence
    assert MeterReport.objects.get(quantity=4).reconciled_at is None
    # What Stripe had not added up yet agrees the next day.
    for event in stripe_there.of("billing.meter_event").values():
        if event["payload"]["value"] == "5":
            event["payload"]["value"] = "4"
    AgendaItem.objects.filter(kind="billing.reconcile").update(due_at=timezone.now())
    work()
    concern.refresh_from_db()
    assert concern.resolved_at is not None
    assert MeterReport.objects.get(quantity=4).reconciled_at is not None


def test_a_period_is_told_before_it_ends(paying, plumber):
    ours = paying["plumber"]
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for left, wait in (
        (timedelta(hours=5), timedelta(hours=1)),
        (timedelta(minutes=40), timedelta(minutes=30)),
        (timedelta(minutes=5), timedelta(minutes=6)),
        (timedelta(minutes=-5), timedelta(hours=1)),
    ):
        ours.period_end = now + left
        assert _next(ours, now) - now == wait


def test_work_that_is_given_up_is_for_support(paying, stripe_there, plumber, pass_time, work):
    """A report that is gone cannot be told: support hears of it, nobody else waits for it."""
    agenda.put(
        "billing.meter", "0", lane="housekeeping", business_id=plumber.business.pk,
        due_at=timezone.now(),
    )  # fmt: skip
    for _ in range(agenda.MAX_ATTEMPTS):
        work()
        pass_time(400)
    concern = Concern.objects.get()
    assert (concern.kind, concern.subject) == ("given_up", "billing.meter 0")
