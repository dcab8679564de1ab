"""A registration is filed part by part, each once; what carriers say comes back as a sentence."""

from __future__ import annotations

import pytest
from django.utils import timezone

from messaging.senders import buying, filing, releasing, steps
from messaging.senders.compiling import page_url
from messaging.senders.dossier import NUMBER, PARTS, TOLL_FREE
from messaging.senders.filing import NotReady
from messaging.senders.steps import SenderError
from tenants import agenda, registration
from tenants.models import AgendaItem, BusinessFacts, PhoneNumber, ProviderStep
from tests.senders.conftest import NEW, others_untouched, step_of, well_said

FACTS = {
    "legal_name": "Lakeside Plumbing LLC", "ein": "364123987", "legal_kind": "llc",
    "street": "401 N Wabash Ave", "city": "Chicago", "region": "IL", "postcode": "60611",
    "website": "https://lakesideplumbing.com", "contact_name": "Ann Lake",
    "contact_title": "Owner", "contact_email": "ann@lakesideplumbing.com",
    "contact_phone": "+13125550190",
}  # fmt: skip


@pytest.fixture
def ready(plumber, office, work):
    """The plumber with all facts and one bought number that nobody registered yet."""
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    well_said(plumber, FACTS["website"])
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    return plumber


def made(office, what: str) -> int:
    """Return how many things of a kind the provider has made for us."""
    return sum(
        1 for paper in office.books.papers.values()
        if paper["kind"] == what and paper.get("policy_sid") != "primary"
    )  # fmt: skip


ONCE = {
    "CustomerProfiles": 1, "TrustProducts": 1, "EndUsers": 3, "SupportingDocuments": 1,
    "Addresses": 1, "BrandRegistrations": 1, "Services": 1, "Usa2p": 1, "PhoneNumbers": 1,
    "EntityAssignments": 6,
}  # fmt: skip


def everything_once(office) -> None:
    assert {what: made(office, what) for what in ONCE} == ONCE


def number(e164=NEW) -> PhoneNumber:
    return PhoneNumber.objects.get(e164=e164)


def test_a_registration_goes_its_way_and_the_number_may_text(ready, dentist, office, on):
    rows = filing.submit(ready.business, by="Ann")
    assert [row.key for row in rows] == [*PARTS, NUMBER + NEW]
    assert number().registration == "pending"
    on()
    assert {row.state for row in steps.latest(ready.business, "")} == {"done"}
    line = number()
    assert line.registration == "approved" and line.use_case == "LOW_VOLUME"
    assert line.brand_id.startswith("BN") and line.campaign_id.startswith("QE")
    everything_once(office)
    campaign = next(p for p in office.books.papers.values() if p["kind"] == "Usa2p")
    assert len(campaign["message_samples"]) >= 2 and "/sms/privacy/" in campaign["message_flow"]
    assert campaign["privacy_policy_url"].endswith("/sms/privacy/")
    words = [c.reason for c in registration.history(line.pk)]
    assert words == ["The carriers approved it.", "Filed with the carriers."]
    assert number(ready.number).registration == "declared"  # what was declared stays
    others_untouched(dentist)
    assert not AgendaItem.objects.filter(kind=filing.KIND).exists()


def test_it_is_polled_while_carriers_take_their_time(ready, office, work, pass_time):
    office.control({"seconds": {"brand": 1e9}})
    filing.submit(ready.business, by="Ann")
    work()
    brand = step_of(ready.business, "a2p.brand")
    assert brand.state == "waiting" and brand.external_id.startswith("BN")
    due = AgendaItem.objects.get(kind=filing.KIND).due_at
    assert due > timezone.now()
    for _ in range(3):
        pass_time(9e4)
        work()
    later = AgendaItem.objects.get(kind=filing.KIND).due_at - timezone.now()
    assert later > due - timezone.now() and made(office, "BrandRegistrations") == 1
    office.control({"seconds": {"brand": 0}})
    pass_time(9e4)
    work()
    assert number().registration == "approved"


def test_a_brand_that_fails_names_the_field_and_is_filed_again_after_a_change(
    ready, dentist, office, on
):
    BusinessFacts.objects.filter(business=ready.business).update(legal_name="Lakeside Plumbing LLC")
    facts = BusinessFacts.objects.get(business=ready.business)
    facts.ein = "364120000"
    facts.save()
    filing.submit(ready.business, by="Ann")
    on()
    brand = step_of(ready.business, "a2p.brand")
    assert (brand.state, brand.problem_field) == ("refused", "ein") and "CP 575" in brand.problem
    assert number().registration == "rejected"
    on()  # nothing more happens by itself
    assert step_of(ready.business, "a2p.brand").pk == brand.pk
    facts.ein = "364123987"
    facts.save()
    filing.submit(ready.business, by="Ann")
    assert number().registration == "pending"
    on()
    assert number().registration == "approved"
    everything_once(office)  # changed, not made again
    others_untouched(dentist)


def test_a_campaign_that_fails_can_be_changed_too(ready, office, on):
    from messaging.models import MessageTemplate

    with ready.scope():
        first = MessageTemplate.objects.order_by("pk").first()
        body = first.body
        MessageTemplate.objects.filter(pk=first.pk).update(body=body + " You won the lottery.")
    filing.submit(ready.business, by="Ann")
    on()
    campaign = step_of(ready.business, "a2p.campaign")
    assert (campaign.state, campaign.problem_field) == ("refused", "samples")
    with ready.scope():
        MessageTemplate.objects.filter(pk=first.pk).update(body=body)
    filing.submit(ready.business, by="Ann")
    on()
    assert number().registration == "approved"
    everything_once(office)


PATHS = [
    "v1/CustomerProfiles", "EndUsers", "Addresses.json", "SupportingDocuments",
    "EntityAssignments", "Evaluations", "TrustProducts", "BrandRegistrations", "v1/Services",
    "Usa2p", "PhoneNumbers",
]  # fmt: skip


@pytest.mark.parametrize("mode", ["accept_then_500", "500"])
@pytest.mark.parametrize("path", PATHS)
def test_an_answer_that_is_lost_files_nothing_twice(ready, dentist, office, on, path, mode):
    office.control({"faults": [{"method": "POST", "path": path, "mode": mode}]})
    filing.submit(ready.business, by="Ann")
    on()
    assert number().registration == "approved"
    everything_once(office)
    others_untouched(dentist)


@pytest.mark.parametrize("key", PARTS)
def test_a_part_found_half_done_looks_first(ready, office, on, key):
    """As a worker leaves it that died right after the provider had made it."""
    filing.submit(ready.business, by="Ann")
    on()
    ProviderStep.objects.filter(key=key).update(state="trying", external_id="")
    agenda.put(
        filing.KIND, filing.CARRIERS, lane="realtime", business_id=ready.business.pk,
        due_at=timezone.now(),
    )  # fmt: skip
    on()
    assert step_of(ready.business, key).state == "done" and step_of(ready.business, key).external_id
    everything_once(office)


def test_filing_twice_is_filing_once(ready, office, on):
    filing.submit(ready.business, by="Ann")
    filing.submit(ready.business, by="Ben")
    on()
    everything_once(office)
    assert {row.asked_by for row in steps.latest(ready.business, "a2p")} == {"Ann"}


def test_a_further_number_joins_the_campaign_and_leaves_it(ready, office, on, work):
    from datetime import timedelta

    filing.submit(ready.business, by="Ann")
    on()
    other = "+13125550121"
    buying.buy(ready.business, other, by="Ann")
    work()
    on()
    assert number(other).registration == "approved" and made(office, "PhoneNumbers") == 2
    assert made(office, "Usa2p") == 1
    releasing.release(number(other), by="Ann", grace=timedelta(0))
    on()
    assert step_of(ready.business, NUMBER + other).state == "cancelled"


def test_a_toll_free_number_is_verified_by_itself(ready, dentist, office, on, work):
    free = "+18335550120"
    buying.buy(ready.business, free, by="Ann")
    work()
    filing.submit(ready.business, by="Ann")
    on()
    assert number(free).registration == "approved"
    assert step_of(ready.business, TOLL_FREE + free).external_id.startswith("HH")
    (filed,) = [
        each["form"] for each in office.asked
        if each["method"] == "POST" and each["path"].endswith("/Tollfree/Verifications")
    ]  # fmt: skip
    assert filed["OptInImageUrls"] == f"{page_url(ready.business)}opt-in.png"
    assert filed["PrivacyPolicyUrl"].endswith("/sms/privacy/")
    everything_once(office)
    others_untouched(dentist)


def test_what_would_surely_be_rejected_is_not_filed(ready, office):
    BusinessFacts.objects.filter(business=ready.business).update(street="P.O. Box 12")
    with pytest.raises(NotReady) as not_ready:
        filing.submit(ready.business, by="Ann")
    assert [each.field for each in not_ready.value.findings] == ["street"]
    assert number().registration == "unregistered" and steps.latest(ready.business, "a2p") == []


def test_a_provider_whose_portal_takes_them_says_so(ready, office):
    account = number().account
    account.provider = "telnyx"
    account.save()
    try:
        with pytest.raises(SenderError) as refused:
            filing.submit(ready.business, by="Ann")
    finally:
        account.provider = "twilio"
        account.save()
    assert refused.value.field == "account"
