"""Sending by API: the same gate, the same queue, and nothing twice."""

from __future__ import annotations

import json

from django.utils import timezone

from messaging.models import Contact, Message
from tenants.models import AgendaItem, Business
from tests.api.conftest import refused
from tests.support.hooks import a_caller


def send(api, to, body="On our way.", **more):
    return api.post("messages/", json.dumps({"to": to, "body": body, **more}))


def test_a_text_is_queued_shown_and_sent(api, other, plumber, dentist, stand_in, work):
    to = a_caller()
    answer = send(api, f"({to[2:5]}) {to[5:8]}-{to[8:]}", "Hello — there")
    assert answer.status_code == 201, answer.content
    queued = answer.json()
    assert queued["status"] == "queued"
    assert (queued["author"], queued["author_name"]) == ("api", "First key")
    assert (queued["our_number"], queued["their_number"]) == (plumber.number, to)
    assert queued["encoding"] == "UCS-2"
    item = AgendaItem.objects.get(subject=queued["id"])
    assert (item.kind, item.lane) == ("messaging.deliver", "bulk")
    work()
    now = api.get(f"messages/{queued['id']}/").json()
    assert now["status"] in ("sent", "delivered")
    assert len(stand_in.requests) == 1
    refused(other.get(f"messages/{queued['id']}/"), 404)
    with dentist.scope():
        assert not Message.objects.exists() and not Contact.objects.exists()


def test_the_gate_refuses_with_its_code_and_sentence(api, plumber):
    to = a_caller()
    with plumber.scope():
        Contact.objects.create(phone=to, created_at=timezone.now(), opted_out_at=timezone.now())
    answer = send(api, to)
    refused(answer, 422, "to", "SUPPRESSED_OPTOUT")
    assert answer.json()["detail"] == "No text: this person opted out."
    refused(send(api, plumber.number), 422, "to", "NOT_TEXTABLE")
    refused(send(api, "+18005551234"), 422, "to", "NOT_TEXTABLE")
    refused(send(api, "+442079460000"), 422, "to", "COUNTRY_NOT_ENABLED")
    Business.objects.filter(pk=plumber.business.pk).update(suspended_at=timezone.now())
    refused(send(api, a_caller()), 422, "to", "TENANT_BLOCKED")
    with plumber.scope():
        assert not Message.objects.exists()
    assert not AgendaItem.objects.exists()


def test_an_opt_out_at_one_business_is_not_one_at_the_other(api, other, plumber, dentist):
    to = a_caller()
    with plumber.scope():
        Contact.objects.create(phone=to, created_at=timezone.now(), opted_out_at=timezone.now())
    assert send(other, to).status_code == 201
    refused(send(api, to), 422, "to", "SUPPRESSED_OPTOUT")


def test_the_sender_is_one_of_the_business_own_numbers(api, plumber, dentist):
    assert send(api, a_caller(), **{"from": plumber.number}).json()["our_number"] == plumber.number
    refused(send(api, a_caller(), **{"from": dentist.number}), 422, "from")


def test_a_repeated_token_is_one_text(api, plumber):
    to = a_caller()
    first = send(api, to, client_token="job-1")
    again = send(api, to, client_token="job-1")
    header = api.post(
        "messages/", json.dumps({"to": to, "body": "On our way."}), **{"Idempotency-Key": "job-1"}
    )
    assert first.status_code == again.status_code == header.status_code == 201
    assert first.json() == again.json() == header.json()
    assert first.json()["client_token"] == "job-1"
    with plumber.scope():
        assert Message.objects.count() == 1
    assert AgendaItem.objects.count() == 1


def test_a_token_of_another_text_is_named_instead_of_swallowing_this_one(api, plumber):
    to = a_caller()
    assert send(api, to, client_token="job-1").status_code == 201
    refused(
        send(api, to, "Something else", client_token="job-1"), 422, "client_token", "token_used"
    )
    refused(send(api, a_caller(), client_token="job-1"), 422, "client_token", "token_used")


def test_a_token_is_a_business_own(api, other):
    ours, theirs = (
        send(api, a_caller(), client_token="1"),
        send(other, a_caller(), client_token="1"),
    )
    assert ours.status_code == theirs.status_code == 201
    assert ours.json()["id"] != theirs.json()["id"]
