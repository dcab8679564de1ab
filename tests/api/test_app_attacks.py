"""A hostile stranger at the doors of OAuth 2: what is tried against apps, their people and their tokens."""

from __future__ import annotations

import base64
import io
import logging
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant
from structlog.stdlib import ProcessorFormatter

from integrations.oauth import connections
from messaging.models import Message
from tenants import api_log, lifecycle
from tenants.models import ApiKey, ApiRequest, AppConsent, Membership, Role
from tests.api.apps import BACK, VERIFIER, an_app, answer, at, audit_of, connect, says_yes
from tests.api.conftest import PUBLIC, Api, refused
from tests.inbox.conftest import a_member
from tests.support.hooks import a_caller

MISSING = "https://evil.example/"


@pytest.fixture
def app(world):
    return an_app()


@pytest.fixture
def written():
    """Everything that is logged, as it is written, down to DEBUG."""
    [ours] = [h for h in logging.root.handlers if isinstance(h.formatter, ProcessorFormatter)]
    stream, level = io.StringIO(), logging.root.level
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ours.formatter)
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.DEBUG)
    yield stream
    logging.root.setLevel(level)
    logging.root.removeHandler(handler)


def nothing_kept(*bizs) -> None:
    assert not Grant.objects.exists() and not AppConsent.objects.exists()
    assert not AccessToken.objects.exists() and not ApiKey.objects.filter(app__isnull=False)
    assert all(audit_of(biz) == [] for biz in bizs)


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "twice",
    [
        "redirect_uri=https%3A%2F%2Fevil.example%2F", "state=other", "scope=calls%3Aread",
        "response_type=token", "code_challenge=x", "code_challenge_method=plain",
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [True, False])
def test_nothing_is_said_twice(twice, first, app, plumber, dentist):
    link = app.link()
    path, _, query = link.partition("?")
    link = f"{path}?{twice}&{query}" if first else f"{link}&{twice}"
    for page in (
        at(plumber).get(link),
        at(plumber).post(link, {"for": str(plumber.business.pk), "allow": "1"}),
    ):
        assert page.status_code == 400 and "Location" not in page.headers
    nothing_kept(plumber, dentist)


@pytest.mark.parametrize(
    "where",
    [
        "https://crm.example/back%2f..", "https://crm.example/back/../evil", "https://CRM.example/back",
        "https://crm.example/back?next=https://evil.example", "https://crm.example\\@evil.example/back",
        "https://crm.example/back\nhttps://evil.example", "https://crm.example/back https://evil.example",
        " https://crm.example/back", "https://crm.example./back", "https://crm.example:443/back",
        "data:text/html,x", "", "/back", "https://crm.example/back\x00",
    ],
)  # fmt: skip
def test_an_address_that_is_nearly_the_app_s_is_not(where, app, plumber, dentist):
    for page in (
        at(plumber).get(app.link(redirect_uri=where)),
        says_yes(app, plumber, redirect_uri=where),
    ):
        assert page.status_code == 400 and "Location" not in page.headers
    nothing_kept(plumber, dentist)


def test_an_app_with_two_addresses_may_leave_neither_unsaid(plumber, dentist):
    app = an_app(back=f"{BACK} https://crm.example/two")
    unsaid = at(plumber).get(app.link(redirect_uri=None))
    assert unsaid.status_code == 400 and "Location" not in unsaid.headers
    both = at(plumber).get(app.link(redirect_uri=app.back))
    assert both.status_code == 400
    # A code that went to one is not redeemed with the other.
    app.back = BACK
    code = answer(says_yes(app, plumber))["code"]
    wrong = app.redeem(code, redirect_uri="https://crm.example/two")
    assert wrong.status_code == 400 and not AccessToken.objects.exists()
    assert audit_of(dentist) == []


@pytest.mark.parametrize(
    "state", ["a\r\nSet-Cookie: stolen=1", "\r\n\r\n<script>", "<script>x</script>", "a&code=forged", "é€", "a#b"]
)  # fmt: skip
def test_a_state_comes_back_as_it_was_and_says_nothing_else(state, app, plumber, dentist):
    for page in (
        says_yes(app, plumber, state=state),
        at(plumber).post(app.link(state=state), {"deny": "1"}),
        at(plumber).get(app.link(state=state, scope="nonsense")),
    ):
        where = page.headers.get("Location", "")
        assert "\r" not in where and "\n" not in where and "Set-Cookie" not in page.headers
        assert "<script>" not in where and "stolen" not in page.cookies
        if where:
            parts = urlsplit(where)
            pairs = parse_qsl(parts.query)
            assert where.startswith(BACK + "?") and not parts.fragment
            assert len([name for name, _ in pairs if name in ("code", "error")]) == 1
            assert dict(pairs).get("state", state) == state
    shown = at(plumber).get(app.link(state=state)).content.decode()
    assert "<script>x" not in shown
    assert audit_of(dentist) == []


def test_every_answer_says_who_gave_it(app, plumber, dentist):
    """RFC 9207: an app that speaks with several servers sees whose answer it holds; errors, too."""
    given = [
        says_yes(app, plumber),
        at(plumber).post(app.link(), {"deny": "1"}),
        at(plumber).get(app.link(scope="nonsense")),
        at(plumber).get(app.link(code_challenge=None, code_challenge_method=None)),
        at(plumber).get(app.link(response_type="token")),
    ]
    for page in given:
        assert answer(page)["iss"] == settings.PUBLIC_BASE_URL
    assert audit_of(dentist) == []


# --- the page on which somebody says yes ----------------------------------------------------------


def test_no_page_of_it_stands_in_another_s_frame(app, plumber, dentist):
    agent = a_member(plumber, Role.AGENT, "Sam")
    for page in (
        at(plumber).get(app.link()),
        at(plumber, host=PUBLIC).get(app.link()),
        at(plumber, agent).get(app.link()),
        at(plumber).get(app.link(client_id="nobody")),
        Client(headers={"host": PUBLIC}).get(app.link(), follow=True),
    ):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in at(plumber).get(app.link()).headers["Cache-Control"]
    nothing_kept(plumber, dentist)


@pytest.mark.parametrize("origin", ["https://crm.example", "null", "http://evil.localhost"])
def test_a_yes_needs_the_page_s_own_token_and_place(origin, app, plumber, dentist):
    strict = Client(headers={"host": PUBLIC}, enforce_csrf_checks=True)
    strict.force_login(plumber.owner)
    page = strict.get(app.link()).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = {"for": str(plumber.business.pk), "allow": "1"}
    forged = strict.post(app.link(), {**form, "csrfmiddlewaretoken": "x" * 64})
    elsewhere = strict.post(
        app.link(), {**form, "csrfmiddlewaretoken": token}, headers={"origin": origin}
    )
    assert forged.status_code == elsewhere.status_code == 403
    assert strict.put(app.link()).status_code in (403, 405)
    # Looking changes nothing, whatever the address says.
    assert strict.get(app.link() + "&allow=1&for=" + form["for"]).status_code == 200
    nothing_kept(plumber, dentist)
    assert strict.post(app.link(), {**form, "csrfmiddlewaretoken": token}).status_code == 302


def test_what_is_asked_for_beside_is_not_heard(app, plumber, dentist):
    for more in (
        {"prompt": "none"}, {"approval_prompt": "auto"}, {"response_mode": "fragment"},
        {"request": "e30.e30."}, {"request_uri": MISSING}, {"login_hint": dentist.owner.email},
    ):  # fmt: skip
        page = at(plumber).get(app.link(**more))
        assert page.status_code in (200, 302)
        if page.status_code == 302:
            assert answer(page)["error"] and page.headers["Location"].startswith(BACK + "?")
    given = answer(says_yes(app, plumber, response_mode="query", prompt="none"))
    assert set(given) == {"code", "state", "iss"}
    for path in (
        "introspect",
        "device",
        "device-authorization",
        "userinfo",
        "applications",
        "jwks",
    ):
        for root in ("/oauth/", "/o/", "/.well-known/"):
            found = Client().get(f"{root}{path}/", headers={"host": PUBLIC})
            assert found.status_code == 404
    assert audit_of(dentist) == []


# --- codes, tokens, and who holds them ------------------------------------------------------------


def test_how_tokens_are_asked_for(app, plumber, dentist):
    code = answer(says_yes(app, plumber))["code"]
    given = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK,
        "code_verifier": VERIFIER, "client_id": app.row.client_id, "client_secret": app.secret,
    }  # fmt: skip
    client = Client(headers={"host": PUBLIC})
    assert client.get("/oauth/token/", given).status_code == 405
    # What stands in an address is read by proxies and kept in logs.
    assert client.post("/oauth/token/?client_secret=x", given).status_code == 400
    as_json = client.post("/oauth/token/", given, content_type="application/json")
    assert as_json.status_code in (400, 401)
    assert client.options("/oauth/token/").headers.get("Access-Control-Allow-Origin") is None
    assert not AccessToken.objects.exists()
    at_a_business = Client(headers={"host": plumber.host}).post("/oauth/token/", given)
    assert at_a_business.status_code == 404
    basic = base64.b64encode(f"{app.row.client_id}:{app.secret}".encode()).decode()
    del given["client_id"], given["client_secret"]
    good = client.post("/oauth/token/", given, headers={"authorization": f"Basic {basic}"})
    assert good.status_code == 200
    assert audit_of(dentist) == []


def test_a_code_stolen_by_another_app_is_worth_nothing_and_stays_its_owner_s(plumber, dentist):
    app, thief, open_thief = an_app(), an_app("Thief"), an_app("Open", public=True)
    code = answer(says_yes(app, plumber))["code"]
    for each in (thief, open_thief):
        assert each.redeem(code).status_code == 400
        assert each.redeem(code, client_id=app.row.client_id).status_code == 401
    tokens = app.redeem(code).json()
    # Nor does somebody else's second try end what its owner has.
    for each in (thief, open_thief):
        assert each.redeem(code).status_code == 400
    assert Api(tokens["access_token"]).get("contacts/").status_code == 200
    assert audit_of(dentist) == []


def test_a_used_refresh_token_in_another_app_s_hand_ends_nothing(app, plumber, dentist):
    thief, first = an_app("Thief"), connect(app, plumber)
    second = app.refresh(first["refresh_token"]).json()
    assert thief.refresh(first["refresh_token"]).status_code == 400
    assert thief.revoke(second["refresh_token"]).status_code == 200
    assert Api(second["access_token"]).get("contacts/").status_code == 200
    assert app.refresh(second["refresh_token"]).status_code == 200
    assert audit_of(dentist) == []


def test_scopes_never_grow_by_refreshing(app, plumber, dentist):
    tokens = connect(app, plumber)
    less = app.refresh(tokens["refresh_token"], scope="contacts:read").json()
    for scope in ("keys:write", "contacts:read calls:read", "businesses:write", "*"):
        more = app.refresh(less["refresh_token"], scope=scope)
        assert more.status_code == 400 and more.json()["error"] == "invalid_scope"
    still = app.refresh(less["refresh_token"]).json()
    # What was said yes to comes back at most.
    assert set(still["scope"].split()) <= {"contacts:read", "messages:send"}
    refused(Api(still["access_token"]).get("calls/"), 403, code="scope_missing")
    assert audit_of(dentist) == []


def test_a_token_is_of_one_business_whoever_is_asked_for(app, plumber, dentist, fill):
    tokens, theirs = connect(app, plumber), fill(dentist)
    api = Api(tokens["access_token"])
    assert Api(tokens["access_token"], dentist.host).get("contacts/").status_code == 401
    for name in (str(dentist.business.pk), f"id:{dentist.business.pk}", "external_id:x"):
        other = api.send("get", "contacts/", **{"For-Business": name})
        assert other.status_code in (400, 404, 422) and theirs.contact.phone not in str(
            other.content
        )
    # An agency's operations are no app's, though its business belongs to one.
    for method, path in (
        ("get", "businesses/"), ("post", "businesses/"), ("get", "playbooks/"), ("get", "keys/"),
        ("get", f"businesses/{dentist.business.pk}/"), ("post", "keys/"),
        ("post", f"businesses/{plumber.business.pk}/suspend/"),
    ):  # fmt: skip
        assert api.send(method, path, {}).status_code in (401, 403), path
    assert audit_of(dentist) == []


def test_a_token_stands_in_its_header_and_nowhere_else(app, plumber, dentist):
    word = connect(app, plumber)["access_token"]
    client = Client(headers={"host": PUBLIC})
    for path in (f"/api/v1/contacts/?access_token={word}", f"/api/v1/contacts/?token={word}"):
        assert client.get(path).status_code == 401
    assert client.post("/api/v1/messages/", {"access_token": word}).status_code == 401
    client.cookies["access_token"] = word
    assert client.get("/api/v1/contacts/").status_code == 401
    page = client.get(
        "/settings/", headers={"host": plumber.host, "authorization": f"Bearer {word}"}
    )
    assert page.status_code == 302 and "/login/" in page.headers["Location"]
    assert audit_of(dentist) == []


# --- who said yes, and for what -------------------------------------------------------------------


def test_whoever_lost_his_role_before_the_code_is_redeemed_let_nobody_in(app, plumber, dentist):
    user = a_member(plumber, Role.MANAGER, "Sam")
    code = answer(says_yes(app, plumber, at(plumber, user)))["code"]
    Membership.objects.filter(user=user).update(role=Role.AGENT)
    assert app.redeem(code).json()["error"] == "invalid_grant"
    other = answer(says_yes(app, plumber))["code"]
    plumber.owner.is_active = False
    plumber.owner.save()
    assert app.redeem(other).json()["error"] == "invalid_grant"
    assert not AccessToken.objects.exists() and audit_of(dentist) == []


def test_a_business_that_is_suspended_sends_nothing_for_an_app(
    app, plumber, dentist, work, stand_in
):
    tokens, to = connect(app, plumber), a_caller()
    lifecycle.suspend(plumber.business, "agency", actor="Ana", door="page", now=timezone.now())
    api = Api(tokens["access_token"])
    assert api.get("contacts/").status_code == 200  # what it has it has
    api.post("messages/", {"to": to, "body": "Hi"})
    work()
    with plumber.scope():
        assert not Message.objects.filter(status__in=("sent", "delivered")).exists()
    assert stand_in.requests == [] and audit_of(dentist) == []


def test_a_business_that_leaves_is_for_no_app(app, plumber, dentist):
    code = answer(says_yes(app, plumber))["code"]
    lifecycle.off_board(plumber.business, actor="Pat", door="page", now=timezone.now())
    assert app.redeem(code).status_code == 400
    for host in (PUBLIC, plumber.host):
        said = says_yes(app, plumber, at(plumber, host=host))
        if said.status_code == 302:
            assert app.redeem(answer(said)["code"]).status_code == 400
    assert not AccessToken.objects.exists() and not connections.connected(plumber.business)
    assert audit_of(dentist) == []


# --- what logs say --------------------------------------------------------------------------------


def test_no_log_says_a_secret(app, plumber, dentist, written):
    code = answer(says_yes(app, plumber))["code"]
    app.redeem(code, code_verifier="b" * 43)
    tokens = app.redeem(code).json()
    Api(tokens["access_token"]).get("contacts/")
    Api(tokens["access_token"] + "x").get("contacts/")
    new = app.refresh(tokens["refresh_token"]).json()
    app.refresh("rbr_guess", client_secret="a-guessed-secret")
    app.redeem(code)
    app.revoke(new["refresh_token"])
    said = written.getvalue()
    assert "/oauth/token/" in said
    for secret in (
        code, tokens["access_token"], tokens["refresh_token"], new["access_token"], VERIFIER,
        new["refresh_token"], app.secret, "a-guessed-secret",
    ):  # fmt: skip
        assert secret not in said
    api_log.flush()
    assert tokens["access_token"] not in repr(list(ApiRequest.objects.values()))
    assert audit_of(dentist) == []


def test_no_name_of_an_app_writes_a_line_of_the_log(app, plumber, dentist, written):
    forged = "x\nlevel=critical event=forged"
    at(plumber).get(app.link(client_id=forged))
    app.token(client_id=forged, grant_type="refresh_token", refresh_token=forged)
    app.revoke(forged, client_id=forged)
    at(plumber).get(app.link(state=forged, scope=forged))
    lines = written.getvalue().splitlines()
    assert lines and not [line for line in lines if line.startswith("level=critical")]
    with pytest.raises(ValidationError):
        an_app("x\x1blevel=critical")
    nothing_kept(plumber, dentist)
