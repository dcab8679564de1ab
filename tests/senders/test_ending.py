"""Who is deleted pays carriers no longer: its campaign is ended, after its numbers, once, and for days if need be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.providers.base import ProviderFailed
from messaging.providers.simulator import Simulator
from messaging.providers.twilio import Twilio
from messaging.senders import buying, ending, filing, steps
from tenants import lifecycle
from tenants.models import AgencyEntry, AgendaItem, Business, BusinessFacts, Departure, ProviderStep
from tests.senders.conftest import NEW, others_untouched, well_said
from tests.senders.test_filing import FACTS


@pytest.fixture
def filed(plumber, office, work, on):
    """The plumber with a campaign that is approved, and one number in it."""
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    well_said(plumber, FACTS["website"])
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    filing.submit(plumber.business, by="Ann")
    on()
    assert campaigns(office) == 1
    return plumber


def campaigns(office) -> int:
    return sum(1 for paper in office.books.papers.values() if paper["kind"] == "Usa2p")


def begins(biz) -> None:
    """Its deletion begins: nobody can change his mind any more."""
    lifecycle.off_board(
        biz.business, actor="Ann", door="page", now=timezone.now(), reason="They moved away."
    )
    departure = Departure.objects.get(business=biz.business)
    departure.begun_at = timezone.now()
    departure.save(update_fields=["begun_at"])
    with biz.scope():
        from messaging.senders import leaving

        leaving.begins(departure, timezone.now())


def noted(action: str) -> int:
    return AgencyEntry.objects.filter(action=action).count()


def test_it_ends_after_the_numbers_and_is_written_down(filed, dentist, office, work, on):
    begins(filed)
    assert ProviderStep.objects.filter(business=filed.business, key="a2p.campaign").exists()
    work()
    assert campaigns(office) == 1  # not before a part under way is known
    on()
    assert campaigns(office) == 0
    assert NEW not in {each["phone_number"] for each in office.books.held.values()}
    assert (noted("registration.end"), noted("registration.stands")) == (1, 0)
    assert not AgendaItem.objects.filter(kind=ending.KIND).exists()
    others_untouched(dentist)


def test_whoever_only_thinks_of_leaving_keeps_it(filed, office, work):
    now = timezone.now()
    lifecycle.off_board(filed.business, actor="Ann", door="page", now=now, reason="They moved.")
    work()
    lifecycle.stay(Business.objects.get(pk=filed.business.pk), actor="Ann", door="page", now=now)
    work()
    assert campaigns(office) == 1
    assert not AgendaItem.objects.filter(kind=ending.KIND).exists()


def test_what_is_not_filed_yet_never_is(plumber, dentist, office, work, on):
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    well_said(plumber, FACTS["website"])
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    office.control({"seconds": {"brand": 1e9}})
    filing.submit(plumber.business, by="Ann")
    work()
    begins(plumber)
    office.control({"seconds": {"brand": 0}})
    on()
    assert campaigns(office) == 0
    rows = ProviderStep.objects.filter(business=plumber.business, key__startswith="a2p.")
    assert not rows.filter(state__in=steps.OPEN).exists()
    others_untouched(dentist)


@pytest.mark.parametrize(
    ("status", "asked", "action"), [(503, 2, "registration.end"), (409, 1, "registration.stands")]
)
def test_a_provider_that_does_not_answer_is_asked_again_and_one_that_will_not_is_told_of(
    filed, office, on, monkeypatch, status, asked, action
):
    tried = []
    whole = Twilio.end_campaigns

    def refuses(self, account, service):
        tried.append(service)
        if len(tried) == 1:
            raise ProviderFailed("not now", http_status=status)
        whole(self, account, service)

    monkeypatch.setattr(Twilio, "end_campaigns", refuses)
    monkeypatch.setattr(Simulator, "end_campaigns", refuses, raising=False)
    begins(filed)
    on()
    assert len(tried) == asked and noted(action) == 1
    assert campaigns(office) == (0 if action == "registration.end" else 1)


def test_after_its_days_it_is_asked_a_last_time_and_the_agency_reads_of_it(
    filed, office, work, monkeypatch
):
    def away(self, account, service):
        raise ProviderFailed("away", http_status=500)

    monkeypatch.setattr(Twilio, "end_campaigns", away)
    monkeypatch.setattr(Simulator, "end_campaigns", away, raising=False)
    begins(filed)
    AgendaItem.objects.filter(kind=ending.KIND).update(
        due_at=timezone.now(), expires_at=timezone.now() + timedelta(minutes=5)
    )
    work()
    assert noted("registration.stands") == 1
    assert not AgendaItem.objects.filter(kind=ending.KIND).exists()
