"""What may be texted, limits and targets over REST; and people found by a part of their name."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inbox.models import InboxPolicy
from messaging.models import AuditEntry, Contact, Policy
from tenants.models import ApiKey, Business
from tests.api.conftest import refused
from tests.api.test_inbox_api import BY
from tests.support.hooks import a_caller


@pytest.fixture(autouse=True)
def _others(dentist):
    with dentist.scope():
        kept = Policy.objects.values().latest("pk")
    yield
    with dentist.scope():
        assert Policy.objects.values().latest("pk") == kept
        assert not AuditEntry.objects.exists()
        assert not InboxPolicy.objects.exclude(target_minutes=15).exists()
    stored = Business.objects.get(pk=dentist.business.pk)
    assert stored.daily_text_limit is None and stored.monthly_cents_limit is None


def test_the_policy_is_read_and_changed(api, other, plumber):
    read = api.get("policy/")
    assert read.status_code == 200, read.content
    first, tag = read.json(), read.headers["ETag"]
    kept = api.send("PATCH", "policy/", {"strict_quiet_hours": True}, **{"If-Match": tag})
    assert kept.status_code == 200, kept.content
    assert kept.json()["strict_quiet_hours"] is True and kept.json()["changed_by"] == BY
    assert kept.json()["version"] > first["version"] and kept.headers["ETag"] != tag
    late = api.send("PATCH", "policy/", {"marketing": True}, **{"If-Match": tag})
    assert late.status_code == 412 and api.get("policy/").json()["marketing"] is False
    for wrong, field in (
        ({"posture": "none"}, "posture"), ({"countries": []}, "countries"),
        ({"countries": ["FR"]}, "countries.0"), ({"message_months": 3}, "message_months"),
        ({"recording_days": 0}, "recording_days"), ({"nudges": "maybe"}, "nudges"),
    ):  # fmt: skip
        refused(api.send("PATCH", "policy/", wrong), 422, field)
    agency = plumber.business.agency
    type(agency).objects.filter(pk=agency.pk).update(posture_floor="press_one")
    refused(api.send("PATCH", "policy/", {"posture": "implied"}), 422, "posture")
    shown = api.get("policy/").json()
    assert (shown["posture_floor"], shown["posture_in_force"]) == ("press_one", "press_one")
    with plumber.scope():
        noted = AuditEntry.objects.get(action="policy.change")
        assert (noted.actor, noted.door) == (BY, "api")
        assert noted.detail == {"strict_quiet_hours": True}
    assert other.get("policy/").json()["strict_quiet_hours"] is False


def test_a_key_lowers_a_limit_and_never_raises_one(api, other, plumber):
    usual = api.get("limits/").json()
    assert usual["daily_text_limit"] is None and usual["texts_today"] == 0
    top = usual["daily_text_limit_in_force"]
    kept = api.send("PATCH", "limits/", {"daily_text_limit": top - 1})
    assert kept.status_code == 200, kept.content
    assert kept.json()["daily_text_limit_in_force"] == top - 1
    assert kept.json()["monthly_cents_limit"] is None
    for limit in ({"daily_text_limit": top}, {"monthly_cents_limit": 100_000_000}):
        answer = api.send("PATCH", "limits/", limit)
        refused(answer, 422, next(iter(limit)))
        assert answer.json()["errors"][0]["code"] == "only_lower"
    refused(api.send("PATCH", "limits/", {"daily_text_limit": -1}), 422, "daily_text_limit")
    refused(api.send("PATCH", "limits/", {"daily_text_limit": None}), 422, "daily_text_limit")
    with plumber.scope():
        assert AuditEntry.objects.filter(action="limits.change", actor=BY, door="api").count() == 1
    assert other.get("limits/").json()["daily_text_limit_in_force"] == top


def test_how_soon_people_are_answered(api, other, plumber):
    read = api.get("answering/")
    assert read.status_code == 200, read.content
    steps = [{"at_percent": 100, "channels": ["email"], "whom": "owners"}]
    wanted = {"target_minutes": 30, "steps": steps}
    tag = {"If-Match": read.headers["ETag"]}
    kept = api.send("PATCH", "answering/", wanted, **tag)
    assert kept.status_code == 200, kept.content
    assert kept.json() == read.json() | wanted
    assert api.send("PATCH", "answering/", {"digest_on": False}, **tag).status_code == 412
    again = api.send("PATCH", "answering/", {"digest_at": "07:30"}, **{"Idempotency-Key": "a"})
    assert again.json()["digest_at"] == "07:30" and again.json()["target_minutes"] == 30
    for wrong, field in (
        ({"target_minutes": 0}, "target_minutes"), ({"digest_at": "25:00"}, "digest_at"),
        ({"steps": [steps[0] | {"channels": []}]}, "steps.0.channels"),
        ({"steps": [steps[0] | {"whom": "nobody"}]}, "steps.0.whom"),
        ({"steps": [steps[0] | {"channels": ["email", "email"]}]}, "steps.0.channels"),
        ({"steps": steps * 7}, "steps"),
    ):  # fmt: skip
        answer = api.send("PATCH", "answering/", wrong)
        assert answer.status_code in (200, 422), (wrong, answer.content)
        if answer.status_code == 422:
            refused(answer, 422, field)
    with plumber.scope():
        assert AuditEntry.objects.filter(action="answers.change", actor=BY, door="api").exists()
    assert other.get("answering/").json()["target_minutes"] == 15


def test_reading_is_no_right_to_change(plumber, dentist, api):
    _key, plain = ApiKey.issue(plumber.business, "Reads", scopes=["settings:read"])
    reader = type(api)(plain)
    for path in ("policy/", "limits/", "answering/"):
        assert reader.get(path).status_code == 200, path
        refused(reader.send("PATCH", path, {}), 403)


def test_people_are_found_by_a_part_of_their_name(api, other, plumber, dentist):
    now = timezone.now()
    with plumber.scope():
        found = {
            name: Contact.objects.create(phone=a_caller(), name=name, company=firm, created_at=now)
            for name, firm in (
                ("Dana Reyes", ""), ("Ed Li", "Reyes & Sons"), ("100% Paint_Co", ""), ("Bo", ""),
            )
        }  # fmt: skip
        gone = Contact.objects.create(phone=a_caller(), name="Rey", created_at=now, erased_at=now)
    with dentist.scope():
        Contact.objects.create(phone=a_caller(), name="Dana Reyes", created_at=now)

    def names(**query) -> set[str]:
        answer = api.get("contacts/", **query)
        assert answer.status_code == 200, answer.content
        return {row["name"] for row in answer.json()["results"]}

    assert names(q="rey") == {"Dana Reyes", "Ed Li"}
    assert names(q="reyes dana") == {"Dana Reyes"}
    assert names(q="li") == set() and names(q="ed") == {"Ed Li"}
    assert names(q="100% paint") == {"100% Paint_Co"}
    assert names(q=found["Bo"].phone[-7:]) == {"Bo"}
    assert names(q="rey", opted_out="true") == set()
    page = api.get("contacts/", q="rey", limit=1).json()
    (second,) = names(q="rey", limit=1, cursor=page["next"].partition("cursor=")[2].partition("&")[0]) - {
        page["results"][0]["name"]
    }  # fmt: skip
    assert {second, page["results"][0]["name"]} == {"Dana Reyes", "Ed Li"}
    for typed in ("a", "%", "\x00", "🦊", ""):
        refused(api.get("contacts/", q=typed), 422, "q")
    assert gone.pk not in {row["id"] for row in api.get("contacts/").json()["results"]}
    assert len(other.get("contacts/", q="dana").json()["results"]) == 1
