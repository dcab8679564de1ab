"""Consent over REST: recorded with its proof, asked before texting; nobody is opted in by a program."""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic, sleep

import httpx
import pytest
from django.db import connection, transaction
from django.utils import timezone

from messaging import stated
from messaging.models import AuditEntry, ConsentEvent, Contact, Message
from tenants.models import AgendaItem
from tests.api.conftest import refused
from tests.support.hooks import a_caller

WORDS = "I agree that Lakeside Plumbing may text me offers. Not a condition of purchase."


@pytest.fixture(autouse=True)
def _others(dentist):
    yield
    with dentist.scope():
        assert not ConsentEvent.objects.exists() and not Contact.objects.exists()


def said(**more):
    return {
        "phone": a_caller(), "to": "texts", "channel": "web", "words": WORDS,
        "source": "https://lakeside.example/offers",
    } | more  # fmt: skip


def record(api, **more):
    return api.send("POST", "consent-events/", said(**more))


def test_consent_is_in_the_ledger_with_its_proof(api, other, plumber):
    phone = a_caller()
    answer = record(
        api, phone=phone, to="marketing", ip="203.0.113.9", evidence={"form": "v3"},
        client_token="form-1",
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["kind"], row["level"], row["channel"], row["raw_text"]) == (
        "consent", 5, "web", WORDS,
    )  # fmt: skip
    assert row["actor"] == "API key First key" and row["provider_id"] == "form-1"
    again = record(api, phone=phone, to="marketing", client_token="form-1")
    assert again.status_code == 200 and again.json()["id"] == row["id"]
    refused(record(api, phone=phone, client_token="form-1"), 422, "client_token", "token_used")
    with plumber.scope():
        event = ConsentEvent.objects.get()
        assert event.evidence == {"form": "v3", "source": "https://lakeside.example/offers"}
        assert event.detail.ip == "203.0.113.9"
        assert Contact.objects.get().consent_level == 5
        assert AuditEntry.objects.filter(action="consent.record", door="api").count() == 1
    refused(other.get(f"consent-events/{row['id']}/"), 404)


@pytest.mark.parametrize("to", ["texts", "none"])
def test_a_token_that_somebody_else_takes_meanwhile_is_taken(to, api, plumber, web_url):
    """Two people at once under one token: whoever's row stands first keeps it, the other is told."""
    now, got = timezone.now(), []
    first = stated.Stated(a_caller(), to, "web", WORDS, "a form", now, token="both")

    def post():
        headers = {"Authorization": f"Bearer {api.key}"}
        body = said(to=to, client_token="both")
        url = f"{web_url}/api/v1/consent-events/"
        got.append(httpx.post(url, json=body, headers=headers, timeout=60))

    second = threading.Thread(target=post)
    with plumber.scope(), transaction.atomic():
        _, is_new = stated.record(first, actor="Somebody", door="api", at=now)
        second.start()
        ends = monotonic() + 60
        while not _somebody_waits() and monotonic() < ends:
            sleep(0.02)
    second.join(60)
    assert is_new and got[0].status_code == 422, got
    (error,) = got[0].json()["errors"]
    assert (error["field"], error["code"]) == ("client_token", "token_used")
    with plumber.scope():
        assert ConsentEvent.objects.get().contact.phone == first.number
        assert not AuditEntry.objects.filter(actor__startswith="API key").exists()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_what_proves_nothing_is_refused(api, plumber):
    refused(record(api, words=""), 422, "words")
    refused(record(api, source=""), 422, "source")
    refused(record(api, to="marketing", channel="phone"), 422, "channel", "not_written")
    refused(record(api, to="marketing", words="Yes"), 422, "words", "seller_not_named")
    ahead = (timezone.now() + timedelta(hours=1)).isoformat()
    refused(record(api, occurred_at=ahead), 422, "occurred_at")
    refused(record(api, phone=plumber.number), 422, "phone")
    refused(record(api, phone="private"), 422, "phone")
    refused(record(api, to="everything"), 422, "to")
    refused(record(api, ip="elsewhere"), 422, "ip")
    with plumber.scope():
        assert not ConsentEvent.objects.exists()


def test_an_opt_out_counts_and_no_program_lifts_it(api, plumber):
    phone = a_caller()
    out = record(api, phone=phone, to="none", channel="email", words="Please stop", source="")
    assert out.status_code == 201, out.content
    assert (out.json()["kind"], out.json()["channel"], out.json()["raw_text"]) == (
        "opt_out", "email", "Please stop",
    )  # fmt: skip
    twice = record(api, phone=phone, to="none", channel="email", words="Stop!", source="")
    assert twice.status_code == 200 and twice.json()["id"] == out.json()["id"]
    refused(record(api, phone=phone), 422, "phone", "opted_out")
    with plumber.scope():
        assert Contact.objects.get().opted_out_at is not None
        assert ConsentEvent.objects.count() == 1


def test_what_was_said_before_an_opt_out_holds_no_more(api, plumber):
    from django.db import transaction

    from messaging import consent
    from messaging.people import lock_contact

    phone, now = a_caller(), timezone.now()
    with plumber.scope(), transaction.atomic():
        contact = lock_contact(phone, now)
        consent.record(contact, "opt_out", channel="sms", at=now - timedelta(days=2))
        consent.record(contact, "opt_in", channel="sms", at=now - timedelta(days=1))
    before = (now - timedelta(days=3)).isoformat()
    refused(record(api, phone=phone, occurred_at=before), 422, "occurred_at", "opted_out_since")
    since = (now - timedelta(hours=1)).isoformat()
    assert record(api, phone=phone, occurred_at=since).status_code == 201


def test_one_asks_before_texting_and_nothing_is_written(api, other, plumber):
    phone = a_caller()
    asked = api.send(
        "POST", "consent/check/", {"to": phone, "purpose": "manual", "body": "On our way."}
    )
    assert asked.status_code == 200, asked.content
    told = asked.json()
    assert told["may"] == (told["result"] == "send") and told["code"] and told["sentence"]
    assert (told["phone"], told["from"], told["category"]) == (phone, plumber.number, "C1")
    assert told["body"].startswith("Lakeside Plumbing") and told["segments"] >= 1
    sales = api.send("POST", "consent/check/", {"to": phone, "purpose": "marketing"}).json()
    assert (sales["result"], sales["category"]) == ("never", "C3")
    assert record(api, phone=phone, to="none", words="No", source="").status_code == 201
    out = api.send("POST", "consent/check/", {"to": phone}).json()
    assert (out["may"], out["code"]) == (False, "SUPPRESSED_OPTOUT") and out["opted_out_at"]
    # At the other business they opted out of nothing.
    assert other.send("POST", "consent/check/", {"to": phone}).json()["code"] != "SUPPRESSED_OPTOUT"
    with plumber.scope():
        assert not Message.objects.exists()
    assert not AgendaItem.objects.filter(kind="messaging.deliver").exists()


def test_the_check_says_what_sending_would(api, plumber):
    for to in (a_caller(), plumber.number, "+18005551234", "+442079460000"):
        told = api.send("POST", "consent/check/", {"to": to, "body": "On our way."}).json()
        sent = api.send("POST", "messages/", {"to": to, "body": "On our way."})
        if sent.status_code == 422:
            assert told["result"] == "never"
            assert told["code"] in [error["code"] for error in sent.json()["errors"]]
        else:
            assert told["result"] == {"held": "hold"}.get(sent.json()["status"], "send")


def test_a_question_that_cannot_be_asked_is_named(api, dentist):
    phone = a_caller()
    for field, value in (
        ("to", "x"), ("purpose", "spam"), ("category", "C9"), ("from", dentist.number),
        ("at", "2001-01-01T00:00:00Z"), ("body", "x" * 2000),
    ):  # fmt: skip
        refused(api.send("POST", "consent/check/", {"to": phone, field: value}), 422, field)
    refused(
        api.send("POST", "consent/check/", {"to": phone, "purpose": "reminder", "category": "C1"}),
        422, "category",
    )  # fmt: skip
