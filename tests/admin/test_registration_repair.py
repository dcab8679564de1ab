"""Support sees how carriers have a registration, and joins a number to its campaign again."""

from __future__ import annotations

import pytest

from messaging.models import AuditEntry
from messaging.senders import buying, filing
from messaging.senders.dossier import NUMBER
from tenants.models import BusinessFacts, PhoneNumber, ProviderStep, SupportEntry
from tests.admin.conftest import allow
from tests.senders.conftest import (
    NEW,
    bought,
    office,
    on,
    others_untouched,
    step_of,
    well_said,
)  # fmt: skip
from tests.senders.test_filing import FACTS, everything_once

__all__ = ["office", "on"]
WHY = "Ticket 4711, error 30034"


@pytest.fixture
def filed(plumber, office, work, on):
    """The plumber with one bought number, filed and approved."""
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    well_said(plumber, FACTS["website"])
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    filing.submit(plumber.business, by="Ann")
    on()
    assert PhoneNumber.objects.get(e164=NEW).registration == "approved"
    return plumber


def leave_the_service(office) -> None:
    """Take the number out of its campaign's messaging service, as somebody in the console would."""
    joined = [key for key, p in office.books.papers.items() if p["kind"] == "PhoneNumbers"]
    assert len(joined) == 1
    del office.books.papers[joined[0]]


def part_of(page: str, number: str) -> str:
    """Return what the page says of one number."""
    return page.partition(f"<h3>{number}</h3>")[2].partition("</section>")[0]


def test_a_number_that_left_its_campaign_is_seen_and_joined_again(
    filed, dentist, office, on, support
):
    path = f"provider/{filed.business.pk}/"
    page = part_of(support.post(path, {"act": "ask"}, 200), NEW)
    assert page.count("the same") >= 3 and "not joined" not in page
    leave_the_service(office)
    page = part_of(support.post(path, {"act": "ask"}, 200), NEW)
    assert "not joined" in page and "30034" in page and "Join it to the campaign" not in page
    form = {"act": "join", "number": PhoneNumber.objects.get(e164=NEW).pk, "reason": WHY}
    support.post(path, form, 403)
    allow(support.user, "repair_provider")
    page = part_of(support.post(path, {"act": "ask"}, 200), NEW)
    assert "Join it to the campaign" in page and f"{NUMBER}{NEW}</code> is wanted anew" in page
    assert "Say why" in support.post(path, form | {"reason": ""}, 422)
    assert ProviderStep.objects.filter(key=NUMBER + NEW).count() == 1
    support.post(path, form)
    support.post(path, form)  # two clicks are one repair
    assert step_of(filed.business, NUMBER + NEW).state == "wanted"
    assert ProviderStep.objects.filter(key=NUMBER + NEW).count() == 2
    on()
    assert step_of(filed.business, NUMBER + NEW).state == "done"
    everything_once(office)
    assert bought(office).count(NEW) == 1
    page = part_of(support.post(path, {"act": "ask"}, 200), NEW)
    assert "not joined" not in page and PhoneNumber.objects.get(e164=NEW).campaign_id
    assert SupportEntry.objects.get(action="repair.registration").reason == WHY
    with filed.scope():
        assert AuditEntry.objects.get(action="support.repair").detail["reason"] == WHY
    with dentist.scope():
        assert not AuditEntry.objects.exists()
    others_untouched(dentist)


def test_what_no_repair_mends_is_said_plainly(filed, dentist, office, support):
    allow(support.user, "repair_provider")
    campaign = next(key for key, p in office.books.papers.items() if p["kind"] == "Usa2p")
    del office.books.papers[campaign]
    leave_the_service(office)
    path = f"provider/{filed.business.pk}/"
    page = part_of(support.post(path, {"act": "ask"}, 200), NEW)
    assert "Campaign: carriers say not there. No repair mends that" in page
    assert "Join it to the campaign" not in page
    # Its other number is in a campaign of somebody's own: it is not ours to move.
    page = part_of(support.post(path, {"act": "ask"}, 200), filed.number)
    assert "was declared, not filed here" in page and "not joined" not in page
    form = {"act": "join", "number": PhoneNumber.objects.get(e164=filed.number).pk, "reason": WHY}
    assert "no campaign is filed for it" in support.post(path, form, 422)
    assert not ProviderStep.objects.filter(key=NUMBER + filed.number).exists()
    # Of a business that filed nothing there is nothing to compare, and nothing to join.
    theirs = f"provider/{dentist.business.pk}/"
    page = part_of(support.post(theirs, {"act": "ask"}, 200), dentist.number)
    assert (
        "Nothing was filed for this number here" in page or "was declared, not filed here" in page
    )
    line = PhoneNumber.objects.get(e164=dentist.number)
    form = {"act": "join", "number": line.pk, "reason": WHY}
    assert "no campaign is filed for it" in support.post(theirs, form, 422)
    support.post(path, form, 404)
    others_untouched(dentist)
    assert not SupportEntry.objects.filter(action="repair.registration").exists()
