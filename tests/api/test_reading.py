"""Lists and rows: what a key sees, and that it sees nothing of another business."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.marks import mark_here
from messaging.models import AuditEntry, Contact
from tenants.models import ApiKey
from tests.api.conftest import RECEIPT, Api, refused
from tests.support.hooks import a_caller

PATHS = ["contacts", "conversations", "messages", "calls", "consent-events"]


@pytest.mark.parametrize("path", PATHS)
def test_a_business_sees_its_rows_on_the_public_host_and_on_its_own(path, api, plumber, fill):
    wanted = fill(plumber).ids()[path]
    for host in ("localhost", "127.0.0.1", plumber.host):
        there = Api(plumber.api_key, host)
        listed = there.get(f"{path}/").json()
        assert [row["id"] for row in listed["results"]] == [wanted]
        assert (listed["next"], listed["previous"]) == (None, None)
        one = there.get(f"{path}/{wanted}/")
        assert one.status_code == 200
        assert one.json() == listed["results"][0]


@pytest.mark.parametrize("path", PATHS)
def test_the_other_business_sees_nothing(path, other, dentist, plumber, fill):
    wanted = fill(plumber).ids()[path]
    for host in ("localhost", dentist.host):
        there = Api(dentist.api_key, host)
        assert there.get(f"{path}/").json()["results"] == []
        refused(there.get(f"{path}/{wanted}/"), 404)


@pytest.mark.parametrize("path", PATHS)
def test_with_rows_on_both_sides_each_sees_its_own(path, api, other, plumber, dentist, fill):
    ours, theirs = fill(plumber).ids()[path], fill(dentist).ids()[path]
    for _ in range(2):  # one after the other on the same connection
        seen = api.get(f"{path}/").json()["results"]
        assert [row["id"] for row in seen] == [ours]
        assert [row["id"] for row in other.get(f"{path}/").json()["results"]] == [theirs]


@pytest.mark.parametrize("path", PATHS)
def test_a_key_does_not_fit_another_business_host(path, plumber, dentist, fill):
    fill(plumber)
    for host, key in ((dentist.host, plumber.api_key), (plumber.host, dentist.api_key)):
        answer = Api(key, host).get(f"{path}/")
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_a_valid_key_there_is_nothing(plumber):
    for key in ("", "rb_", "rb__", "rb_x_y", "rb_00\x0100_x", "é" * 40, "rb_" + "a" * 5000 + "_b"):
        refused(Api(key).get("calls/"), 401)


def test_a_revoked_key_and_a_guessed_secret_are_refused(api, plumber):
    assert api.get("calls/").status_code == 200
    refused(Api(plumber.api_key[:-1] + "_").get("calls/"), 401)
    ApiKey.objects.filter(business=plumber.business).update(revoked_at=timezone.now())
    refused(api.get("calls/"), 401)


def test_a_call_carries_its_receipt_as_it_was_decided(api, plumber, fill):
    shown = fill(plumber)
    call = api.get(f"calls/{shown.call.pk}/").json()
    assert call["receipt"] == RECEIPT
    assert call["decision_reason"] == "COOL_DOWN"
    assert call["contact"] == shown.contact.pk


def test_times_are_iso_8601_in_utc(api, plumber, fill):
    shown = fill(plumber)
    for path, wanted in shown.ids().items():
        row = api.get(f"{path}/{wanted}/").json()
        times = [value for name, value in row.items() if name.endswith("_at") and value]
        assert times
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", t) for t in times)


def test_lists_are_narrowed_by_their_parameters(api, plumber, fill):
    first, second = fill(plumber), fill(plumber)
    phone = first.contact.phone

    def ids(path, **query):
        answer = api.get(f"{path}/", **query)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids("contacts", phone=phone) == [first.contact.pk]
    assert ids("contacts", phone=f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}") == [first.contact.pk]
    assert ids("contacts", phone="+13125559999") == []
    assert ids("conversations", contact=first.contact.pk) == [first.message.conversation_id]
    assert ids("conversations", phone=phone) == [first.message.conversation_id]
    assert ids("conversations", state="closed") == []
    assert ids("messages", conversation=first.message.conversation_id) == [str(first.message.pk)]
    assert ids("messages", status="delivered") == ids("messages", direction="in") == []
    assert len(ids("messages", direction="out", status="queued")) == 2
    assert ids("calls", contact=second.contact.pk) == [second.call.pk]
    assert ids("calls", outcome="answered") == ids("calls", decision="send") == []
    assert ids("consent-events", phone=phone) == [first.event.pk]
    assert ids("consent-events", contact=second.contact.pk) == [second.event.pk]


def test_pages_show_every_row_once_even_when_times_are_equal(api, plumber):
    now = timezone.now()
    with plumber.scope():
        made = Contact.objects.bulk_create(
            Contact(phone=a_caller(), created_at=now - timedelta(seconds=n // 7)) for n in range(25)
        )
    seen, query, pages = [], {"limit": 4}, 0
    while query is not None:
        answer = api.get("contacts/", **query).json()
        assert len(answer["results"]) <= 4
        seen += [row["id"] for row in answer["results"]]
        cursor = re.search(r"cursor=([^&]+)", answer["next"] or "")
        query = {"limit": 4, "cursor": cursor[1].replace("%3D", "=")} if cursor else None
        pages += 1
    assert pages == 7
    assert len(seen) == 25
    assert set(seen) == {contact.pk for contact in made}


def test_a_list_asks_the_database_the_same_number_of_questions_however_long_it_is(
    api, plumber, fill, django_assert_max_num_queries
):
    for _ in range(4):
        fill(plumber)
    for path in PATHS:
        with django_assert_max_num_queries(6):
            api.get(f"{path}/")


def test_reading_in_the_ledger_is_in_the_audit_log_without_the_number(
    api, other, plumber, dentist, fill
):
    shown = fill(plumber)
    contact, phone = shown.contact.pk, shown.contact.phone
    api.get("consent-events/")
    api.get("consent-events/", contact=contact, limit=5)
    api.get("consent-events/", phone=phone)
    api.get("consent-events/", contact=phone[1:])  # the number where an id belongs
    api.get(f"consent-events/{shown.event.pk}/")
    api.get("ledger-roots/", day="2026-03-03")
    for path, query in (
        ("consent-events/", {"phone": "12"}), ("consent-events/", {"cursor": "x"}),
        ("consent-events/999999/", {}), ("ledger-roots/", {"day": "x"}),
    ):  # fmt: skip
        assert api.get(path, **query).status_code in (404, 422)  # nothing was seen
    other.get("consent-events/")
    with plumber.scope():
        found = AuditEntry.objects.order_by("pk")
        assert {(e.door, e.actor) for e in found} == {("api", f"API key {_key_name(plumber)}")}
        assert [(e.action, e.subject, e.detail) for e in found] == [
            ("ledger.read", "", {"rows": 1}),
            ("ledger.read", str(contact), {"rows": 1, "filters": {"contact": "given"}}),
            ("ledger.read", mark_here(phone), {"rows": 1, "filters": {"phone": "given"}}),
            ("ledger.read", "", {"rows": 0, "filters": {"contact": "given"}}),
            ("ledger.read", str(contact), {"rows": 1}),
            ("ledger.roots", "", {"rows": 0, "filters": {"day": "given"}}),
        ]
        assert phone[1:] not in str(list(found.values()))
    with dentist.scope():
        assert [e.detail for e in AuditEntry.objects.all()] == [{"rows": 0}]


def _key_name(biz) -> str:
    return ApiKey.objects.get(business=biz.business).name
