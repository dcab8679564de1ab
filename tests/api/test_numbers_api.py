"""Numbers and registration by the API: on offer, ordered, given back, filed."""

from __future__ import annotations

import pytest

from messaging.senders import buying
from tenants.models import BusinessFacts, PhoneNumber, ProviderStep
from tests.senders.conftest import NEW, others_untouched, step_of, well_said
from tests.senders.test_filing import FACTS


@pytest.fixture
def office(stand_in):
    stand_in.office.books.seconds = dict.fromkeys(stand_in.office.books.seconds, 0.0)
    return stand_in.office


def test_a_number_is_found_ordered_and_given_back(api, plumber, dentist, office, work):
    offers = api.get("number-offers/", area_code="312")
    assert offers.status_code == 200
    first = offers.json()["results"][0]
    assert first == {
        "number": NEW,
        "locality": "Chicago",
        "region": "IL",
        "texts": True,
        "pictures": True,
    }
    made = api.post("number-orders/", {"number": NEW})
    again = api.post("number-orders/", {"number": NEW})
    assert made.status_code == 202 and made.json()["state"] == "wanted"
    assert again.json()["id"] == made.json()["id"]
    work()
    assert api.get(f"number-orders/{made.json()['id']}/").json()["state"] == "done"
    assert PhoneNumber.objects.get(e164=NEW).business == plumber.business
    going = api.post("number-releases/", {"number": NEW})
    assert going.status_code == 202 and going.json()["due_at"]
    kept = api.send("DELETE", f"number-releases/{going.json()['id']}/")
    assert kept.status_code == 200 and kept.json()["state"] == "cancelled"
    assert api.send("DELETE", f"number-releases/{going.json()['id']}/").status_code == 422
    assert [row["state"] for row in api.get("number-releases/").json()["results"]] == ["cancelled"]
    assert len(api.get("number-orders/").json()["results"]) == 1
    others_untouched(dentist)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("number-orders/", {"number": "12"}, "number"),
        ("number-orders/", {"number": NEW, "how": "steal"}, "how"),
        ("number-orders/", {"number": "+16025550100"}, "number"),
        ("number-releases/", {"number": "+16025550100"}, "number"),
    ],
)
def test_what_cannot_be_names_the_field(api, dentist, office, path, body, field):
    answer = api.post(path, body)
    assert answer.status_code == 422, answer.content
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    others_untouched(dentist)


def test_another_business_s_orders_are_nobody_s(api, plumber, dentist, office, work):
    theirs = buying.buy(dentist.business, "+16025550120", by="Bob")
    assert api.get("number-orders/").json()["results"] == []
    assert api.get(f"number-orders/{theirs.pk}/").status_code == 404
    assert step_of(dentist.business, theirs.key).state == "wanted"
    assert not office.asked


def test_a_provider_that_does_not_answer_is_said(api, office):
    office.control({"faults": [{"path": "Available", "mode": "500"}]})
    answer = api.get("number-offers/", area_code="312")
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "provider"


def test_the_registration_is_filed_and_followed(api, plumber, dentist, office, work):
    BusinessFacts.objects.create(business=plumber.business, **FACTS | {"street": "PO Box 3"})
    well_said(plumber, FACTS["website"])
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    looked = api.get("registration/").json()
    assert looked["state"] == "none" and looked["findings"][0]["code"] == "PO_BOX"
    refused = api.post("registration/", {})
    assert refused.status_code == 422
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("street", "po_box")]
    BusinessFacts.objects.update(street="401 N Wabash Ave")
    filed = api.post("registration/", {})
    assert filed.status_code == 202 and filed.json()["state"] == "under_way"
    work()
    done = api.get("registration/").json()
    assert done["state"] == "done" and {part["state"] for part in done["parts"]} == {"done"}
    lines = {line["number"]: line["registration"] for line in done["lines"]}
    assert lines[NEW] == "approved"
    assert FACTS["ein"] not in str(done)
    others_untouched(dentist)


def test_a_registration_filed_with_a_key_answers_its_repeat_alike(
    api, plumber, dentist, office, work
):
    once = {"Idempotency-Key": "file-1"}
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    first = api.post("registration/", {}, **once)  # its website is looked at first: not kept
    assert first.status_code == 409 and first.json()["errors"][0]["code"] == "site_first"
    well_said(plumber, FACTS["website"])
    filed = api.post("registration/", {}, **once)
    assert filed.status_code == 202 and filed.json()["state"] == "under_way"
    work()
    assert api.get("registration/").json()["state"] == "done"
    again = api.post("registration/", {}, **once)
    assert again.content == filed.content and again.headers["Idempotent-Replayed"] == "true"
    keys = list(
        ProviderStep.objects.filter(business=plumber.business).values_list("key", flat=True)
    )
    assert len(keys) == len(set(keys))
    others_untouched(dentist)
