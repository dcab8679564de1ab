"""What is wrong with a business, what it costs, and the row its list is drawn from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from billing.budget import Prices
from billing.margin import Money, Terms, month
from inbox.agency.businesses import gathering, health
from inbox.agency.businesses.health import Facts, trouble, wrong
from tenants import lifecycle, making
from tenants.models import AgendaItem, Business, BusinessHealth, PhoneNumber, Stage

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
WELL = Facts(registration="approved", forwarding="reached", forwarded=True, last_call_at=NOW)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, ()),
        ({"registration": ""}, ("no_number",)),
        ({"registration": "pending"}, ("registration_pending",)),
        ({"registration": "declared"}, ()),
        ({"forwarding": "unknown"}, ("forwarding_untried",)),
        ({"forwarding": "unknown", "forwarded": False}, ()),
        ({"forwarding": "lost", "registration": "rejected"}, ("forwarding_lost", "registration_rejected")),
        ({"sent": 9, "undelivered": 9}, ()),
        ({"sent": 10, "undelivered": 1}, ("texts_lost",)),
        ({"oldest_waiting_at": NOW - timedelta(hours=4)}, ("waits_too_long",)),
        ({"oldest_waiting_at": NOW - timedelta(hours=3, minutes=59)}, ()),
        ({"last_call_at": NOW - timedelta(days=7)}, ("silent",)),
        ({"last_call_at": None}, ()),
        ({"text_p95_ms": 30_000}, ("slow",)),
        ({"open_alerts": 1}, ("alerts",)),
        ({"step": 2}, ()),
        ({"step": 3}, ("bill_stops_texts",)),
        ({"stage": "draft", "registration": ""}, ()),
        ({"stage": "leaving", "forwarding": "lost"}, ()),
        ({"is_suspended": True, "suspended_by": "agency"}, ()),
        ({"is_suspended": True, "suspended_by": "support"}, ("stopped_by_us",)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_worst_first(change, codes):
    assert wrong(replace(WELL, **change), NOW) == codes


def test_the_worst_decides_and_every_code_weighs_something():
    everything = replace(
        WELL, registration="rejected", forwarding="lost", sent=20, undelivered=20, open_alerts=3,
        oldest_waiting_at=NOW - timedelta(days=2), text_p95_ms=60_000, step=4,
        last_call_at=NOW - timedelta(days=30),
    )  # fmt: skip
    found = wrong(everything, NOW)
    weights = [health.WEIGHTS[code] for code in found]
    assert weights == sorted(weights, reverse=True) and trouble(found) == weights[0]
    assert trouble(()) == 0 and trouble(("forwarding_untried",)) < health.TROUBLE
    assert health.worst(["approved", "pending", "declared"], health.REGISTRATIONS) == "pending"
    assert health.worst([], health.FORWARDINGS) == ""


def test_seconds_are_never_said_to_be_fewer_than_they_were():
    assert [health.seconds(ms) for ms in (None, 0, 1, 1_901, 9_999, 10_000, 10_001)] == [
        None, 0.0, 0.1, 2.0, 10.0, 10.0, 11.0,
    ]  # fmt: skip
    assert (health.rate(0, 0), health.rate(1, 3)) == (None, 33)


PLAN = Terms(
    "active", "agency", False, 4900, Prices(100, 0, 250, None), texts=300, markup=Decimal(40)
)


@pytest.mark.parametrize(
    ("change", "money"),
    [
        # 200 texts above the plan at 2.5 cents are 5.00; 54.00 at 40 % more are 75.60.
        ({}, Money(5400, 5400, 7560, 2160)),
        ({"status": "trialing"}, Money()),
        ({"status": "canceled"}, Money()),
        ({"status": "past_due", "texts": 0}, Money(4900, 4900, 6860, 1960)),
        ({"numbers": 2, "number": 20_000, "texts": 0}, Money(5300, 5300, 7420, 2120)),
        # The client pays us: nothing is left to the agency, and it owes nothing.
        ({"payer": "business"}, Money(5400, 0, 5400, 0)),
        # He pays at the agency's own account, and we keep a tenth.
        ({"payer": "business", "connected": True, "fee": Decimal(10)}, Money(5400, 756, 7560, 6804)),
    ],
)  # fmt: skip
def test_what_is_left_to_the_agency(change, money):
    assert month(replace(PLAN, **change)) == money


def test_a_business_is_reckoned_from_what_happened_in_it(twilio, work, stand_in, north, dentist):
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    twilio.text(call.caller, "My sink is leaking")
    work()
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    business = Business.objects.get(pk=north.first.business.pk)
    now = timezone.now()
    gathering.keep(business, gathering.gather(business, now), now)
    row = BusinessHealth.objects.get(business=business)
    assert (row.calls, row.missed, row.texts, row.replies, row.undelivered) == (2, 2, 2, 1, 0)
    assert row.text_p50_ms is not None and row.text_p50_ms <= row.text_p95_ms
    assert row.waiting == 1 and row.oldest_waiting_at is not None and row.last_call_at is not None
    assert row.registration == "declared" and row.trouble == health.trouble(row.problems)
    # The other agency's business saw nothing of it.
    theirs = Business.objects.get(pk=dentist.business.pk)
    facts = gathering.gather(theirs, now)
    assert (facts.calls, facts.texts, facts.waiting, facts.last_call_at) == (0, 0, 0, None)


def test_a_test_call_counts_in_no_figure(twilio, work, stand_in, north):
    from calls.models import Call

    twilio.call().dial_ends("no-answer")
    work()
    with north.first.scope():
        Call.objects.update(is_test=True)
    facts = gathering.gather(north.first.business, timezone.now())
    assert (facts.calls, facts.missed, facts.texts, facts.last_call_at) == (0, 0, 0, None)


def test_a_change_of_stage_is_reckoned_at_once(north, south, work):
    AgendaItem.objects.filter(kind=gathering.KIND).delete()
    who = {"actor": "Ann", "door": "page", "now": timezone.now()}
    waiting = AgendaItem.objects.filter(kind=gathering.KIND, due_at__lte=who["now"])
    changes = (
        lambda: lifecycle.suspend(north.second, "agency", **who),
        lambda: lifecycle.resume(north.second, "agency", **who),
        lambda: lifecycle.off_board(north.second, **who),
        lambda: lifecycle.stay(north.second, **who),
        lambda: making.go_live(north.second, who["now"]),
    )
    for change in changes:
        with transaction.atomic():
            change()
        assert [row.business_id for row in waiting] == [north.second.pk]
        waiting.delete()
    assert not AgendaItem.objects.filter(kind=gathering.KIND, business_id=south.second.pk).exists()


def test_the_worst_line_is_the_businesss(north):
    PhoneNumber.objects.filter(business=north.second).update(
        registration="rejected", forwarding="lost"
    )
    facts = gathering.gather(north.second, timezone.now())
    assert (facts.registration, facts.forwarding, facts.forwarded) == ("rejected", "lost", True)
    assert wrong(facts, timezone.now())[0] == "forwarding_lost"
    PhoneNumber.objects.filter(business=north.second).update(is_active=False)
    assert gathering.gather(north.second, timezone.now()).registration == ""


def test_every_business_is_asked_again_until_it_is_gone(north, south, work, pass_time):
    AgendaItem.objects.filter(kind=gathering.KIND).delete()
    gathering.prepared()
    waiting = AgendaItem.objects.filter(kind=gathering.KIND)
    assert waiting.count() == Business.objects.count() == 4
    Business.objects.filter(pk=south.second.pk).update(stage=Stage.GONE)
    pass_time(301)
    work()
    assert set(BusinessHealth.objects.values_list("business", flat=True)) == {
        north.first.business.pk, north.second.pk, south.first.business.pk,
    }  # fmt: skip
    assert waiting.count() == 3 and not waiting.filter(business_id=south.second.pk).exists()
