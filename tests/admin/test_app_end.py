"""Support ends an app of somebody else at all businesses: at once, seen before, recorded, and for the app alone."""

from __future__ import annotations

import re

import pytest
from oauth2_provider.models import AccessToken, Application, Grant

from integrations import endpoints
from integrations.endpoints import Owner
from integrations.models import Endpoint
from messaging.models import AuditEntry
from tenants.models import AgendaItem, ApiKey, MarketplaceApp, SupportEntry
from tests.admin.conftest import allow
from tests.api.apps import BACK, an_app, answer, at, connect, says_yes
from tests.api.conftest import Api

WHY = "Ticket 812: it sends adverts"


@pytest.fixture
def apps(plumber, dentist):
    """Two apps, both connected to both businesses; the first has a webhook and a code that waits."""
    bad, good = an_app("Bad CRM"), an_app("Good CRM")
    tokens = {
        (app.row.name, biz.business.pk): connect(app, biz)
        for app in (bad, good)
        for biz in (plumber, dentist)
    }
    endpoints.make(
        Owner(business=plumber.business), "https://hooks.example/1", ["call.missed"],
        source="zapier", by=ApiKey.objects.get(app=bad.row, business=plumber.business),
    )  # fmt: skip
    return bad, good, tokens, answer(says_yes(bad, plumber))["code"]


def test_what_ends_is_seen_before_and_ends_at_once_everywhere(
    support, apps, plumber, dentist, work
):
    bad, good, tokens, code = apps
    allow(support.user, "give_access")
    path = f"apps/{bad.row.pk}/end/"
    page = support.get(path)
    for said in ("End Bad CRM", "Lakeside Plumbing", "Desert Dental", "End it everywhere"):
        assert said in page
    for figure in ("<dd>2</dd>", "<dd>1</dd>"):
        assert figure in page
    assert Api(tokens["Bad CRM", plumber.business.pk]["access_token"]).get("contacts/").status_code == 200  # fmt: skip
    assert "Bad CRM is ended, at 2 businesses." in support.post(path, {"reason": WHY})
    for biz in (plumber, dentist):  # before any worker did anything
        old, other = (tokens[app.row.name, biz.business.pk] for app in (bad, good))
        assert Api(old["access_token"]).get("contacts/").status_code == 401
        assert bad.refresh(old["refresh_token"]).status_code == 401  # nor is its secret one
        assert Api(other["access_token"]).get("contacts/").status_code == 200
        assert at(biz).get(bad.link()).status_code == 400
    assert bad.redeem(code).status_code in (400, 401)
    assert not Grant.objects.filter(application=bad.row).exists()
    assert not AccessToken.objects.filter(application=bad.row).exists()
    work()
    assert not ApiKey.objects.filter(app=bad.row, revoked_at=None).exists()
    assert ApiKey.objects.filter(app=good.row, revoked_at=None).count() == 2
    assert not Endpoint.objects.exists()
    assert not AgendaItem.objects.filter(kind="integrations.end_app").exists()
    for biz in (plumber, dentist):
        with biz.scope():
            entry = AuditEntry.objects.get(action="app.disconnect")
            assert (entry.door, entry.detail["why"]) == ("admin", "ended_by_support")
            assert "Sam" in entry.actor
    entry = SupportEntry.objects.get(action="app.end")
    assert (entry.subject, entry.reason) == (bad.row.client_id, WHY)
    assert entry.detail == {"app": "Bad CRM", "businesses": 2}
    assert "This app is ended." in support.get(path)
    # It comes back by an address and a secret of its own, and with a yes of its own.
    row = MarketplaceApp.objects.get(pk=bad.row.pk)
    row.redirect_uris = BACK
    row.clean()
    row.client_secret = bad.secret
    row.save()
    assert connect(bad, plumber)["access_token"]
    assert bad.refresh(tokens["Bad CRM", plumber.business.pk]["refresh_token"]).status_code == 400


def test_who_has_not_the_right_ends_nothing_and_a_reason_is_asked_for(
    support, apps, plumber, dentist
):
    bad, _good, tokens, _code = apps
    path = f"apps/{bad.row.pk}/end/"
    support.get(path, 403)
    support.post(path, {"reason": WHY}, 403)
    allow(support.user, "give_access")
    assert "Say why in a few words" in support.post(path, {"reason": "x"}, 422)
    support.get("apps/999999/end/", 404)
    for biz in (plumber, dentist):
        word = tokens["Bad CRM", biz.business.pk]["access_token"]
        assert Api(word).get("contacts/").status_code == 200
    assert not SupportEntry.objects.exists()
    assert Application.objects.get(pk=bad.row.pk).redirect_uris == BACK
    shown = support.get(f"tenants/marketplaceapp/{bad.row.pk}/change/")
    [way] = set(re.findall(r'href="/admin/(tenants/marketplaceapp/[^"]*\bend\b[^"]*)"', shown))
    led = support.client.get(f"/admin/{way}", headers={"host": support.host})
    assert led.headers["Location"] == f"/admin/{path}"


def test_a_code_redeemed_while_the_app_ends_opens_nothing(support, apps, plumber, dentist):
    """The app's row is looked at again where the key is made, whatever was read before."""
    _bad, good, _tokens, _code = apps
    code = answer(says_yes(good, plumber, scope="calls:read"))["code"]
    Application.objects.filter(pk=good.row.pk).update(redirect_uris="")
    got = good.redeem(code)
    assert got.status_code == 400 and got.json()["error"] == "invalid_grant"
    assert not ApiKey.objects.filter(app=good.row, scopes=["calls:read"]).exists()


def test_an_app_s_addresses_and_secret_are_changed_with_the_right_alone(support, apps):
    bad, *_ = apps
    path = f"tenants/marketplaceapp/{bad.row.pk}/change/"
    support.get(path)
    support.get("tenants/marketplaceapp/add/", 403)
    form = {"name": "Bad CRM", "redirect_uris": "https://evil.example/", "client_type": "public"}
    support.post(path, form, 403)
    support.post(
        "tenants/marketplaceapp/",
        {"action": "new_secret", "_selected_action": [bad.row.pk]},
    )
    kept = Application.objects.get(pk=bad.row.pk)
    assert (kept.redirect_uris, kept.client_secret) == (BACK, bad.row.client_secret)
