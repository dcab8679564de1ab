"""Use that Stripe refused, settled by support in the admin: with the right, with a reason, and once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.models import Concern, MeterReport
from tenants.models import AgendaItem, SupportEntry
from tests.admin.conftest import allow

PAGE = "billing/meterreport/"


@pytest.fixture
def reports(plumber, dentist):
    """One refused report of each business."""
    now = timezone.now()
    return [
        MeterReport.objects.create(
            business=biz.business, kind="text", identifier=f"ringback-{biz.business.pk}",
            quantity=6, counted_at=now, customer_id=f"cus_{biz.business.pk}", refused_at=now,
            problem="not now",
        )
        for biz in (plumber, dentist)
    ]  # fmt: skip


def wish(report: MeterReport, action: str, reason: str = "Ticket 4711") -> dict[str, object]:
    return {"action": action, "_selected_action": [report.pk], "reason": reason}


def test_it_takes_the_right_and_a_reason(support, reports):
    mine, theirs = reports
    assert "Tell Stripe again" not in support.get(PAGE)
    support.post(PAGE, wish(mine, "again"))
    mine.refresh_from_db()
    assert not SupportEntry.objects.filter(action__startswith="meter.").exists()
    allow(support.user, "settle_agenda")
    page = support.get(PAGE, standing="refused")
    assert 'name="reason"' in page and "Tell Stripe again" in page and "not now" in page
    assert "not now" not in support.get(PAGE, standing="sent")
    assert "Say why in a few words" in support.post(PAGE, wish(mine, "again", " "))
    assert not AgendaItem.objects.filter(kind="billing.meter").exists()
    assert "1 settled" in support.post(PAGE, wish(mine, "again"))
    mine.refresh_from_db(), theirs.refresh_from_db()
    assert mine.refused_at is None and mine.sent_at is None and theirs.refused_at
    assert AgendaItem.objects.get(kind="billing.meter").subject == str(mine.pk)
    assert "settled already" in support.post(PAGE, wish(mine, "again"))
    entry = SupportEntry.objects.get()
    assert (entry.action, entry.business, entry.reason, entry.user) == (
        "meter.again", mine.business, "Ticket 4711", support.user
    )  # fmt: skip


@pytest.mark.parametrize("deed", ["counted", "not_counted"])
def test_what_stripe_may_have_is_looked_up_by_somebody(support, reports, deed):
    mine, theirs = reports
    allow(support.user, "settle_agenda")
    Concern.objects.create(
        kind="meter_refused", subject=mine.identifier, sentence="x", raised_at=timezone.now(),
        last_at=timezone.now(),
    )  # fmt: skip
    support.post(PAGE, wish(mine, deed))
    mine.refresh_from_db(), theirs.refresh_from_db()
    assert (mine.sent_at is not None, mine.asked_since is not None) == (
        deed == "counted", deed == "not_counted"
    )  # fmt: skip
    assert AgendaItem.objects.filter(kind="billing.meter").count() == (deed == "not_counted")
    assert theirs.refused_at and theirs.sent_at is None
    assert Concern.objects.get().resolved_by == "Sam (sam@ringback.example)"
    assert SupportEntry.objects.get().action == f"meter.{deed}"
