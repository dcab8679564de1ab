"""Who suspended a business decides who may let it send again, also when two press at once."""

from __future__ import annotations

import threading
from itertools import product

import pytest
from django.db import connection
from django.utils import timezone

from tenants import lifecycle, support, suspending
from tenants.models import AgencyEntry, Business, Stage

AGENCY, BILLING, SUPPORT = suspending.PARTIES


@pytest.mark.parametrize(
    ("party", "whose", "may"),
    [
        (AGENCY, AGENCY, True), (AGENCY, BILLING, False), (AGENCY, SUPPORT, False),
        (BILLING, AGENCY, True), (BILLING, BILLING, True), (BILLING, SUPPORT, False),
        (SUPPORT, AGENCY, True), (SUPPORT, BILLING, True), (SUPPORT, SUPPORT, True),
        (AGENCY, "", False), (SUPPORT, "", True),
    ],
)  # fmt: skip
def test_nobody_lifts_what_a_stronger_one_put_there(party, whose, may):
    assert suspending.may_lift(party, whose) is may


def test_a_stronger_one_takes_over_and_a_weaker_one_does_not():
    for party, whose in product(suspending.PARTIES, repeat=2):
        takes = suspending.takes_over(party, whose)
        assert takes is (suspending.PARTIES.index(party) > suspending.PARTIES.index(whose))


def do(verb, business, party):
    return verb(business, party, actor="Ann", door="page", now=timezone.now(), reason="unpaid")


def test_what_the_agency_suspends_it_resumes(north, south):
    business = north.first.business
    assert do(lifecycle.suspend, business, AGENCY) is True
    assert do(lifecycle.suspend, business, AGENCY) is False
    assert business.suspended_by == AGENCY
    assert do(lifecycle.resume, business, AGENCY) is True
    assert do(lifecycle.resume, business, AGENCY) is False
    assert business.suspended_at is None and business.suspended_by == ""
    actions = AgencyEntry.objects.filter(business=business).values_list("action", flat=True)
    assert list(actions) == ["business.resume", "business.suspend"]
    assert not Business.objects.filter(agency=south.agency, suspended_at__isnull=False).exists()


def test_support_takes_a_suspension_over_and_the_agency_cannot_lift_it(north, south):
    business = north.first.business
    do(lifecycle.suspend, business, AGENCY)
    assert support.suspend(business, timezone.now()) is True
    with pytest.raises(lifecycle.LifecycleRefused) as refused:
        do(lifecycle.resume, business, AGENCY)
    assert refused.value.code == "suspended_by_other"
    assert do(lifecycle.suspend, business, BILLING) is False
    assert support.resume(business) is True
    assert support.resume(business) is False
    assert south.first.business.suspended_at is None


def test_two_parties_at_once_leave_the_stronger_one_s(north, south):
    business = north.first.business
    for _ in range(4):
        ready = threading.Barrier(3)

        def press(party, ready=ready):
            try:
                ready.wait()
                do(lifecycle.suspend, Business.objects.get(pk=business.pk), party)
            finally:
                connection.close()

        threads = [threading.Thread(target=press, args=[party]) for party in suspending.PARTIES]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        business.refresh_from_db()
        assert business.suspended_by == SUPPORT
        assert support.resume(business)
    assert south.first.business.stage == Stage.LIVE


def test_the_page_asks_why_and_obeys_owners_of_that_agency_alone(north, south):
    url = north.url(f"businesses/{north.second.pk}/lifecycle/")
    page = north.boss.post(url + "suspend/", {"reason": "  "}, status=422)
    assert "Say why, for whoever asks later." in page
    page = north.boss.post(url + "suspend/", {"reason": "The bill is open"})
    assert "is suspended." in page and "The bill is open" in page
    assert "Resume" in north.boss.get(url)
    north.helper.post(url + "resume/", status=403)
    stolen = south.url(f"businesses/{north.second.pk}/lifecycle/")
    for verb in ("suspend", "resume", "off-board", "stay"):
        south.boss.post(url + f"{verb}/", status=404)
        south.boss.post(stolen + f"{verb}/", status=404)
    assert Business.objects.get(pk=north.second.pk).suspended_by == AGENCY
    north.boss.post(url + "resume/")
    assert Business.objects.get(pk=north.second.pk).suspended_at is None
    support.suspend(north.second, timezone.now())
    assert "Support suspended it." in north.boss.post(url + "resume/")
    assert Business.objects.get(pk=north.second.pk).suspended_by == SUPPORT
