"""People over REST: brought in once, changed, opted out, merged; another business sees nothing."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inbox.models import Activity, CustomField, Merge, Tag
from messaging.models import AuditEntry, ConsentEvent, Contact, Message
from messaging.services import send_as
from tests.api.conftest import Api, refused
from tests.journeys.test_simultaneous import at_once
from tests.support.hooks import a_caller


@pytest.fixture(autouse=True)
def _others(dentist):
    yield
    with dentist.scope():
        assert not Contact.objects.exists() and not AuditEntry.objects.exists()
        assert not Tag.objects.exists()


def upsert(api, **data):
    return api.send("POST", "contacts/upsert/", data)


def test_somebody_is_brought_in_by_number_then_found_by_the_other_systems_id(api, other, plumber):
    phone = a_caller()
    made = upsert(
        api, phone=f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}", external_id="crm-1",
        name="Dana Reyes", tags=["Estimate"],
    )  # fmt: skip
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["phone"], row["external_id"], row["tags"]) == (phone, "crm-1", ["estimate"])
    again = upsert(api, external_id="crm-1", company="Reyes Bakery", vip=True)
    assert again.status_code == 200
    assert again.json()["id"] == row["id"] and again.json()["company"] == "Reyes Bakery"
    assert again.json()["name"] == "Dana Reyes" and again.json()["vip_at"]
    assert upsert(api, phone=phone, external_id="crm-1").json()["id"] == row["id"]
    assert [r["id"] for r in api.get("contacts/", external_id="crm-1").json()["results"]] == [
        row["id"]
    ]
    assert [r["id"] for r in api.get("contacts/", tag="ESTIMATE").json()["results"]] == [row["id"]]
    assert api.get("contacts/", opted_out="true").json()["results"] == []
    with plumber.scope():
        assert Contact.objects.count() == 1 and Tag.objects.get().name == "estimate"
        noted = AuditEntry.objects.filter(door="api", actor="API key First key")
        assert {"contact.create", "contact.external_id", "people.mark"} <= set(
            noted.values_list("action", flat=True)
        )
        # Being brought in allows no text.
        assert not ConsentEvent.objects.exists() and not Message.objects.exists()
    refused(other.get(f"contacts/{row['id']}/"), 404)
    refused(other.send("PATCH", f"contacts/{row['id']}/", {"name": "X"}), 404)


def test_an_id_belongs_to_one_number(api, plumber):
    one, two = a_caller(), a_caller()
    assert upsert(api, phone=one, external_id="crm-1").status_code == 201
    refused(upsert(api, phone=two, external_id="crm-1"), 422, "external_id")
    second = upsert(api, phone=two).json()
    refused(
        api.send("PATCH", f"contacts/{second['id']}/", {"external_id": "crm-1"}), 422, "external_id"
    )
    refused(upsert(api, external_id="crm-2"), 422, "phone")
    refused(upsert(api, name="Nobody"), 422, "phone")
    refused(upsert(api, phone=plumber.number), 422, "phone")
    refused(upsert(api, phone="12"), 422, "phone")
    with plumber.scope():
        assert Contact.objects.count() == 2


def test_what_is_wrong_is_named_and_nothing_is_kept(api, plumber):
    with plumber.scope():
        CustomField.objects.create(key="boiler", label="Boiler", kind="number")
    row = upsert(api, phone=a_caller(), fields={"boiler": "12"}).json()
    assert row["fields"] == {"boiler": 12}
    path = f"contacts/{row['id']}/"
    wrong = {
        "email": "nobody", "language": "xx", "name": "x" * 121, "state": "Atlantis",
        "tags": ["a,b"], "vip": "perhaps", "zone": "America/Chicago",
    }  # fmt: skip
    for field, value in wrong.items():
        answer = api.send("PATCH", path, {field: value, "company": "Kept?"})
        named = {"tags": "tags", "zone": "state"}.get(field, field)
        if field == "state":
            answer = api.send("PATCH", path, {"state": "Atlantis", "place_source": "stated"})
        assert answer.status_code == 422, (field, answer.content)
        assert any(e["field"].startswith(named) for e in answer.json()["errors"]), answer.content
    refused(api.send("PATCH", path, {"fields": {"boiler": "much"}}), 422, "fields.boiler")
    kept = api.get(path).json()
    assert kept["company"] == "" and kept["fields"] == {"boiler": 12}
    moved = api.send(
        "PATCH", path, {"state": "Illinois", "zone": "America/Chicago", "place_source": "stated"}
    )
    assert (moved.json()["state"], moved.json()["zone"]) == ("IL", "America/Chicago")


def test_opted_out_by_word_and_a_pause_ended(api, plumber):
    row = upsert(api, phone=a_caller()).json()
    with plumber.scope():
        send_as(row["phone"], "On our way.", author="person", author_name="Pat")
    out = api.send("POST", f"contacts/{row['id']}/opt-out/")
    assert out.status_code == 200 and out.json()["opted_out_at"]
    assert api.send("POST", f"contacts/{row['id']}/opt-out/").status_code == 200
    refused(api.send("POST", f"contacts/{row['id']}/resume/"), 422, "contact")
    with plumber.scope():
        assert ConsentEvent.objects.get().actor == "API key First key"
        assert Message.objects.get().status == "cancelled"


def test_two_numbers_of_one_person_are_merged_and_taken_apart(api, other, plumber):
    one = upsert(api, phone=a_caller()).json()
    two = upsert(api, phone=a_caller(), name="Dana Reyes").json()
    merged = api.send("POST", f"contacts/{one['id']}/merge/", {"contact": two["id"]})
    assert merged.status_code == 200, merged.content
    assert (merged.json()["kept"], merged.json()["folded"]) == (one["id"], two["id"])
    assert merged.json()["by"] == "API key First key"
    assert api.get(f"contacts/{one['id']}/").json()["name"] == "Dana Reyes"
    assert api.get(f"contacts/{two['id']}/").json()["merged_into"] == one["id"]
    refused(
        api.send("POST", f"contacts/{one['id']}/merge/", {"contact": one["id"]}), 422, "contact"
    )
    number = merged.json()["id"]
    refused(other.send("POST", f"contact-merges/{number}/undo/"), 404)
    undone = api.send("POST", f"contact-merges/{number}/undo/")
    assert undone.json()["undone_at"] and undone.json()["undone_by"] == "API key First key"
    refused(api.send("POST", f"contact-merges/{number}/undo/"), 422, "merge")
    assert [r["id"] for r in api.get("contact-merges/", kept=one["id"]).json()["results"]] == [
        number
    ]
    with plumber.scope():
        assert Merge.objects.count() == 1
        assert set(Activity.objects.values_list("actor_name", flat=True)) == {"API key First key"}


def test_several_at_once_make_one(api, plumber):
    phone, answers = a_caller(), []

    def go(n: int) -> None:
        given = {"phone": phone, "external_id": "crm-9", "name": f"N{n}"}
        answers.append(upsert(Api(plumber.api_key), **given))

    at_once(4, go)
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
    assert len({a.json()["id"] for a in answers}) == 1
    with plumber.scope():
        assert Contact.objects.get(external_id="crm-9").phone == phone


def test_who_was_erased_keeps_no_id_of_another_system(api, plumber):
    from messaging import erasure

    row = upsert(api, phone=a_caller(), external_id="crm-3").json()
    with plumber.scope():
        erasure.erase(row["id"], actor="Dana", door="page", at=timezone.now())
        assert Contact.objects.get().external_id == ""
    refused(api.send("PATCH", f"contacts/{row['id']}/", {"name": "Back"}), 422, "contact")
    assert api.get("contacts/").json()["results"] == []
