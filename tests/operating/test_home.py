"""Where a person lands on the public host."""

from __future__ import annotations

from django.test import Client

from tenants.models import Membership, User


def page(user, host="localhost:8123"):
    client = Client()
    if user:
        client.force_login(user)
    return client.get("/", headers={"host": host})


def test_without_signing_in_the_way_leads_to_the_door(world):
    answer = page(None)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/")


def test_a_person_sees_the_businesses_he_may_enter_and_no_other(plumber, dentist):
    answer = page(plumber.owner)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="http://{plumber.host}:8123/"' in text
    assert "Owner" in text
    assert dentist.business.name not in text and dentist.host not in text
    assert 'href="/admin/"' not in text
    assert f'href="http://{plumber.host}/"' in page(plumber.owner, "localhost").content.decode()


def test_an_agency_sees_all_of_its_businesses(plumber, dentist):
    agency = User.objects.get(email="agency@northwind.example")
    text = page(agency).content.decode()
    assert plumber.host in text and "Agency owner" in text and dentist.host not in text


def test_an_inactive_place_opens_nothing(plumber):
    Membership.objects.filter(user=plumber.owner).update(is_active=False)
    assert plumber.host not in page(plumber.owner).content.decode()


def test_support_finds_the_admin(world):
    helper = User.objects.create_user("sam@ringback.example", "x", is_staff=True)
    assert 'href="/admin/"' in page(helper).content.decode()
