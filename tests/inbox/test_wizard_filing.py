"""The wizard's registration step files what is ready and says what stands against the rest."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from messaging.senders import buying, steps
from tenants.models import Business, BusinessFacts, PhoneNumber, Stage, User
from tests.senders.conftest import NEW, others_untouched, well_said
from tests.senders.test_filing import FACTS


@pytest.fixture
def page(plumber, stand_in, work):
    """The step's address and a client of the agency's owner; one number is bought."""
    stand_in.office.books.seconds = dict.fromkeys(stand_in.office.books.seconds, 0.0)
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(email="agency@northwind.example"))
    biz = plumber.business
    Business.objects.filter(pk=biz.pk).update(stage=Stage.DRAFT)
    well_said(plumber, FACTS["website"])
    yield client, f"/agency/{biz.agency_id}/onboarding/{biz.pk}/registration/"
    Business.objects.filter(pk=biz.pk).update(stage=Stage.LIVE)


def test_what_would_be_rejected_is_named_and_nothing_is_filed(page, dentist):
    client, url = page
    said = client.get(url).content.decode()
    assert "The legal name is missing." in said and "disabled" in said
    answer = client.post(url, {"act": "file"}, follow=True).content.decode()
    assert "It is not filed yet" in answer
    assert PhoneNumber.objects.get(e164=NEW).registration == "unregistered"
    others_untouched(dentist)


def test_a_filing_is_followed_to_its_end(page, plumber, dentist, work):
    client, url = page
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    assert "Nothing is found" in client.get(url).content.decode()
    answer = client.post(url, {"act": "file"}, follow=True).content.decode()
    assert "Filed." in answer and "every 5s" in answer
    work()
    done = client.get(url).content.decode()
    assert "Registered and confirmed" in done and "every 5s" not in done
    others_untouched(dentist)


def test_a_live_business_mends_its_facts_and_files_again(page, plumber, dentist, work):
    client, url = page
    Business.objects.filter(pk=plumber.business.pk).update(stage=Stage.LIVE)
    facts = BusinessFacts.objects.create(business=plumber.business, **FACTS | {"legal_name": ""})
    assert "The legal name is missing." in client.get(url).content.decode()
    steps.want(
        plumber.business, "trusthub.profile", {}, by="Ann", at=timezone.now(), state="refused"
    )
    PhoneNumber.objects.filter(e164=NEW).update(registration="rejected")
    described = url.replace("registration", "facts")
    week = client.get(described).context["days"]
    assert len(week) == 7
    facts.legal_name = FACTS["legal_name"]
    facts.save()
    answer = client.post(url, {"act": "file"}, follow=True).content.decode()
    assert "Filed." in answer
    work()
    assert PhoneNumber.objects.get(e164=NEW).registration == "approved"
    others_untouched(dentist)


def test_another_agency_sees_nothing_of_it(page, plumber):
    _, url = page
    stranger = Client(headers={"host": "localhost"})
    stranger.force_login(User.objects.get(email="agency@southwind.example"))
    assert stranger.get(url).status_code == 404
    assert stranger.post(url, {"act": "file"}).status_code == 404
    assert PhoneNumber.objects.get(e164=NEW).registration == "unregistered"
