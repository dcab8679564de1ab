"""Settings → Integrations → API keys: made and shown once, replaced, revoked, by who may."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from inbox.settings.key_words import SCOPES
from messaging.models import AuditEntry
from tenants import api_log, api_scopes
from tenants.models import ApiKey, Membership, Role
from tests.api.conftest import Api

PAGE = "/settings/integrations/keys/"


@pytest.fixture
def owner(plumber):
    client = Client(headers={"host": plumber.host})
    client.force_login(plumber.owner)
    return client


def test_a_key_is_shown_once_and_does_what_was_ticked(owner, plumber, dentist):
    page = owner.post(PAGE, {"name": "CRM", "which": "some", "scopes": ["calls:read"]})
    assert page.status_code == 200
    [plain] = re.findall(r"rb_[0-9a-f]{10}_[\w-]{43}", page.content.decode())
    assert Api(plain).get("calls/").status_code == 200
    assert Api(plain).get("contacts/").status_code == 403
    again = owner.get(PAGE).content.decode()
    assert plain not in again and "Read calls and why each was texted or not" in again
    key = ApiKey.objects.get(name="CRM")
    turned = owner.post(f"{PAGE}{key.pk}/rotate/").content.decode()
    [new] = re.findall(r"rb_[0-9a-f]{10}_[\w-]{43}", turned)
    assert Api(new).get("calls/").status_code == Api(plain).get("calls/").status_code == 200
    assert owner.post(f"{PAGE}{key.pk}/revoke/").status_code == 302
    assert Api(plain).get("calls/").status_code == 401
    with plumber.scope():
        entries = AuditEntry.objects.filter(action__startswith="key.").order_by("pk")
        assert [(e.action, e.door) for e in entries] == [
            ("key.make", "page"), ("key.rotate", "page"), ("key.revoke", "page"),
        ]  # fmt: skip


def test_what_is_typed_wrong_is_said_and_kept(owner, plumber):
    before = ApiKey.objects.count()
    page = owner.post(PAGE, {"name": "", "which": "some", "scopes": ["calls:read"]})
    assert page.status_code == 422 and 'value="calls:read" checked' in page.content.decode()
    page = owner.post(PAGE, {"name": "CRM", "which": "some"})
    assert page.status_code == 422 and 'value="CRM"' in page.content.decode()
    assert owner.post(PAGE, {"name": "a", "scopes": ["businesses:read"]}).status_code == 422
    assert ApiKey.objects.count() == before


def test_only_who_governs_sees_keys_and_nobody_another_business_s(owner, plumber, dentist):
    theirs = ApiKey.objects.get(business=dentist.business)
    assert theirs.prefix not in owner.get(PAGE).content.decode()
    assert owner.post(f"{PAGE}{theirs.pk}/revoke/").status_code == 404
    Membership.objects.filter(user=plumber.owner).update(role=Role.AGENT)
    assert owner.get(PAGE).status_code == 403
    assert owner.post(PAGE, {"name": "a", "which": "all"}).status_code == 403
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_what_was_asked_is_there_to_read(owner, plumber, dentist):
    api_log._waiting.clear()
    Api(plumber.api_key).get("nothing/")
    answer = Api(plumber.api_key).get("contacts/")
    Api(dentist.api_key).get("messages/")
    api_log.flush()
    page = owner.get(PAGE).content.decode()
    assert answer.headers["X-Request-Id"] in page and "GET /api/v1/contacts/" in page
    assert "/api/v1/messages/" not in page


def test_every_scope_of_a_business_has_words():
    assert {name: str(words) for name, words in SCOPES.items()} == api_scopes.offered("business")
