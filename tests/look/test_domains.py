"""A domain is its agency's once a record shows it, and serves that agency's businesses alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants import agency_domains
from tenants.models import AgencyDomain, AgencyEntry, AgendaItem, Domain
from tests.inbox.conftest import Member
from tests.look.conftest import PUBLIC

OWN = "app.northwind.example"


def look(biz):
    return f"/agency/{biz.business.agency_id}/look/"


@pytest.fixture
def proven(north, plumber, resolver, work):
    """The plumber's agency has a domain of its own."""
    north.post(look(plumber) + "domains/add/", {"domain": OWN})
    domain = AgencyDomain.objects.get(domain=OWN)
    resolver.records[f"_verify.{OWN}"] = ["v=spf1 -all", domain.proof]
    agency_domains.ask_again(domain, timezone.now())
    work()
    domain.refresh_from_db()
    assert domain.verified_at
    return domain


def test_nothing_is_served_before_the_proof_was_seen(north, plumber, dentist, resolver, work):
    page = north.post(look(plumber) + "domains/add/", {"domain": f"https://{OWN.upper()}/"})
    domain = AgencyDomain.objects.get(domain=OWN)
    assert domain.proof in page and f"_verify.{OWN}" in page
    resolver.records[f"_verify.{OWN}"] = ["another text"]
    work()
    assert resolver.asked == [f"_verify.{OWN}"]
    domain.refresh_from_db()
    assert domain.verified_at is None
    for host in (OWN, f"lakeside-plumbing.{OWN}"):
        assert Client().get("/login/", headers={"host": host}).status_code == 400
        assert not agency_domains.is_served(host)
    (row,) = AgendaItem.objects.filter(kind="tenants.check_domain")
    assert row.due_at > timezone.now()  # it looks again by itself
    assert not AgencyDomain.objects.filter(agency=dentist.business.agency).exists()


def test_a_resolver_that_answers_rubbish_or_nothing_proves_nothing(
    north, plumber, dentist, resolver, work
):
    north.post(look(plumber) + "domains/add/", {"domain": OWN})
    resolver.records[f"_verify.{OWN}"] = None
    work()
    assert AgencyDomain.objects.get(domain=OWN).verified_at is None


def test_its_businesses_have_hosts_below_it_and_nobody_else(
    proven, plumber, dentist, owner, other_owner
):
    label = plumber.host.partition(".")[0]
    there = Member(plumber.owner, f"{label}.{OWN}")
    assert plumber.business.name in there.get("/")
    assert Domain.objects.get(domain=f"{label}.{OWN}").is_primary
    assert not Domain.objects.get(domain=plumber.host).is_primary
    assert plumber.business.name in owner.get("/")  # its old address still works
    stranger = Member(dentist.owner, f"{label}.{OWN}")
    stranger.get("/", status=404)
    other = dentist.host.partition(".")[0]
    answer = Client().get("/login/", headers={"host": f"{other}.{OWN}"})
    assert answer.status_code == 400
    assert not Domain.objects.filter(tenant=dentist.business, domain__endswith=OWN).exists()
    assert AgencyEntry.objects.filter(
        agency=plumber.business.agency, action="domain.prove"
    ).exists()
    assert not AgencyEntry.objects.filter(agency=dentist.business.agency).exists()


def test_the_portal_stands_on_the_domain_and_shows_that_agency_alone(
    proven, north, south, plumber, dentist
):
    north, south = Member(north.user, OWN), Member(south.user, OWN)
    assert plumber.business.agency.name in north.get(f"/agency/{plumber.business.agency_id}/")
    south.get(f"/agency/{dentist.business.agency_id}/", status=404)
    assert dentist.business.name not in south.get("/")
    north.get("/admin/", status=404)
    north.get("/metrics", status=404)
    assert north.client.get("/billing/stripe/", headers={"host": OWN}).status_code == 404


def test_signing_in_works_there_and_cookies_stay_on_their_host(proven, plumber, dentist):
    label = plumber.host.partition(".")[0]
    client = Client(enforce_csrf_checks=True)
    page = client.get("/login/", headers={"host": f"{label}.{OWN}"})
    assert page.status_code == 200
    token = client.cookies["csrftoken"]
    assert token["domain"] == ""
    sent = {"login": plumber.owner.email, "password": "x", "csrfmiddlewaretoken": token.value}
    ours = {"host": f"{label}.{OWN}", "origin": f"http://{label}.{OWN}"}
    assert client.post("/login/", sent, headers=ours).status_code != 403
    foreign = ours | {"origin": f"http://{dentist.host}"}
    assert client.post("/login/", sent, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "localhost",
        "app",
        "-a.example.com",
        "1.2.3.4",
        "a b.example",
        "x.localhost",
        "../etc",
        "a" * 200 + ".com",
    ],
)
def test_what_is_no_domain_of_theirs_is_refused_and_stays_typed(north, plumber, dentist, typed):
    page = north.post(look(plumber) + "domains/add/", {"domain": typed}, status=422)
    assert 'aria-invalid="true"' in page
    assert not AgencyDomain.objects.exists()


def test_one_domain_is_one_agency_s(proven, south, dentist):
    page = south.post(look(dentist) + "domains/add/", {"domain": OWN}, status=422)
    assert "This domain is taken." in page
    for what in ("check", "choose", "remove"):
        south.post(look(dentist) + f"domains/{proven.pk}/{what}/", status=404)
    assert AgencyDomain.objects.get(domain=OWN).verified_at


def test_giving_it_up_ends_its_hosts_and_links_lead_home(proven, north, plumber, dentist):
    north.post(look(plumber) + f"domains/{proven.pk}/remove/")
    assert Domain.objects.get(domain=plumber.host).is_primary
    assert Domain.objects.filter(tenant=plumber.business).count() == 1
    assert Client().get("/", headers={"host": OWN}).status_code == 400
    assert Domain.objects.get(domain=dentist.host).is_primary


def test_a_certificate_is_asked_for_known_hosts_alone(proven, plumber, dentist):
    label = plumber.host.partition(".")[0]
    for host, status in (
        (OWN, 200), (f"{label}.{OWN}", 200), (plumber.host, 200), (f"nobody.{OWN}", 404),
        ("evil.example", 404), ("", 404),
    ):  # fmt: skip
        answer = Client().get("/tls/ask", {"domain": host}, headers={"host": "web:8000"})
        assert answer.status_code == status, host
    outside = Client().get(
        "/tls/ask", {"domain": OWN}, headers={"host": "web:8000", "x-forwarded-for": "8.8.8.8"}
    )
    assert outside.status_code == 403
    assert Client().get("/", headers={"host": PUBLIC}).status_code in (200, 302)


def test_who_is_no_owner_changes_nothing(plumber, dentist, south, agent):
    for path in ("", "logo/", "sender/", "domains/add/"):
        answer = south.sent(look(plumber) + path, {"domain": OWN})
        assert answer.status_code == 404
        assert Member(agent.user, PUBLIC).sent(look(plumber) + path).status_code == 404
    assert not AgencyDomain.objects.exists()


def test_whoever_only_claims_a_domain_keeps_it_from_nobody(
    north, south, plumber, dentist, resolver, work
):
    south.post(look(dentist) + "domains/add/", {"domain": OWN})
    north.post(look(plumber) + "domains/add/", {"domain": OWN})
    north.post(look(plumber) + "domains/add/", {"domain": OWN}, status=422)
    mine = AgencyDomain.objects.get(domain=OWN, agency=plumber.business.agency)
    theirs = AgencyDomain.objects.get(domain=OWN, agency=dentist.business.agency)
    resolver.records[f"_verify.{OWN}"] = [mine.proof]
    work()
    mine.refresh_from_db()
    assert mine.verified_at and not AgencyDomain.objects.filter(pk=theirs.pk).exists()
    assert "taken" in south.post(look(dentist) + "domains/add/", {"domain": OWN}, status=422)
    assert not Domain.objects.filter(tenant=dentist.business, domain__endswith=OWN).exists()


def test_a_domain_below_another_keeps_its_hosts_when_that_is_given_up(
    proven, north, plumber, dentist
):
    lower = AgencyDomain.objects.create(
        agency=plumber.business.agency, domain=f"clients.{OWN}", proof="x" * 20
    )
    agency_domains.prove(lower.pk, timezone.now())
    north.post(look(plumber) + f"domains/{proven.pk}/remove/")
    label = plumber.host.partition(".")[0]
    assert Domain.objects.filter(domain=f"{label}.clients.{OWN}").exists()
    assert not Domain.objects.filter(domain=f"{label}.{OWN}").exists()
    assert not Domain.objects.filter(tenant=dentist.business, domain__endswith=OWN).exists()


def look_again(domain, work, *, missing_days=None):
    if missing_days is not None:
        AgencyDomain.objects.filter(pk=domain.pk).update(
            missing_since=timezone.now() - timedelta(days=missing_days)
        )
    agency_domains.ask_again(domain, timezone.now())
    work()
    domain.refresh_from_db()


def test_a_proven_domain_is_looked_at_every_week(proven, plumber, dentist, resolver, work):
    (row,) = AgendaItem.objects.filter(kind="tenants.check_domain")
    assert timedelta(days=6) < row.due_at - timezone.now() < timedelta(days=8)
    resolver.records[f"_verify.{OWN}"] = None  # rubbish is no answer, and says nothing
    look_again(proven, work)
    assert proven.verified_at and proven.missing_since is None


def test_a_domain_whose_record_went_is_told_and_is_mended_by_the_record(
    proven, north, plumber, dentist, resolver, work
):
    resolver.records[f"_verify.{OWN}"] = ["v=spf1 -all"]
    look_again(proven, work)
    assert proven.verified_at and proven.missing_since
    assert "Put the TXT record back" in north.get(look(plumber))
    look_again(proven, work, missing_days=13)
    assert proven.verified_at and agency_domains.is_served(OWN)
    resolver.records[f"_verify.{OWN}"] = [proven.proof]
    look_again(proven, work)
    assert proven.verified_at and proven.missing_since is None
    assert "Put the TXT record back" not in north.get(look(plumber))


def test_after_two_weeks_without_its_record_a_domain_is_nobodys(
    proven, north, plumber, dentist, resolver, work
):
    resolver.records[f"_verify.{OWN}"] = []
    look_again(proven, work, missing_days=15)
    assert proven.verified_at is None and not proven.is_primary
    assert not agency_domains.is_served(OWN)
    assert not Domain.objects.filter(domain__endswith=OWN).exists()
    assert Domain.objects.get(domain=plumber.host).is_primary
    kinds = AgencyEntry.objects.filter(agency=plumber.business.agency).values_list(
        "action", flat=True
    )
    assert "domain.lapse" in kinds
    assert not AgendaItem.objects.filter(kind="tenants.check_domain").exists()
    # Whoever has it now may show so.
    theirs = AgencyDomain.objects.create(agency=dentist.business.agency, domain=OWN, proof="theirs")
    resolver.records[f"_verify.{OWN}"] = ["theirs"]
    look_again(theirs, work)
    assert theirs.verified_at
