"""The rules over REST: read, checked, tried, published; another business's are never touched."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from openapi_schema_validator import OAS31Validator

from calls import rulebook
from calls.models import Call, RuleDraft, RuleSet
from messaging.models import AuditEntry, Contact
from tests.api.test_openapi import document


@pytest.fixture(autouse=True)
def _others(dentist):
    yield
    with dentist.scope():
        assert RuleSet.objects.count() == 1 and not AuditEntry.objects.exists()


def put(api, data, match='"1"'):
    headers = {"host": api.host, "authorization": f"Bearer {api.key}"}
    if match is not None:
        headers["if-match"] = match
    return Client().put("/api/v1/rules/", data, content_type="application/json", headers=headers)


def rules(name="One", **then):
    return [{"id": "one", "name": name, "when": {}, "then": {"template": "missed-open"} | then}]


def schema_of(path: str, method: str):
    whole = document()
    good = whole["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    return OAS31Validator({**good["schema"], "components": whole["components"]})


def test_the_rules_in_force_with_their_version(api, other, plumber):
    answer = api.get("rules/")
    assert answer.status_code == 200 and answer.headers["ETag"] == '"1"'
    data = answer.json()
    assert data["version"] == 1 and data["origin"] == "playbook"
    assert data["sentences"][0].startswith("When a call is missed, unless the caller hangs up")
    assert not list(schema_of("/api/v1/rules/", "get").iter_errors(data))
    assert other.get("rules/").json()["rules"] == data["rules"]  # alike, not the same
    assert put(other, {"rules": rules()}, '"9"').status_code == 412
    assert api.__class__("").get("rules/").status_code == 401


def test_rules_are_published_against_the_version_they_were_made_from(api, plumber):
    answer = put(api, {"rules": rules(), "note": "From  the CRM"})
    assert (answer.status_code, answer.json()["version"], answer.headers["ETag"]) == (200, 2, '"2"')
    with plumber.scope():
        stored = rulebook.latest()
        assert (stored.origin, stored.note, stored.author) == (
            "api",
            "From the CRM",
            f"API key {_name(plumber)}",
        )
        assert AuditEntry.objects.get().door == "api"
    late = put(api, {"rules": rules("Two")})
    assert late.status_code == 412 and late["Content-Type"] == "application/problem+json"
    assert "Version 2 by" in late.json()["detail"]
    assert put(api, {"rules": rules()}, '"2"').json()["version"] == 2  # unchanged


def _name(biz) -> str:
    from tenants.models import ApiKey

    return ApiKey.objects.get(business=biz.business).name


@pytest.mark.parametrize(
    ("data", "match", "field"),
    [
        ({"rules": rules()}, None, "If-Match"), ({"rules": rules()}, "x", "If-Match"), ({}, '"1"', "rules"),
        ({"rules": "x"}, '"1"', "rules"), ({"rules": rules(template="gone")}, '"1"', "rules[0].then.template"),
        ({"rules": [{"id": 1}]}, '"1"', "rules[0].id"), ({"rules": rules(), "note": "x" * 121}, '"1"', "note"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(data, match, field, api, plumber):
    answer = put(api, data, match)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    with plumber.scope():
        assert RuleSet.objects.count() == 1


def test_pinned_calls_are_asked(api, plumber):
    from calls.facts import Facts
    from calls.outcome import Outcome

    now = timezone.now()
    facts = Facts(Outcome("missed", "no_answer"), now, now, 20, caller="+13125550142")
    with plumber.scope():
        current = rulebook.rules_of(rulebook.latest())
        rulebook.pin_facts(facts, "Usual", current, by="Dana", at=now, now=now)
    silent = {"rules": rules(action="skip")}
    answer = put(api, silent)
    assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "pins_broken"
    assert api.post("rules/validate/", silent).json()["pins_broken"] == ["Usual"]
    assert put(api, silent | {"accept_broken_pins": True}).status_code == 200


def test_rules_are_checked_without_being_kept(api, plumber):
    checked = api.post("rules/validate/", {"rules": rules()}).json()
    assert (
        checked["problems"] == [] and "“Text back missed calls” is removed." in checked["changes"]
    )
    assert not list(schema_of("/api/v1/rules/validate/", "post").iter_errors(checked))
    wrong = api.post("rules/validate/", {"rules": rules(delay=-1)}).json()
    assert wrong["problems"][0]["field"] == "rules[0].then.delay"
    with plumber.scope():
        assert RuleSet.objects.count() == 1 and not RuleDraft.objects.exists()


def test_a_call_is_imagined_and_nothing_is_written(api, plumber):
    call = {"line": plumber.number, "caller": "+13125550142", "at": "2026-11-23T12:00:00-06:00"}
    seen = api.post("rules/simulate/", call)
    assert seen.status_code == 200, seen.content
    data = seen.json()
    assert data["action"] == "send" and data["segments"] == 1 and "out on a job" in data["body"]
    assert data["receipt"]["questions"][-1]["asked"] == "May it be sent now?"
    assert not list(schema_of("/api/v1/rules/simulate/", "post").iter_errors(data))
    other_rules = api.post("rules/simulate/", call | {"rules": rules(action="skip")}).json()
    assert other_rules["receipt"]["code"] == "RULE_SAYS_SKIP" and other_rules["body"] == ""
    assert api.post("rules/simulate/", call | {"caller": "anonymous"}).json()["action"] == "skip"
    with plumber.scope():
        assert not Contact.objects.exists() and not Call.objects.exists()
        assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"line": "+16025550100"}, "line"), ({"caller": "x"}, "caller"), ({"at": "soon"}, "at"), ({"at": "0001-01-01T00:00:00Z"}, "at"),
        ({"outcome": "x"}, "outcome"), ({"ring_seconds": -1}, "ring_seconds"),
        ({"rules": [1]}, "rules[0]"), ({"attestation": "Z"}, "attestation"),
    ],
)  # fmt: skip
def test_what_cannot_be_imagined_is_named(wrong, field, api, plumber):
    answer = api.post("rules/simulate/", {"line": plumber.number, "caller": "+13125550142"} | wrong)
    assert answer.status_code == 422, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("field", ["outcome", "attestation"])
def test_half_a_character_is_answered_like_any_other_wrong_word(field, api, plumber):
    body = (
        f'{{"line": "{plumber.number}", "caller": "+13125550142", "outcome": "no_answer", '
        f'"{field}": "\\ud800"}}'
    )
    headers = {"host": api.host, "authorization": f"Bearer {api.key}"}
    answer = Client().post(
        "/api/v1/rules/simulate/", body, content_type="application/json", headers=headers
    )
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field
