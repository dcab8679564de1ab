"""A domain of an agency's own is the agency's machine: what passes there opens nothing elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client

from inbox.live import roll
from tenants import agency_domains
from tenants.models import AgencyDomain, Membership, Role, User
from tests.admin.conftest import allow, helper, support
from tests.admin.test_visiting import way_in
from tests.inbox.conftest import Member
from tests.look.conftest import PUBLIC
from tests.support.world import PASSWORD

__all__ = ["helper", "support"]
OWN = "app.northwind.test"
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def ground(plumber):
    """The domain of the plumber's agency, proven; returns the plumber's host below it."""
    agency = plumber.business.agency
    domain = AgencyDomain.objects.create(agency=agency, domain=OWN, proof="x" * 20)
    agency_domains.prove(domain.pk, NOW)
    return f"{plumber.host.split('.')[0]}.{OWN}"


def sign_in(email: str, host: str) -> Client:
    """A browser that signed in at a host by its form."""
    client = Client()
    answer = client.post(
        "/login/", {"username": email, "password": PASSWORD}, headers={"host": host}
    )
    assert answer.status_code == 302, answer.content.decode()[:500]
    return client


def carried(client: Client) -> Client:
    """The browser of whoever took the session's cookie."""
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    return thief


def test_a_session_of_an_agencys_domain_is_nobody_at_any_other_host(
    ground, plumber, dentist, north
):
    # A person of both agencies, whose cookie the first one could read at its own domain.
    Membership.objects.create(
        user=north.user, agency=dentist.business.agency, role=Role.AGENCY_OWNER
    )
    north.user.set_password(PASSWORD)
    north.user.save()
    for host in (ground, OWN):
        client = sign_in(north.user.email, host)
        assert client.get("/", headers={"host": host}).status_code in (200, 302)
        key = client.cookies["sessionid"].value
        for elsewhere in (PUBLIC, dentist.host, plumber.host):
            assert not _signed_in(carried(sign_in(north.user.email, host)), elsewhere), elsewhere
            with pytest.raises(roll.Refused) as refused:
                roll.admit(dentist.host, f"sessionid={key}", "en")
            assert refused.value.status == 401
    # At the host where it came about it goes on.
    client = sign_in(north.user.email, ground)
    assert _signed_in(client, ground)
    assert roll.admit(ground, f"sessionid={client.cookies['sessionid'].value}", "en")


def _signed_in(client: Client, host: str) -> bool:
    path = "/account/security/" if host in (PUBLIC, OWN) else "/contacts/"
    return client.get(path, headers={"host": host}).status_code == 200


def test_a_way_into_a_business_opens_a_session_for_its_host_alone(north, plumber):
    url = f"/agency/{plumber.business.agency_id}/businesses/{plumber.business.pk}/enter/"
    path = re.search(r'(/enter/[^"]+)"', north.post(url, {"path": "/"}, 200))[1]
    client = Client()
    assert client.get(path, headers={"host": plumber.host}).status_code == 302
    assert client.get("/contacts/", headers={"host": plumber.host}).status_code == 200
    assert not _signed_in(carried(client), PUBLIC)


def test_supports_visit_goes_to_our_own_host_and_its_session_opens_no_admin(
    ground, plumber, support
):
    allow(support.user, "enter_business")
    page = support.post(f"visit/{plumber.business.pk}/", {"reason": "Ticket 4711: no text"}, 200)
    assert f"//{plumber.host}/enter/" in page and OWN not in page
    client = Client()
    path = way_in(support, plumber)
    assert client.get(path, headers={"host": plumber.host}).status_code == 302
    answer = carried(client).get("/admin/find/", headers={"host": PUBLIC})
    assert answer.status_code == 302 and "login" in answer.headers["Location"]


@pytest.mark.parametrize("host", [OWN, "business"])
def test_a_new_password_is_chosen_at_our_host_by_whoever_is_more_than_the_agencys(
    ground, dentist, plumber, host
):
    host = ground if host == "business" else host
    both = User.objects.create_user("both@two.example", PASSWORD, name="Bo")
    Membership.objects.create(user=both, business=plumber.business, role=Role.AGENT)
    Membership.objects.create(user=both, business=dentist.business, role=Role.OWNER)
    staff = User.objects.create_user("sam@support.example", PASSWORD, name="Sam", is_staff=True)
    client_of_it = User.objects.create_user("cleo@one.example", PASSWORD, name="Cleo")
    Membership.objects.create(user=client_of_it, business=plumber.business, role=Role.AGENT)
    for user, is_ours in ((both, True), (staff, True), (client_of_it, False)):
        mail.outbox.clear()
        Client().post("/login/password/", {"email": user.email}, headers={"host": host})
        (letter,) = mail.outbox
        link = re.search(r"https?://[^/]+/login/password/\S+", letter.body)[0]
        assert (OWN not in link) is is_ours, link
        assert (OWN not in letter.alternatives[0][0]) is is_ours


def test_nobody_signs_up_at_an_agencys_own_host(ground):
    mail.outbox.clear()
    asked = {"agency": "Evil", "email": "victim@shop.example", "timezone": "America/Chicago"}
    for method in ("get", "post"):
        answer = getattr(Client(), method)("/agency/sign-up/", asked, headers={"host": OWN})
        assert answer.status_code == 404
    assert not mail.outbox


def test_support_has_no_admin_on_foreign_ground(ground, plumber, support):
    for host in (ground, OWN):
        there = Member(support.user, host)
        assert there.client.get("/admin/", headers={"host": host}).status_code == 404, host
    there = Member(support.user, plumber.host)
    assert there.client.get("/admin/", headers={"host": plumber.host}).status_code == 200
    listed = support.get("tenants/business/")
    assert f"//{plumber.host}" in listed and OWN not in listed


def test_an_agencys_host_promises_https_for_itself_alone(ground, plumber, settings):
    """Who is preloaded or bound with all below it could not take his domain elsewhere."""
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True

    def promised(host: str, path: str) -> str:
        answer = Client().get(path, headers={"host": host}, secure=True)
        return answer.headers.get("Strict-Transport-Security", "")

    for host in (OWN, ground):
        for path in ("/login/", "/", "/nothing-here/", "/static/nothing.css", "/admin/"):
            said = promised(host, path)
            assert said in ("", "max-age=2592000"), (host, path)
        assert promised(host, "/login/") == "max-age=2592000"
    for host in (PUBLIC, plumber.host):
        assert promised(host, "/login/") == "max-age=31536000; includeSubDomains; preload"
    assert "includeSubDomains" not in promised("stranger.example", "/login/")
