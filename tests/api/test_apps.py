"""Apps of others: OAuth 2 as an app and its people walk it, over HTTP, and everything that must not work."""

from __future__ import annotations

import base64
import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from integrations import endpoints, keys
from integrations.endpoints import Owner
from integrations.keys import By, CannotKey
from integrations.models import Endpoint
from integrations.oauth import connections, keeping
from tenants import api_log, api_scopes, app_tokens, lifecycle
from tenants.models import ApiKey, ApiRequest, AppConsent, Membership, Role, User
from tests.admin.conftest import allow
from tests.api.apps import (
    BACK,
    VERIFIER,
    App,
    an_app,
    answer,
    at,
    audit_of,
    challenge,
    connect,
    says_yes,
)  # fmt: skip
from tests.api.conftest import PUBLIC, Api, refused
from tests.inbox.conftest import a_member


@pytest.fixture
def app(world):
    return an_app()


# --- the way of an app that behaves ---------------------------------------------------------------


@pytest.mark.parametrize("where", ["public", "business"])
@pytest.mark.parametrize("public", [True, False])
def test_the_whole_way(where, public, plumber, dentist, fill):
    app, mine, theirs = an_app(public=public), fill(plumber), fill(dentist)
    person = at(plumber, host=PUBLIC if where == "public" else None)
    page = person.get(app.link())
    words = page.content.decode()
    assert page.status_code == 200
    for said in (
        "Acme CRM",
        "Lakeside Plumbing",
        "Read people, their numbers",
        "Send texts",
        "crm.example",
    ):
        assert said in words
    assert "Desert Dental" not in words
    assert page.headers["Content-Security-Policy"].endswith(
        "form-action 'self' https://crm.example"
    )
    given = answer(says_yes(app, plumber, person))
    assert given["state"] == "abc" and given["iss"].startswith("http")
    assert not ApiKey.objects.filter(app=app.row).exists()  # a code changes nothing
    got = app.redeem(given["code"])
    assert got.status_code == 200 and got.headers["Cache-Control"].startswith("no-store")
    tokens = got.json()
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600
    assert set(tokens["scope"].split()) == {"contacts:read", "messages:send"}
    api = Api(tokens["access_token"])
    phones = [each["phone"] for each in api.get("contacts/").json()["results"]]
    assert mine.contact.phone in phones and theirs.contact.phone not in phones
    refused(api.get("calls/"), 403, code="scope_missing")
    assert Api(tokens["access_token"], plumber.host).get("contacts/").status_code == 200
    assert Api(tokens["access_token"], dentist.host).get("contacts/").status_code == 401
    # What a key has, it has.
    assert "RateLimit-Remaining" in api.get("contacts/").headers
    new = app.refresh(tokens["refresh_token"]).json()
    assert Api(new["access_token"]).get("contacts/").status_code == 200
    assert Api(tokens["access_token"]).get("contacts/").status_code == 401
    assert audit_of(plumber) == [("app.allow", "page", "")] and audit_of(dentist) == []
    key = ApiKey.objects.get(app=app.row)
    assert key.business_id == plumber.business.pk and key.last_used_at is not None
    assert key.made_by == str(plumber.owner)


def test_nothing_that_opens_anything_is_kept_in_clear(app, plumber, dentist):
    code = answer(says_yes(app, plumber))["code"]
    assert Grant.objects.get().code == app_tokens.digest(code)
    tokens = app.redeem(code).json()
    kept = [
        *AccessToken.objects.values(), *RefreshToken.objects.values(), *Grant.objects.values(),
        *AppConsent.objects.values(), *Application.objects.values(), *ApiKey.objects.values(),
    ]  # fmt: skip
    for secret in (code, tokens["access_token"], tokens["refresh_token"], app.secret):
        assert secret not in repr(kept)
    assert Application.objects.get().client_secret.startswith("argon2")
    assert audit_of(dentist) == []


def test_somebody_of_two_businesses_chooses_one(app, plumber, dentist):
    Membership.objects.create(user=plumber.owner, business=dentist.business, role=Role.MANAGER)
    person = at(plumber, host=PUBLIC)
    words = person.get(app.link()).content.decode()
    assert "Lakeside Plumbing" in words and "Desert Dental" in words
    unsaid = person.post(app.link(), {"allow": "1"})
    assert unsaid.status_code == 422 and "Choose one" in unsaid.content.decode()
    first, second = connect(app, plumber), connect(app, dentist, client=person)
    assert Api(first["access_token"]).get("contacts/").status_code == 200
    assert Api(second["access_token"], dentist.host).get("contacts/").status_code == 200
    assert Api(second["access_token"], plumber.host).get("contacts/").status_code == 401
    # One ends, the other does not know.
    key = ApiKey.objects.get(app=app.row, business=plumber.business)
    assert at(plumber).post(f"/settings/integrations/apps/{key.pk}/disconnect/").status_code == 302
    assert Api(first["access_token"]).get("contacts/").status_code == 401
    assert Api(second["access_token"]).get("contacts/").status_code == 200
    # On a business's own host there is no choice.
    other = at(plumber).post(app.link(), {"for": str(dentist.business.pk), "allow": "1"})
    assert other.status_code == 422


def test_whoever_says_no_is_sent_back_and_nothing_is_kept(app, plumber, dentist):
    said = answer(at(plumber).post(app.link(), {"deny": "1", "for": str(plumber.business.pk)}))
    assert said["error"] == "access_denied" and said["state"] == "abc" and "code" not in said
    assert not Grant.objects.exists() and not AppConsent.objects.exists()
    assert audit_of(plumber) == audit_of(dentist) == []


def test_a_second_yes_takes_the_place_of_the_first(app, plumber, dentist):
    former = connect(app, plumber)
    waiting = answer(says_yes(app, plumber, scope="calls:read"))["code"]
    assert Api(former["access_token"]).get("contacts/").status_code == 200
    tokens = app.redeem(waiting).json()
    assert Api(former["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(former["refresh_token"]).status_code == 400
    assert Api(tokens["access_token"]).get("calls/").status_code == 200  # the new yes is untouched
    refused(Api(tokens["access_token"]).get("contacts/"), 403)
    assert ApiKey.objects.filter(app=app.row).count() == 1
    assert audit_of(dentist) == []


def test_a_refresh_may_ask_for_less_and_never_for_more(app, plumber, dentist):
    tokens = connect(app, plumber)
    more = app.refresh(tokens["refresh_token"], scope="contacts:read calls:read")
    assert more.status_code == 400 and more.json()["error"] == "invalid_scope"
    less = app.refresh(tokens["refresh_token"], scope="contacts:read").json()
    assert Api(less["access_token"]).get("contacts/").status_code == 200
    refused(Api(less["access_token"]).post("messages/", {"to": "+13125550142", "body": "Hi"}), 403)
    assert audit_of(dentist) == []


def test_the_request_log_and_idempotency_are_a_key_s(app, plumber, dentist):
    api_log._waiting.clear()  # what tests before asked
    tokens = connect(app, plumber)
    api, body = Api(tokens["access_token"]), {"to": "+13125550171", "body": "Hi"}
    first = api.post("messages/", body, **{"Idempotency-Key": "one"})
    renewed = Api(app.refresh(tokens["refresh_token"]).json()["access_token"])
    again = renewed.post("messages/", body, **{"Idempotency-Key": "one"})
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.status_code == first.status_code != 401 and again.content == first.content
    key = ApiKey.objects.get(app=app.row)
    api_log.flush()
    assert ApiRequest.objects.filter(key=key).count() == 2
    assert not ApiRequest.objects.filter(business=dentist.business).exists()


# --- what must not work ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unauthorized_client"),
        ({"response_type": "none"}, "unauthorized_client"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "keys:write"}, "invalid_scope"),
        ({"scope": "contacts:read businesses:read"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_an_app_may_not_ask_is_told_to_it(method, wrong, error, app, plumber, dentist):
    link = app.link(**wrong)
    said = answer(getattr(at(plumber), method)(link, {} if method == "get" else {"for": str(plumber.business.pk), "allow": "1"}) if method == "post" else at(plumber).get(link))  # fmt: skip
    assert said["error"] == error and said["state"] == "abc"
    assert not Grant.objects.exists() and audit_of(dentist) == []


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/back", "https://crm.example/back/", "https://crm.example/back?a=1",
        "http://crm.example/back", "https://crm.example:8443/back", "https://crm.example/back#x",
        "javascript:alert(1)", "https://crm.example@evil.example/back", "//crm.example/back",
    ],
)  # fmt: skip
def test_no_code_goes_to_another_address(where, app, plumber, dentist):
    for page in (
        at(plumber).get(app.link(redirect_uri=where)),
        says_yes(app, plumber, redirect_uri=where),
    ):
        assert page.status_code == 400 and "Location" not in page.headers
    assert not Grant.objects.exists() and audit_of(dentist) == []


def test_a_loopback_port_is_part_of_the_address(plumber, dentist):
    app = an_app(back="http://127.0.0.1:8765/back")
    assert at(plumber).get(app.link(redirect_uri="http://127.0.0.1:9999/back")).status_code == 400
    assert connect(app, plumber)["access_token"]
    assert audit_of(dentist) == []


def test_an_unknown_app_is_sent_nowhere(app, plumber, dentist):
    for who in ("nobody", "\x00", ""):
        assert at(plumber).get(app.link(client_id=who)).status_code == 400
    assert at(plumber).get(app.link() + "&client_id=two").status_code == 400
    assert audit_of(dentist) == []


def test_a_code_needs_its_verifier_its_address_and_its_app(app, plumber, dentist):
    other, code = an_app("Other"), answer(says_yes(app, plumber))["code"]
    wrong = [
        app.redeem(code, code_verifier="b" * 43),
        app.redeem(code, code_verifier=""),
        app.redeem(code, code_verifier=challenge(VERIFIER)),
        app.redeem(code, redirect_uri="https://crm.example/other"),
        other.redeem(code),
        app.redeem(code, client_secret="guessed"),
        app.redeem(code, client_secret=""),
        app.redeem(code + "x"),
    ]
    assert [each.status_code for each in wrong] == [400, 400, 400, 400, 400, 401, 401, 400]
    assert not AccessToken.objects.exists() and not ApiKey.objects.filter(app=app.row).exists()
    assert app.redeem(code).status_code == 200
    assert audit_of(dentist) == []


@pytest.mark.parametrize("grant", ["password", "client_credentials", "implicit", "nonsense", ""])
def test_there_is_no_other_grant(grant, app, plumber, dentist):
    got = app.token(
        grant_type=grant, username=plumber.owner.email, password="x", scope="calls:read"
    )
    assert got.status_code == 400 and got.json()["error"] == "unsupported_grant_type"
    assert not AccessToken.objects.exists() and audit_of(dentist) == []


def test_a_code_that_is_late_is_nothing(app, plumber, dentist):
    code = answer(says_yes(app, plumber))["code"]
    Grant.objects.update(expires=timezone.now())
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert audit_of(dentist) == []


def test_a_code_used_twice_ends_what_came_of_it(app, plumber, dentist):
    code = answer(says_yes(app, plumber))["code"]
    tokens, bystander = app.redeem(code).json(), connect(app, dentist)
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert Api(tokens["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    assert audit_of(plumber)[-1] == ("app.disconnect", "api", "code_used_twice")
    assert Api(bystander["access_token"]).get("contacts/").status_code == 200


def test_a_refresh_token_used_twice_ends_the_connection(app, plumber, dentist):
    first, bystander = connect(app, plumber), connect(app, dentist)
    second = app.refresh(first["refresh_token"]).json()
    third = app.refresh(second["refresh_token"]).json()
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert Api(third["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(third["refresh_token"]).status_code == 400
    assert audit_of(plumber)[-1] == ("app.disconnect", "api", "refresh_token_used_twice")
    assert ApiKey.objects.get(app=app.row, business=plumber.business).revoked_at is not None
    assert Api(bystander["access_token"]).get("contacts/").status_code == 200
    assert app.refresh(bystander["refresh_token"]).status_code == 200


def test_a_token_is_its_app_s_alone(app, plumber, dentist):
    other, tokens = an_app("Other"), connect(app, plumber)
    assert other.refresh(tokens["refresh_token"]).status_code == 400
    assert other.revoke(tokens["refresh_token"]).status_code == 200  # RFC 7009: nothing is told
    assert Api(tokens["access_token"]).get("contacts/").status_code == 200
    # A refresh token opens no page, an access token is no refresh token.
    assert Api(tokens["refresh_token"]).get("contacts/").status_code == 401
    assert app.refresh(tokens["access_token"]).status_code == 400
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert audit_of(dentist) == []


def test_an_access_token_ends_after_its_hour(app, plumber, dentist):
    tokens = connect(app, plumber)
    left = AccessToken.objects.get().expires - timezone.now()
    assert 3500 < left.total_seconds() <= 3600
    AccessToken.objects.update(expires=timezone.now())
    assert Api(tokens["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    for word in ("rba_", "rba_nothing", "rba_\x7f", "rba_" + "é" * 9):
        assert Api(word.encode().decode("latin-1")).get("contacts/").status_code == 401
    assert audit_of(dentist) == []


# --- who may say yes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"), [(Role.OWNER, True), (Role.MANAGER, True), (Role.AGENT, False)]
)
def test_only_who_governs_may_say_yes(role, may, app, plumber, dentist):
    user = a_member(plumber, role, "Sam")
    for host in (PUBLIC, plumber.host):
        person = at(plumber, user, host)
        page = person.get(app.link())
        assert page.status_code == (200 if may else 403)
        said = says_yes(app, plumber, person)
        assert said.status_code == (302 if may else 403)
        if not may:
            assert "Only an owner or a manager" in page.content.decode()
    assert Grant.objects.exists() is may and audit_of(dentist) == []


def test_an_agency_that_governs_may_and_another_may_not(app, plumber, dentist):
    own = User.objects.get(email="agency@northwind.example")
    other = User.objects.get(email="agency@southwind.example")
    assert says_yes(app, plumber, at(plumber, own, PUBLIC)).status_code == 302
    assert says_yes(app, plumber, at(plumber, other, PUBLIC)).status_code == 422
    assert at(plumber, other).get(app.link()).status_code == 404
    assert says_yes(app, plumber, at(dentist, dentist.owner, PUBLIC)).status_code == 422
    assert audit_of(plumber) == [("app.allow", "page", "")] and audit_of(dentist) == []


def test_a_stranger_signs_in_first_and_a_form_from_elsewhere_is_nothing(app, plumber, dentist):
    away = Client(headers={"host": PUBLIC}).get(app.link())
    assert away.status_code == 302 and away.headers["Location"].startswith("/login/?next=")
    strict = Client(headers={"host": PUBLIC}, enforce_csrf_checks=True)
    strict.force_login(plumber.owner)
    assert (
        strict.post(app.link(), {"for": str(plumber.business.pk), "allow": "1"}).status_code == 403
    )
    assert not Grant.objects.exists() and audit_of(dentist) == []


def test_a_member_removed_before_his_code_is_redeemed_let_nobody_in(app, plumber, dentist):
    user = a_member(plumber, Role.MANAGER, "Sam")
    code = answer(says_yes(app, plumber, at(plumber, user)))["code"]
    Membership.objects.filter(user=user).update(is_active=False)
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert not AccessToken.objects.exists() and not ApiKey.objects.filter(app=app.row).exists()
    assert audit_of(dentist) == []


def test_a_connection_is_the_business_s_and_outlives_its_member(app, plumber, dentist):
    user = a_member(plumber, Role.MANAGER, "Sam")
    tokens = app.redeem(answer(says_yes(app, plumber, at(plumber, user)))["code"]).json()
    Membership.objects.filter(user=user).update(is_active=False)
    assert Api(tokens["access_token"]).get("contacts/").status_code == 200
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert audit_of(dentist) == []


# --- its end --------------------------------------------------------------------------------------


def test_the_page_shows_apps_and_disconnects_them(app, plumber, dentist):
    tokens, person = connect(app, plumber), at(plumber)
    Api(tokens["access_token"]).get("contacts/")
    words = person.get("/settings/integrations/").content.decode()
    assert "Acme CRM" in words and "Read people, their numbers" in words and "Last used" in words
    assert "Acme CRM" not in at(dentist).get("/settings/integrations/").content.decode()
    assert (
        "Acme CRM"
        not in person.get("/settings/integrations/keys/").content.decode().split("log-title")[0]
    )
    key = ApiKey.objects.get(app=app.row)
    out = f"/settings/integrations/apps/{key.pk}/disconnect/"
    agent = a_member(plumber, Role.AGENT, "Sam")
    assert at(plumber, agent).post(out).status_code == 403
    assert at(dentist).post(out).status_code == 404
    hook = endpoints.make(
        Owner(business=plumber.business), "https://hooks.example/1", ["call.missed"],
        source="zapier", by=key,
    )  # fmt: skip
    waiting = answer(says_yes(app, plumber))["code"]
    assert person.post(out).status_code == 302
    assert Api(tokens["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    assert app.redeem(waiting).status_code == 400  # that yes was before this no
    assert not Endpoint.objects.filter(pk=hook.pk).exists()
    assert "Acme CRM" not in person.get("/settings/integrations/").content.decode()
    assert audit_of(plumber)[-1] == ("app.disconnect", "page", "") and audit_of(dentist) == []
    assert person.post(out).status_code == 404
    assert connect(app, plumber)["access_token"]  # and may come again


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_an_app_gives_its_token_back(which, app, plumber, dentist):
    tokens = connect(app, plumber)
    assert app.revoke(tokens[which], client_secret="guessed").status_code == 401
    assert app.revoke(tokens[which]).status_code == 200
    assert Api(tokens["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    assert app.revoke("rba_unknown").status_code == 200
    assert audit_of(plumber)[-1] == ("app.disconnect", "api", "given_back")
    assert not connections.connected(plumber.business).exists() and audit_of(dentist) == []


def test_whoever_proves_to_be_no_app_is_told_so_before_anything_else(app, plumber, dentist):
    public, end = an_app("Open", public=True), "/oauth/revoke/"
    basic = base64.b64encode(f"{app.row.client_id}:guessed".encode()).decode()
    client = Client(headers={"host": PUBLIC})
    strangers = [
        client.post(end),
        client.post(end, {"token": "rba_x"}),
        client.post(end, {"token": "rba_x", "client_id": "nobody"}),
        client.post(end, {"client_id": app.row.client_id}),
        client.post(end, {"client_id": app.row.client_id, "client_secret": "guessed"}),
        client.post(end, {"token": "rba_x"}, headers={"authorization": f"Basic {basic}"}),
        client.post(end, {"token": "rba_x"}, headers={"authorization": "Basic \x00!"}),
    ]
    for said in strangers:
        assert (said.status_code, said.json()["error"]) == (401, "invalid_client")
        assert said.headers["WWW-Authenticate"].startswith("Basic ")
    mine = {"client_id": app.row.client_id, "client_secret": app.secret}
    for whose in (mine, {"client_id": public.row.client_id}):
        said = client.post(end, whose)
        assert (said.status_code, said.json()["error"]) == (400, "invalid_request")
    assert client.post(f"{end}?token=rba_x", mine).status_code == 400
    assert client.get(end).status_code == 405
    assert audit_of(plumber) == audit_of(dentist) == []


def test_it_ends_with_its_key_and_when_the_business_leaves(app, plumber, dentist):
    tokens, bystander = connect(app, plumber), connect(app, dentist)
    owner, key = (
        Owner(business=plumber.business),
        ApiKey.objects.get(business=plumber.business, app=app.row),
    )
    with pytest.raises(CannotKey):
        keys.rotate(owner, key, By("Pat", "page"), timezone.now())
    keys.revoke(owner, key, By("Pat", "page"), timezone.now())
    assert Api(tokens["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    again = connect(app, plumber)
    code = answer(says_yes(app, plumber))["code"]
    lifecycle.off_board(plumber.business, actor="Pat", door="page", now=timezone.now())
    assert Api(again["access_token"]).get("contacts/").status_code == 401
    assert app.refresh(again["refresh_token"]).status_code == 400
    assert app.redeem(code).status_code == 400
    assert Api(bystander["access_token"]).get("contacts/").status_code == 200


def test_the_database_keeps_one_living_key_per_app_and_business(app, plumber, dentist):
    connect(app, plumber)
    for business, agency in ((plumber.business, None), (None, dentist.business.agency)):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.create(
                business=business, agency=agency, app=app.row, name="x", prefix="zz", key_hash="0"
            )
    assert ApiKey.objects.filter(app=app.row).count() == 1


def test_a_key_without_scopes_opens_nothing_to_a_token(app, plumber, dentist):
    tokens = connect(app, plumber)
    ApiKey.objects.filter(app=app.row).update(scopes=[])
    assert Api(tokens["access_token"]).get("contacts/").status_code == 401
    ApiKey.objects.filter(app=app.row).update(scopes=["calls:read"])
    assert Api(tokens["access_token"]).get("calls/").status_code == 401
    assert audit_of(dentist) == []


def test_what_is_over_is_forgotten_and_what_lives_stays(app, plumber, dentist, work):
    tokens = connect(app, plumber)
    says_yes(app, dentist)
    AppConsent.objects.filter(token_family=None).update(
        created_at=timezone.now() - timezone.timedelta(days=2)
    )
    Grant.objects.update(expires=timezone.now())
    keeping.forget(None)
    assert not Grant.objects.exists() and AppConsent.objects.count() == 1
    assert Api(tokens["access_token"]).get("contacts/").status_code == 200


# --- names of others, and the people who register them --------------------------------------------


def test_a_name_is_shown_as_it_is(plumber, dentist):
    app = an_app("<script>alert(1)</script>\"'")
    connect(app, plumber)
    agent = a_member(plumber, Role.AGENT, "Sam")
    for page in (
        at(plumber).get(app.link()),
        at(plumber, agent).get(app.link()),
        at(plumber).get("/settings/integrations/"),
        at(plumber).get(app.link(state="<script>alert(2)</script>", redirect_uri="<b>x")),
    ):
        words = page.content.decode()
        assert "<script>alert" not in words and "<b>x" not in words
    assert audit_of(dentist) == []


def test_support_registers_an_app_and_sees_its_secret_once(plumber, dentist):
    staff = User.objects.create_user("help@ringback.example", "x", is_staff=True)
    allow(staff, "give_access")
    desk = Client(headers={"host": PUBLIC})
    desk.force_login(staff)
    form = {
        "name": "Acme",
        "redirect_uris": f"{BACK}\nhttp://localhost:8000/back",
        "client_type": "confidential",
    }
    made = desk.post("/admin/tenants/marketplaceapp/add/", form, follow=True)
    row = Application.objects.get()
    [plain] = re.findall(r"shown only now: <code>([^<]{40,})</code>", made.content.decode())
    assert row.client_secret.startswith("argon2") and plain not in repr(row.__dict__)
    assert row.authorization_grant_type == "authorization-code" and not row.skip_authorization
    assert plain not in desk.get(f"/admin/tenants/marketplaceapp/{row.pk}/change/").content.decode()
    assert connect(App(row, plain), plumber)["access_token"]
    listed = "/admin/tenants/marketplaceapp/"
    turned = desk.post(listed, {"action": "new_secret", "_selected_action": [row.pk]}, follow=True)
    [new] = re.findall(r"shown only now: <code>([^<]{40,})</code>", turned.content.decode())
    code = answer(says_yes(App(row, plain), plumber))["code"]
    assert App(row, plain).redeem(code).status_code == 401
    assert App(row, new).redeem(code).status_code == 200
    assert at(plumber).get(listed, headers={"host": PUBLIC}).status_code == 302  # no support
    assert audit_of(dentist) == []


@pytest.mark.parametrize(
    "uri",
    [
        "http://crm.example/back", "https://*.example/back", "https://a@crm.example/back",
        "https://crm.example/back#x", "javascript:alert(1)", "crm:back", "https://", "https://x;y/",
        "https://crm.example:port/", "https://crm.example/ö", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_safe_are_not_registered(uri, world):
    staff = User.objects.create_user("help@ringback.example", "x", is_staff=True)
    allow(staff, "give_access")
    desk = Client(headers={"host": PUBLIC})
    desk.force_login(staff)
    form = {"name": "Acme", "redirect_uris": uri, "client_type": "public"}
    page = desk.post("/admin/tenants/marketplaceapp/add/", form)
    assert page.status_code == 200 and not Application.objects.exists()


def test_where_all_of_it_stands_is_said(world):
    told = Client().get("/.well-known/oauth-authorization-server", headers={"host": PUBLIC}).json()
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert set(told["scopes_supported"]) == set(api_scopes.SCOPES) - api_scopes.NOT_FOR_APPS
    for part in ("authorization", "token", "revocation"):
        assert told[f"{part}_endpoint"].startswith(told["issuer"])
