"""Signing up as an agency: a link proves the address, and nothing tells whether it has an account."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from tenants import sign_up
from tenants.models import Agency, AgencyEntry, Membership, Role, User
from tests.agency.conftest import HOST
from tests.inbox.conftest import Member

PHRASE = "three old red barns"
ASKED = {"agency": "Eastwind", "email": "Eve@eastwind.example", "timezone": "America/New_York"}


@pytest.fixture
def fresh(bureaus):
    """Both agencies, and none that signs up yet."""
    return bureaus


def asked(email: str = ASKED["email"], status: int = 200, **more: str) -> str:
    return Member(None, HOST).post("/agency/sign-up/", ASKED | {"email": email} | more, status)


def link() -> str:
    return re.search(r"https?://[^/]+(/agency/sign-up/\S+/)", mail.outbox[-1].body)[1]


def test_a_link_makes_account_and_agency_and_nothing_exists_before(fresh):
    assert "on its way to eve@eastwind.example" in asked()
    assert mail.outbox[-1].to == ["eve@eastwind.example"]
    assert not User.objects.filter(email="eve@eastwind.example").exists()
    assert not Agency.objects.filter(name="Eastwind").exists()
    visitor = Member(None, HOST)
    assert "eve@eastwind.example" in visitor.get(link())
    weak = visitor.post(link(), {"agency": "Eastwind", "name": " ", "password": "password1"}, 422)
    assert "too common" in weak and "Write your name" in weak
    page = visitor.post(link(), {"agency": "Eastwind", "name": "Eve", "password": PHRASE})
    assert "No business yet" in page
    made = Agency.objects.get(name="Eastwind")
    member = Membership.objects.get(agency=made)
    assert (member.user.email, member.role) == ("eve@eastwind.example", Role.AGENCY_OWNER)
    assert made.timezone == "America/New_York" and member.user.check_password(PHRASE)
    assert AgencyEntry.objects.get(agency=made).action == "agency.create"
    # The link again: the address has an account now, and its owner may not make the agency twice.
    assert "Sign in with it" in Member(None, HOST).get(link())
    assert "has this name" in visitor.post(link(), {"agency": "Eastwind"}, 422)
    for north in fresh:
        visitor.get(north.url(), 404)


def test_the_answer_is_the_same_for_an_address_with_an_account(fresh, plumber):
    unknown = asked("nobody@eastwind.example")
    known = asked(plumber.owner.email)
    strip = re.compile(r"csrfmiddlewaretoken[^>]*|[\w.]+@[\w.]+")
    assert strip.sub("", unknown) == strip.sub("", known)
    assert [letter.to for letter in mail.outbox[-2:]] == [
        ["nobody@eastwind.example"], [plumber.owner.email],
    ]  # fmt: skip
    # Its owner signs in and makes it; a stranger with the link sets no password.
    stranger = Member(None, HOST)
    assert "Sign in with it" in stranger.post(link(), {"name": "Eve", "password": PHRASE}, 200)
    wrong = Member(fresh[0].helper.user, HOST)
    assert "another address" in wrong.get(link(), 403)
    right = Member(plumber.owner, HOST)
    assert "No business yet" in right.post(link(), {"agency": "Eastwind"})
    assert Membership.objects.get(agency__name="Eastwind").user == plumber.owner


def test_what_was_typed_wrongly_is_named_and_kept(fresh):
    page = asked("no address", 422, agency=fresh[0].agency.name.upper(), timezone="Mars")
    for sentence in ("has this name", "no email address", "time zones"):
        assert sentence in page
    assert "no address" in page and mail.outbox == []


def test_a_false_and_an_old_link_open_nothing(fresh, settings, monkeypatch):
    asked()
    path = link()
    for wrong in ("/agency/sign-up/x/", path[:-4] + "aaa/"):
        assert "too old" in Member(None, HOST).get(wrong, 410)
    monkeypatch.setattr(sign_up, "VALID_FOR", -sign_up.VALID_FOR)
    assert "too old" in Member(None, HOST).get(path, 410)
    assert "too old" in Member(None, HOST).post(path, {"name": "Eve", "password": PHRASE}, 410)


def test_it_can_be_closed(fresh, settings):
    asked()
    path = link()
    assert "Set up an agency" in Member(None, HOST).get("/login/")
    settings.AGENCY_SIGN_UP = False
    assert "cannot sign up" in Member(None, HOST).get("/agency/sign-up/", 403)
    asked(status=403)
    Member(None, HOST).post(path, {"agency": "E", "name": "Eve", "password": PHRASE}, 403)
    assert "Set up an agency" not in Member(None, HOST).get("/login/")
    assert not Agency.objects.filter(name="Eastwind").exists()


def test_one_address_gets_three_letters_an_hour(fresh):
    for n in range(3):
        asked(agency=f"Eastwind {n}")
    assert "too often" in asked(status=429)
    assert len(mail.outbox) == 3
    asked("other@eastwind.example")


def test_who_works_at_an_agency_is_led_to_its_portal(fresh, plumber):
    north, south = fresh
    page = north.helper.get("/")
    assert f'href="{north.url()}"' in page and south.url() not in page
    assert "/agency/" not in Member(plumber.owner, HOST).get("/").split("</main>")[0].replace(
        "/agency/sign-up/", ""
    )
