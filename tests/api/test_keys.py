"""Keys: whose they are, what they may, and how they end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from messaging.models import AuditEntry, Contact
from tenants import api_scopes
from tenants.models import AgencyEntry, ApiKey, Business, Stage
from tests.api.conftest import Api, refused
from tests.api.operations import operations


def test_every_operation_declares_its_scope_and_whose_keys_it_takes():
    found = operations()
    assert len(found) > 40
    for each in found:
        wanted = api_scopes.needed(each.view, each.action, each.method.upper())
        assert wanted == api_scopes.ANY or wanted in api_scopes.SCOPES, f"{each}: {wanted!r}"
        level = getattr(each.view, "level", api_scopes.BUSINESS)
        assert level in api_scopes.LEVELS, each
        assert (wanted in api_scopes.OF_AGENCIES) <= (level == api_scopes.AGENCY), each


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_a_key_without_the_scope_is_told_which_one(operation, plumber):
    wanted = api_scopes.needed(operation.view, operation.action, operation.method.upper())
    if wanted == api_scopes.ANY:
        pytest.skip("open to every key, or proven otherwise")
    level = getattr(operation.view, "level", api_scopes.BUSINESS)
    owner = plumber.business.agency if level == api_scopes.AGENCY else plumber.business
    others = [name for name in api_scopes.SCOPES if name != wanted]
    _, plain = ApiKey.issue(owner, "All but one", scopes=others)
    answer = ask(plain, operation.method, operation.at())
    refused(answer, 403, "", "scope_missing")
    assert wanted in answer.json()["detail"]
    _, full = ApiKey.issue(owner, "This one", scopes=[wanted])
    assert ask(full, operation.method, operation.at()).status_code not in (401, 403, 500)


def ask(key, method, path, data=None, host="localhost", **headers):
    return Client().generic(
        method.upper(), path, json.dumps(data if data is not None else {}) if method != "get" else "",
        content_type="application/json",
        headers={"host": host, "authorization": f"Bearer {key}", **headers},
    )  # fmt: skip


@pytest.fixture
def agency_key(plumber):
    return ApiKey.issue(plumber.business.agency, "Portal")[1]


def test_an_agency_names_the_business(agency_key, plumber, dentist):
    with plumber.scope():
        Contact.objects.create(phone="+13125550777", created_at=timezone.now())
    refused(ask(agency_key, "get", "/api/v1/contacts/"), 422, "For-Business", "business_needed")
    ours = {"for-business": str(plumber.business.pk)}
    listed = ask(agency_key, "get", "/api/v1/contacts/", **ours)
    assert [row["phone"] for row in listed.json()["results"]] == ["+13125550777"]
    theirs = str(dentist.business.pk)
    for word in (
        theirs,
        f"id:{theirs}",
        "0",
        "x" * 400,
        "",
        "\x00",
        "external_id:",
        "id:é",
        "9" * 30,
    ):
        answer = ask(agency_key, "get", "/api/v1/contacts/", **{"for-business": word})
        refused(answer, 422, "For-Business", "business_not_found")


def test_a_business_is_known_by_the_agency_s_own_name_for_it(agency_key, plumber, dentist):
    Business.objects.filter(pk=plumber.business.pk).update(external_id="loc-7")
    Business.objects.filter(pk=dentist.business.pk).update(external_id="loc-8")
    me = ask(agency_key, "get", "/api/v1/me/", **{"for-business": "loc-7"}).json()
    assert (me["kind"], me["id"], me["external_id"]) == ("business", plumber.business.pk, "loc-7")
    refused(ask(agency_key, "get", "/api/v1/me/", **{"for-business": "loc-8"}), 422)
    assert ask(agency_key, "get", "/api/v1/me/").json()["kind"] == "agency"


def test_a_name_that_means_two_businesses_is_refused(agency_key, plumber, dentist):
    pk = str(plumber.business.pk)
    Business.objects.filter(pk=dentist.business.pk).update(
        external_id=pk, agency=plumber.business.agency
    )
    refused(
        ask(agency_key, "get", "/api/v1/me/", **{"for-business": pk}),
        422, "For-Business", "business_ambiguous",
    )  # fmt: skip
    mine = ask(agency_key, "get", "/api/v1/me/", **{"for-business": f"id:{pk}"}).json()
    other = ask(agency_key, "get", "/api/v1/me/", **{"for-business": f"external_id:{pk}"}).json()
    Business.objects.filter(pk=dentist.business.pk).update(agency=dentist.business.agency)
    assert (mine["id"], other["id"]) == (plumber.business.pk, dentist.business.pk)


def test_on_a_business_s_host_its_keys_and_its_agency_s_fit(agency_key, plumber, dentist):
    assert ask(agency_key, "get", "/api/v1/contacts/", host=plumber.host).status_code == 200
    assert ask(agency_key, "get", "/api/v1/me/", host=plumber.host).json()["kind"] == "business"
    refused(ask(agency_key, "get", "/api/v1/contacts/", host=dentist.host), 401)
    named = {"for-business": str(dentist.business.pk)}
    refused(ask(agency_key, "get", "/api/v1/contacts/", host=plumber.host, **named), 422)
    refused(ask(plumber.api_key, "get", "/api/v1/contacts/", **named), 422, "For-Business")


def test_a_key_ends_by_itself_and_with_its_business(plumber, dentist):
    now = timezone.now()
    key, plain = ApiKey.issue(plumber.business, "Short", expires_at=now + timedelta(hours=1))
    assert ask(plain, "get", "/api/v1/me/").status_code == 200
    ApiKey.objects.filter(pk=key.pk).update(expires_at=now)
    refused(ask(plain, "get", "/api/v1/me/"), 401)
    Business.objects.filter(pk=plumber.business.pk).update(stage=Stage.GONE)
    refused(ask(plumber.api_key, "get", "/api/v1/me/"), 401)
    assert ask(dentist.api_key, "get", "/api/v1/me/").status_code == 200


def test_a_key_is_made_replaced_and_revoked_and_the_record_says_so(api, other, plumber, dentist):
    answer = api.post("keys/", {"name": " Our  CRM ", "scopes": ["messages:send", "contacts:read"]})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["name"], made["scopes"]) == ("Our CRM", ["contacts:read", "messages:send"])
    plain = made["key"]
    assert plain.startswith(made["prefix"])
    crm = Api(plain)
    assert crm.get("contacts/").status_code == 200
    refused(crm.get("calls/"), 403, "", "scope_missing")
    assert "key" not in api.get(f"keys/{made['id']}/").json()
    turned = ask(
        plumber.api_key, "post", f"/api/v1/keys/{made['id']}/rotate/", {"overlap_hours": 2}
    )
    assert turned.status_code == 201
    new = turned.json()
    assert new["scopes"] == made["scopes"] and new["key"] != plain
    assert crm.get("contacts/").status_code == Api(new["key"]).get("contacts/").status_code == 200
    old = api.get(f"keys/{made['id']}/").json()
    assert old["replaced_by"] == new["id"] and old["expires_at"]
    again = ask(plumber.api_key, "post", f"/api/v1/keys/{made['id']}/rotate/", {})
    refused(again, 422, "id", "replaced")
    ApiKey.objects.filter(pk=made["id"]).update(expires_at=timezone.now())
    refused(crm.get("contacts/"), 401)
    assert ask(plumber.api_key, "delete", f"/api/v1/keys/{new['id']}/").json()["revoked_at"]
    refused(Api(new["key"]).get("contacts/"), 401)
    refused(ask(dentist.api_key, "delete", f"/api/v1/keys/{made['id']}/"), 404)
    assert [row["name"] for row in other.get("keys/").json()["results"]] == ["First key"]
    with plumber.scope():
        said = AuditEntry.objects.filter(action__startswith="key.").order_by("pk")
        assert [entry.action for entry in said] == ["key.make", "key.rotate", "key.revoke"]
        kept = json.dumps([entry.detail for entry in said])
        assert plain not in kept and plain.rsplit("_", 1)[1] not in kept
    with dentist.scope():
        assert not AuditEntry.objects.filter(action__startswith="key.").exists()


def test_nobody_gives_what_he_has_not(plumber):
    _, plain = ApiKey.issue(plumber.business, "Small", scopes=["keys:write", "calls:read"])
    small = Api(plain)
    assert small.post("keys/", {"name": "a", "scopes": ["calls:read"]}).status_code == 201
    refused(small.post("keys/", {"name": "a", "scopes": ["messages:send"]}), 422, "scopes")
    refused(small.post("keys/", {"name": "a"}), 422, "scopes")
    first = ApiKey.objects.get(business=plumber.business, name="First key")
    refused(ask(plain, "post", f"/api/v1/keys/{first.pk}/rotate/", {}), 422, "id")
    refused(Api(plumber.api_key).post("keys/", {"name": "a", "scopes": ["businesses:read"]}), 422)


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "name"), ({"name": " "}, "name"), ({"name": "x" * 81}, "name"), ({"name": "a\x00"}, "name"),
     ({"name": "a", "scopes": ["x"]}, "scopes.0"), ({"name": "a", "per_minute": 0}, "per_minute"),
     ({"name": "a", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
     ({"name": "a", "expires_at": "soon"}, "expires_at")],
)  # fmt: skip
def test_a_key_that_cannot_be_made_says_why(given, field, api, plumber):
    before = ApiKey.objects.count()
    refused(api.post("keys/", given), 422, field)
    assert ApiKey.objects.count() == before


def test_an_agency_s_keys_stand_in_its_own_record(agency_key, plumber, dentist):
    made = ask(
        agency_key, "post", "/api/v1/keys/", {"name": "Robot", "scopes": ["businesses:read"]}
    ).json()
    assert ApiKey.objects.get(pk=made["id"]).agency == plumber.business.agency
    entry = AgencyEntry.objects.get(action="key.make")
    assert (entry.agency, entry.door) == (plumber.business.agency, "api")
    theirs = ApiKey.issue(dentist.business.agency, "Portal")[1]
    seen = ask(theirs, "get", "/api/v1/keys/").json()["results"]
    assert [row["name"] for row in seen] == ["Portal"]


def test_no_key_makes_one_that_outlives_it(plumber, dentist):
    soon = timezone.now() + timedelta(hours=1)
    _, plain = ApiKey.issue(plumber.business, "For an hour", expires_at=soon)
    made = ask(plain, "post", "/api/v1/keys/", {"name": "CRM"})
    assert made.status_code == 201, made.content
    assert ApiKey.objects.get(pk=made.json()["id"]).expires_at == soon
    later = {"name": "CRM", "expires_at": (soon + timedelta(days=1)).isoformat()}
    refused(ask(plain, "post", "/api/v1/keys/", later), 422, "expires_at")
    lasting = ApiKey.objects.create(
        business=plumber.business, name="For ever", prefix="0123456789", key_hash="x" * 64
    )
    refused(ask(plain, "post", f"/api/v1/keys/{lasting.pk}/rotate/", {}), 422, "id")
    assert ask(plain, "delete", f"/api/v1/keys/{lasting.pk}/").status_code == 200
    assert not ApiKey.objects.filter(business=dentist.business, name="CRM").exists()
