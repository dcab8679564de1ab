"""Signing in with a second step: half of it opens nothing, anywhere."""

from __future__ import annotations

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.test import Client
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from inbox.live.roll import Refused, admit
from tenants.entry import devices
from tenants.entry.adapters import passkey_site
from tenants.fields import cipher
from tenants.models import User
from tests.support.world import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PAGES = ("/", "/inbox/list/", "/compliance/", "/settings/", "/settings/members/", "/rules/")


def code(secret: str = SECRET, ahead: int = 0) -> str:
    """Return the six digits an app shows now, or so many half-minutes from now."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + ahead))


def a_passkey() -> dict:
    """Return what a device sends when it has made a key."""
    key = ES256({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    made = AttestedCredentialData.create(Aaguid.NONE, b"a key of the owner", key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(b"\0" * 32, flags, 0, made)
    answer = AuthenticatorAttestationResponse(
        client_data=CollectedClientData.create("webauthn.create", b"c", "http://localhost"),
        attestation_object=AttestationObject.create("none", data, {}),
    )
    return json.loads(
        json.dumps(dict(RegistrationResponse(raw_id=made.credential_id, response=answer)))
    )


@pytest.fixture
def guarded(plumber, dentist):
    """The plumber's owner, who has an authenticator app and recovery codes."""
    stored = cipher().encrypt(SECRET.encode()).decode()
    Authenticator.objects.create(
        user=plumber.owner, type=Authenticator.Type.TOTP, data={"secret": stored}
    )
    RecoveryCodes.activate(plumber.owner)
    return plumber.owner


@pytest.fixture
def visitor(plumber):
    return At(plumber.host)


class At:
    """A browser at one host."""

    def __init__(self, host: str) -> None:
        self.client, self.host = Client(), host

    def get(self, path: str):
        return self.client.get(path, headers={"host": self.host})

    def post(self, path: str, **data: str):
        return self.client.post(path, data, headers={"host": self.host})

    def password(self, user, path: str = "/login/"):
        return self.post(path, username=user.email, password=PASSWORD)

    @property
    def is_in(self) -> bool:
        return "_auth_user_id" in self.client.session


def test_the_password_alone_opens_nothing(guarded, visitor, plumber):
    assert visitor.password(guarded)["Location"] == "/login/second/"
    assert not visitor.is_in
    for path in PAGES:
        answer = visitor.get(path)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/"), path
    assert visitor.get("/inbox/events/").status_code != 200
    assert visitor.get("/api/v1/calls/").status_code == 401
    assert visitor.get("/admin/")["Location"].startswith("/admin/login/")
    for path in ("/account/app/", "/account/codes/", "/account/password/"):
        assert visitor.get(path)["Location"].split("?")[0] == "/login/", path


def test_the_second_step_opens_everything_and_a_code_works_once(guarded, visitor, plumber):
    visitor.password(guarded)
    assert "One more step" in visitor.get("/login/second/").content.decode()
    now = code()
    assert (
        visitor.post("/login/second/", code="000000" if now != "000000" else "1").status_code == 200
    )
    assert not visitor.is_in
    assert visitor.post("/login/second/", code=now)["Location"] == "/"
    assert visitor.get("/settings/").status_code == 200
    again = At(plumber.host)
    again.password(guarded)
    assert "Incorrect code" in again.post("/login/second/", code=now).content.decode()
    # Nor at another business: what was used is remembered for the person.
    assert not again.is_in


def test_where_one_wanted_to_go_is_where_one_arrives(guarded, visitor):
    visitor.post("/login/", username=guarded.email, password=PASSWORD, next="/settings/security/")
    assert visitor.post("/login/second/", code=code())["Location"] == "/settings/security/"


def test_a_recovery_code_lets_in_once(guarded, visitor, plumber):
    kept = Authenticator.objects.get(user=guarded, type=Authenticator.Type.RECOVERY_CODES)
    one = kept.wrap().get_unused_codes()[0]
    visitor.password(guarded)
    assert visitor.post("/login/second/", code=one).status_code == 302
    assert visitor.is_in
    again = At(plumber.host)
    again.password(guarded)
    assert again.post("/login/second/", code=one).status_code == 200
    assert not again.is_in


def test_a_session_that_came_about_otherwise_is_ended(guarded, visitor, dentist, settings):
    """Such as one made by a tool that knows nothing of second steps."""
    visitor.client.force_login(guarded)
    cookies = f"{settings.SESSION_COOKIE_NAME}={visitor.client.session.session_key}"
    with pytest.raises(Refused):
        admit(visitor.host, cookies, "en")
    answer = visitor.get("/settings/")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/")
    assert not visitor.is_in
    # Whoever has no second step is not asked for one.
    other = At(dentist.host)
    other.client.force_login(dentist.owner)
    cookies = f"{settings.SESSION_COOKIE_NAME}={other.client.session.session_key}"
    assert admit(other.host, cookies, "en").user_id == dentist.owner.pk
    assert other.get("/settings/").status_code == 200


@pytest.mark.parametrize("where", ["public", "business"])
def test_the_admin_asks_for_it_too(guarded, plumber, where):
    User.objects.filter(pk=guarded.pk).update(is_staff=True)
    try:
        door = At("localhost" if where == "public" else plumber.host)
        tried = {"username": guarded.email, "password": PASSWORD, "next": "/admin/"}
        assert door.post("/admin/login/", **tried)["Location"] == "/login/second/"
        assert door.get("/admin/")["Location"].startswith("/admin/login/")
        assert door.post("/login/second/", code=code())["Location"] == "/admin/"
        assert door.get("/admin/").status_code == 200
    finally:
        User.objects.filter(pk=guarded.pk).update(is_staff=False)


def test_guessing_codes_is_slow(guarded, visitor):
    visitor.password(guarded)
    for _ in range(6):
        page = visitor.post("/login/second/", code="123123").content.decode()
    assert "Too many wrong tries. Wait five minutes" in page
    assert visitor.post("/login/second/", code=code()).status_code == 200
    assert not visitor.is_in


def test_setting_up_an_app_asks_who_one_is_and_gives_codes(owner, plumber, dentist):
    visitor = At(plumber.host)
    visitor.client = owner.client
    asked = visitor.get("/account/app/")
    assert asked["Location"].startswith("/account/confirm/")
    assert visitor.post("/account/confirm/?next=/account/app/", password="wrong").status_code == 200
    sent = visitor.post("/account/confirm/", password=PASSWORD, next="/account/app/")
    assert sent["Location"] == "/account/app/"
    page = visitor.get("/account/app/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    assert visitor.post("/account/app/", code="1").status_code == 200
    assert visitor.post("/account/app/", code=code(secret))["Location"] == "/account/codes/"
    codes = re.findall(r"<code>(\d{8})</code>", visitor.get("/account/codes/").content.decode())
    assert len(set(codes)) == 10
    stored = Authenticator.objects.get(user=plumber.owner, type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)
    letter = mail.outbox[-1]
    assert letter.to == [plumber.owner.email] and "authenticator app was added" in letter.body
    file = visitor.get("/account/codes/recovery-codes.txt").content.decode()
    assert codes[0] in file
    assert "On since" in owner.get("/settings/security/")
    visitor.post("/account/app/off/")
    assert not Authenticator.objects.filter(user=plumber.owner).exists()
    assert not Authenticator.objects.filter(user=dentist.owner).exists()


def test_a_new_password_by_email(visitor, plumber, dentist):
    assert visitor.post("/login/password/", email="nobody@else.example").status_code == 302
    assert mail.outbox == []
    assert visitor.post("/login/password/", email=dentist.owner.email.upper()).status_code == 302
    letter = mail.outbox[-1]
    assert letter.to == [dentist.owner.email]
    link = re.search(rf"http://{re.escape(visitor.host)}(/login/password/\S+)", letter.body)[1]
    page = visitor.client.get(link, headers={"host": visitor.host}, follow=True)
    form = page.redirect_chain[-1][0]
    weak = visitor.post(form, password1="12345678", password2="12345678")
    assert weak.status_code == 200 and "too common" in weak.content.decode()
    try:
        done = visitor.post(form, password1="three old red barns", password2="three old red barns")
        assert done["Location"] == "/login/password/done/"
        dentist.owner.refresh_from_db()
        assert dentist.owner.check_password("three old red barns")
        assert not visitor.is_in
        used = visitor.client.get(link, headers={"host": visitor.host}, follow=True)
        assert "This link is used up" in used.content.decode()
    finally:
        dentist.owner.set_password(PASSWORD)
        dentist.owner.save()
    plumber.owner.refresh_from_db()
    assert plumber.owner.check_password(PASSWORD)


def test_a_new_password_does_not_go_round_the_second_step(guarded, visitor, plumber):
    visitor.post("/login/password/", email=guarded.email)
    link = re.search(r"http://[^/]+(/login/password/\S+)", mail.outbox[-1].body)[1]
    form = visitor.client.get(link, headers={"host": visitor.host}, follow=True).redirect_chain[-1][
        0
    ]
    try:
        visitor.post(form, password1="three old red barns", password2="three old red barns")
        assert not visitor.is_in
        sent = visitor.post("/login/", username=guarded.email, password="three old red barns")
        assert sent["Location"] == "/login/second/"
    finally:
        guarded.set_password(PASSWORD)
        guarded.save()


def test_signing_out_everywhere_else(owner, plumber, other_owner):
    elsewhere = At(plumber.host)
    elsewhere.password(plumber.owner)
    assert elsewhere.get("/settings/").status_code == 200
    assert "Sign out everywhere else" in owner.get("/settings/security/")
    owner.post("/settings/security/", {"end_others": "1"})
    assert elsewhere.get("/settings/").status_code == 302
    assert "Sign out everywhere else" not in owner.get("/settings/security/")
    other_owner.get("/settings/security/")


def test_nobody_signs_up_and_no_page_of_the_library_is_left_over(visitor, plumber):
    for path in (
        "/signup/", "/account/signup/", "/accounts/signup/", "/accounts/login/", "/email/",
        "/confirm-email/", "/account/email/", "/login/code/", "/2fa/", "/sessions/", "/inactive/",
    ):  # fmt: skip
        assert visitor.get(path).status_code == 404, path


def test_the_public_host_has_its_own_page_of_security(plumber, dentist):
    door = At("localhost")
    assert door.get("/account/security/")["Location"].startswith("/login/")
    door.password(plumber.owner)
    page = door.get("/account/security/").content.decode()
    assert "Where you are signed in" in page and dentist.owner.email not in page


@pytest.mark.parametrize(
    ("host", "base", "site"),
    [
        ("lakeside.ringback.example", "ringback.example", "ringback.example"),
        ("ringback.example", "ringback.example", "ringback.example"),
        ("evilringback.example", "ringback.example", "evilringback.example"),
        ("calls.lakeside.example", "ringback.example", "calls.lakeside.example"),
        ("lakeside.localhost", "localhost", "lakeside.localhost"),
    ],
)
def test_one_passkey_for_all_businesses(host, base, site):
    assert passkey_site(host, base) == site


def test_a_browser_is_named():
    windows = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    )
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    assert devices.name(windows) == "Chrome · Windows"
    assert devices.name(phone) == "Safari · iPhone"
    assert devices.name("curl/8") == ""


def test_a_wrong_code_says_what_to_do_now(guarded, visitor):
    visitor.password(guarded)
    page = visitor.post("/login/second/", code="1").content.decode()
    assert "Wait for the next six digits" in page and "clock of that phone" in page
    assert "one of your recovery codes instead" in page
    spanish = visitor.client.post(
        "/login/second/", {"code": "1"}, headers={"host": visitor.host, "accept-language": "es"}
    ).content.decode()
    assert "Espere los seis dígitos siguientes" in spanish and "Wait for" not in spanish
    assert not visitor.is_in


def test_a_passkey_is_offered_to_whoever_has_one(guarded, visitor, dentist):
    visitor.password(guarded)
    assert "Use a passkey" not in visitor.get("/login/second/").content.decode()
    Authenticator.objects.create(
        user=guarded, type=Authenticator.Type.WEBAUTHN,
        data={"name": "Phone", "credential": a_passkey()},
    )  # fmt: skip
    assert "Use a passkey" in visitor.get("/login/second/").content.decode()


def test_a_short_password_says_how_long(visitor, dentist):
    visitor.post("/login/password/", email=dentist.owner.email)
    link = re.search(r"http://[^/]+(/login/password/\S+)", mail.outbox[-1].body)[1]
    page = visitor.client.get(link, headers={"host": visitor.host}, follow=True)
    said = visitor.post(page.redirect_chain[-1][0], password1="short", password2="short")
    assert "Use at least 8 characters" in said.content.decode()
    dentist.owner.refresh_from_db()
    assert dentist.owner.check_password(PASSWORD)
