"""A business asked for with an Idempotency-Key and nothing else is made once, and so is its number."""

from __future__ import annotations

import json
import threading

import pytest

from messaging.senders import searching
from tenants.models import AgendaItem, ApiKey, Business, IdempotentAnswer, ProviderStep
from tests.api.conftest import Api, refused
from tests.support.killed import killed

WANTED = {
    "name": "Harbor Auto", "timezone": "America/Chicago", "area_code": "312", "publish": True,
    "playbook": "auto", "forward_to": ["+13125550143"],
}  # fmt: skip
ONCE = {"Idempotency-Key": "lead-7"}


@pytest.fixture
def ours(plumber, stand_in):
    return Api(ApiKey.issue(plumber.business.agency, "CRM")[1])


@pytest.fixture
def theirs(dentist, stand_in):
    return Api(ApiKey.issue(dentist.business.agency, "CRM")[1])


def made():
    """How many businesses were made, orders of numbers written, and waits to go live."""
    return (
        Business.objects.filter(name="Harbor Auto").count(),
        ProviderStep.objects.filter(key__startswith="number.buy").count(),
        AgendaItem.objects.filter(kind="inbox.publish").count(),
    )


def test_a_repeat_is_given_the_same_business_with_its_key(ours, theirs, plumber, dentist):
    first, again = (ours.post("businesses/", WANTED, **ONCE) for _ in "12")
    assert (first.status_code, again.status_code) == (201, 201), first.content
    assert first.content == again.content and first.json()["api_key"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert first.json()["api_key"] not in json.dumps(IdempotentAnswer.objects.get().body)
    assert made()[:2] == (1, 1)
    refused(
        ours.post("businesses/", WANTED | {"publish": False}, **ONCE), 422, "Idempotency-Key",
        "key_used",
    )  # fmt: skip
    # Another agency's key means another request; without one each is done.
    assert theirs.post("businesses/", WANTED, **ONCE).json()["id"] != first.json()["id"]
    assert ours.post("businesses/", WANTED).json()["id"] != first.json()["id"]
    assert made()[:2] == (3, 3)
    assert plumber.business.agency.businesses.count() == 3
    assert dentist.business.agency.businesses.count() == 2


def test_while_the_first_is_under_way_no_second_is_made(ours, dentist, monkeypatch):
    """Both have asked the provider; whoever comes second to the making is told to come again."""
    gate, asked, come = threading.Barrier(2, timeout=60), searching.search, []

    def search(*given, **more):
        found = asked(*given, **more)
        gate.wait()
        return found

    monkeypatch.setattr(searching, "search", search)
    each = [
        threading.Thread(target=lambda: come.append(ours.post("businesses/", WANTED, **ONCE)))
        for _ in "12"
    ]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join(60)
    monkeypatch.undo()
    stands = [answer for answer in come if answer.status_code == 201]
    busy = [answer for answer in come if answer.status_code == 409]
    assert len(stands) + len(busy) == 2 and stands
    assert len({answer.json()["id"] for answer in stands}) == 1
    for answer in busy:
        refused(answer, 409, "", "still_working")
        assert answer.headers["Retry-After"] == "1"
    again = ours.post("businesses/", WANTED, **ONCE)
    assert again.json() == stands[0].json() and made()[:2] == (1, 1)
    assert dentist.business.agency.businesses.count() == 1


@pytest.mark.parametrize(
    ("step", "stood"),
    [
        (r"INSERT INTO .?public.?.?\..?.?tenants_business|INSERT INTO .tenants_business.", False),
        ("INSERT INTO .tenants_providerstep", False),
        ("UPDATE .*tenants_idempotentanswer", False),  # made, and its answer not written
        ("done", True),  # made and answered, and nobody heard
    ],
)
def test_killed_in_the_middle_a_repeat_makes_one(step, stood, ours, plumber, dentist):
    killed(step, "post", ours.key, "/api/v1/businesses/", json.dumps(WANTED), "lead-7")
    assert made()[:2] == (int(stood), int(stood))
    answer = ours.post("businesses/", WANTED, **ONCE)
    assert answer.status_code == 201, answer.content
    assert answer.headers.get("Idempotent-Replayed") == ("true" if stood else None)
    assert made()[:2] == (1, 1)
    key = ApiKey.objects.get(business=answer.json()["id"])
    assert answer.json()["api_key"].startswith(f"rb_{key.prefix}_")
    assert dentist.business.agency.businesses.count() == 1


def test_a_refusal_is_given_again_and_nothing_is_made(ours, dentist):
    wrong = WANTED | {"timezone": "Mars"}
    refused(ours.post("businesses/", wrong, **ONCE), 422, "timezone")
    again = ours.post("businesses/", wrong, **ONCE)
    refused(again, 422, "timezone")
    assert again.headers["Idempotent-Replayed"] == "true" and made() == (0, 0, 0)


def test_a_failure_of_ours_leaves_nothing_and_is_asked_again(ours, dentist, monkeypatch):
    from django.test import Client

    from inbox.api import business_shapes

    headers = {"host": "localhost", "authorization": f"Bearer {ours.key}", "idempotency-key": "k"}

    def broken(self):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(business_shapes.MadeSerializer, "data", property(broken))
    program = Client(raise_request_exception=False)
    answer = program.post(
        "/api/v1/businesses/", json.dumps(WANTED), content_type="application/json", headers=headers
    )
    assert answer.status_code == 500 and made() == (0, 0, 0)
    assert not IdempotentAnswer.objects.exists()
    monkeypatch.undo()
    assert ours.post("businesses/", WANTED, **{"Idempotency-Key": "k"}).status_code == 201
    assert made()[:2] == (1, 1)
