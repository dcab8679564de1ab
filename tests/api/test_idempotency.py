"""A request with an Idempotency-Key is done once, whatever happens in between."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from time import monotonic, sleep

import httpx
import pytest
from cryptography.fernet import Fernet
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from integrations import erasing
from messaging.forgetting import Person
from messaging.models import Message
from messaging.people import lock_contact
from messaging.scrub import NOBODY
from tenants import agenda, idempotency
from tenants.models import ApiKey, IdempotentAnswer
from tests.api.conftest import Api, refused
from tests.support.hooks import a_caller


def send(api, to, body="On our way.", key="job-1", **headers):
    return api.post(
        "messages/", json.dumps({"to": to, "body": body}), **{"Idempotency-Key": key, **headers}
    )


def texts(biz):
    with biz.scope():
        return Message.objects.count()


def test_a_repeated_request_gets_the_same_answer_and_nothing_is_done_twice(api, plumber, dentist):
    to = a_caller()
    first, again = send(api, to), send(api, to)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/json"
    assert texts(plumber) == 1 and texts(dentist) == 0


def test_another_body_address_or_method_with_the_same_key_is_a_mistake(api, plumber):
    to = a_caller()
    assert send(api, to).status_code == 201
    refused(send(api, to, "Something else"), 422, "Idempotency-Key", "key_used")
    headers = {"Idempotency-Key": "job-1"}
    refused(api.post("keys/", {"name": "a"}, **headers), 422, "Idempotency-Key", "key_used")
    assert texts(plumber) == 1


def test_a_key_of_one_program_is_nothing_to_another(api, other, plumber, dentist):
    to = a_caller()
    second = Api(ApiKey.issue(plumber.business, "Second")[1])
    answers = [send(program, to, f"Text {n}") for n, program in enumerate((api, other))]
    assert [answer.status_code for answer in answers] == [201, 201]
    # The same header means the same text for all programs of one business.
    refused(send(second, to, "Text 9"), 422, "client_token", "token_used")
    assert texts(plumber) == texts(dentist) == 1


def test_a_refusal_is_kept_as_well(api, plumber):
    refused(send(api, "+18005551234"), 422, "to", "NOT_TEXTABLE")
    again = send(api, "+18005551234")
    refused(again, 422, "to", "NOT_TEXTABLE")
    assert again.headers["Idempotent-Replayed"] == "true"


def test_what_broke_on_our_side_leaves_nothing_and_may_be_asked_again(api, plumber, monkeypatch):
    to = a_caller()
    answers = []

    from messaging import message_shapes

    def broken(self):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(message_shapes.MessageSerializer, "data", property(broken))
    program = Client(raise_request_exception=False)
    for _ in range(2):
        answers.append(
            program.post(
                "/api/v1/messages/", json.dumps({"to": to, "body": "Hello"}),
                content_type="application/json",
                headers={"host": "localhost", "authorization": f"Bearer {api.key}", "idempotency-key": "k"},
            )
        )  # fmt: skip
    assert [answer.status_code for answer in answers] == [500, 500]
    assert texts(plumber) == 0 and not IdempotentAnswer.objects.exists()
    monkeypatch.undo()
    assert send(api, to, "Hello", key="k").status_code == 201
    assert texts(plumber) == 1


def test_two_at_once_do_the_work_once(api, plumber, dentist, web_url):
    """The first waits for a person's lock; the second is told to come again, and then gets the first's answer."""
    to, got = a_caller(), []
    headers = {"Authorization": f"Bearer {api.key}", "Idempotency-Key": "both"}
    body = {"to": to, "body": "Once"}

    def post():
        return httpx.post(f"{web_url}/api/v1/messages/", json=body, headers=headers, timeout=60)

    with plumber.scope(), transaction.atomic():
        lock_contact(to, timezone.now())
        first = threading.Thread(target=lambda: got.append(post()))
        first.start()
        ends = monotonic() + 60
        while not _somebody_waits_with_a_key() and monotonic() < ends:
            sleep(0.02)
        second = post()
    first.join(60)
    assert second.status_code == 409 and second.headers["Retry-After"] == "1"
    assert second.json()["errors"][0]["code"] == "still_working"
    assert got[0].status_code == 201, got[0].text
    third = post()
    assert third.headers["Idempotent-Replayed"] == "true" and third.json() == got[0].json()
    assert texts(plumber) == 1 and texts(dentist) == 0


def _somebody_waits_with_a_key() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks a JOIN pg_locks b USING (pid) "
            "WHERE a.locktype = 'advisory' AND a.granted AND NOT b.granted"
        )
        return bool(cursor.fetchone()[0])


def test_an_answer_is_kept_sealed_and_forgotten_after_a_day(api, plumber):
    made = api.post("keys/", {"name": "CRM"}, **{"Idempotency-Key": "k"}).json()
    row = IdempotentAnswer.objects.get()
    assert made["key"] not in json.dumps(row.body)
    assert api.post("keys/", {"name": "CRM"}, **{"Idempotency-Key": "k"}).json() == made
    IdempotentAnswer.objects.update(created_at=timezone.now() - idempotency.KEPT)
    new = api.post("keys/", {"name": "CRM"}, **{"Idempotency-Key": "k"}).json()
    assert new["id"] != made["id"]
    IdempotentAnswer.objects.update(created_at=timezone.now() - idempotency.KEPT)
    item = agenda.Item(
        1, "housekeeping", "tenants.forget_requests", None, "", "all", timezone.now(), None, 1
    )
    from tenants.api_keeping import forget

    assert forget(item).at > timezone.now() - timedelta(seconds=1)
    assert not IdempotentAnswer.objects.exists()


def test_of_an_erased_person_no_answer_is_kept(api, other, plumber, dentist):
    to = a_caller()
    first, theirs = send(api, to).json(), send(other, to).json()
    with plumber.scope():
        erasing.erase(Person(first["conversation"], plumber.business.pk, "x", "", NOBODY))
    refused(send(api, to), 409, "", "answer_forgotten")
    assert send(other, to).json() == theirs
    assert texts(plumber) == 1


def test_an_answer_sealed_under_a_key_that_is_gone_is_said_to_be_forgotten(
    api, other, plumber, dentist, settings
):
    to, (old, *_) = a_caller(), settings.FIELD_ENCRYPTION_KEYS
    former = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [former, old]
    first = send(api, to).json()
    settings.FIELD_ENCRYPTION_KEYS = [old, former]
    assert send(api, to).json() == first  # rotated: the former key reads still
    theirs = send(other, to).json()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    refused(send(api, to), 409, "", "answer_forgotten")
    refused(send(api, to, "Something else."), 422, "Idempotency-Key", "key_used")
    assert send(other, to).json() == theirs
    assert texts(plumber) == texts(dentist) == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_every_method_that_changes_something_is_done_once(method, api, plumber):
    made = api.post("webhook-endpoints/", {"url": "https://hooks.example/a"}).json()
    at = f"/api/v1/webhook-endpoints/{made['id']}/" if method != "put" else "/api/v1/rules/"
    in_force = api.get("rules/")
    data = {"rules": in_force.json()["rules"]} if method == "put" else {"description": "b"}
    headers = {
        "host": "localhost", "authorization": f"Bearer {api.key}", "idempotency-key": method,
        "if-match": in_force.headers["ETag"],
    }  # fmt: skip
    ask = getattr(Client(), method)
    first, again = [ask(at, data, content_type="application/json", headers=headers) for _ in "12"]
    assert first.status_code == 200, first.content
    assert first.content == again.content and again.headers["Idempotent-Replayed"] == "true"


def test_reading_takes_no_notice_of_a_key(api, plumber):
    answer = Client().get(
        "/api/v1/me/",
        headers={"host": "localhost", "authorization": f"Bearer {api.key}", "idempotency-key": "k"},
    )
    assert answer.status_code == 200 and not IdempotentAnswer.objects.exists()
