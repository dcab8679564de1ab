"""Support at a business's records: looked at, never changed; holds and erasures through their verbs."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from messaging import alerts, audit, consent, holds
from messaging.marks import mark_here
from messaging.models import (
    Alert,
    AuditEntry,
    ConsentEvent,
    Contact,
    ErasedPerson,
    LegalHold,
    Policy,
    Refusal,
)
from messaging.people import lock_contact
from tenants.models import LedgerRoot, PhoneNumber, RegistrationChange
from tests.admin.conftest import Support
from tests.support.hooks import a_caller

TABLES = [
    "auditentry",
    "refusal",
    "alert",
    "policy",
    "templateversion",
    "legalhold",
    "erasedperson",
]
PRESSED = {"_form_submitted": "on"}


@pytest.fixture
def filled(plumber, dentist):
    """One row of every record in both businesses; the person's number."""
    phone, now = a_caller(), timezone.now()
    for biz in (plumber, dentist):
        with biz.scope(), transaction.atomic():
            contact = lock_contact(phone, now, f"Dana of {biz.business.name}")
            audit.note("test.look", actor=f"Auditor of {biz.business.name}", door="page", at=now)
            Refusal.objects.create(
                contact=contact, author="person", purpose="manual", body="Hi", code="QUIET", at=now,
                clearance={"sentence": f"It is night at {biz.business.name}."},
            )  # fmt: skip
            alerts.raise_alert("A", f"Look at {biz.business.name}", at=now)
            holds.place("+17735550000", f"Case of {biz.business.name}", "Counsel", now)
            ErasedPerson.objects.create(phone_mark=biz.schema, erased_at=now)
    return phone


def test_every_record_opens_and_none_can_be_changed(filled, at_plumber, plumber, dentist):
    for table in TABLES:
        page = at_plumber.get(f"messaging/{table}/")
        assert dentist.business.name not in page
        row = re.search(rf"/admin/messaging/{table}/([^/]+)/change/", page)
        assert row, table
        path = f"messaging/{table}/{row[1]}/"
        at_plumber.get(path + "change/")
        at_plumber.get(f"messaging/{table}/add/", 403)
        at_plumber.post(path + "change/", {"reason": "x", "sentence": "x", "actor": "x"}, 403)
        at_plumber.get(path + "delete/", 403)
        at_plumber.post(path + "delete/", {"post": "yes"}, 403)
        assert f"/admin/messaging/{table}/" in at_plumber.get("")  # it is in the menu
    assert "It is night at Lakeside Plumbing." in at_plumber.get("messaging/refusal/")
    with plumber.scope():
        assert Policy.objects.count() == 1 and LegalHold.objects.get().reason.startswith("Case of")


def test_every_look_at_evidence_is_written_down(filled, at_plumber, plumber, dentist):
    with plumber.scope():
        person = opted_out(filled)
        event = ConsentEvent.objects.get()
        refusal, entry = Refusal.objects.get(), AuditEntry.objects.latest("pk")
        person, mark, old = str(person.pk), mark_here(filled), entry.pk
    at_plumber.get("messaging/consentevent/")
    at_plumber.get("messaging/consentevent/", q=filled, kind__exact="opt_out")
    at_plumber.get("messaging/consentevent/", channel__exact=filled[1:])
    at_plumber.get(f"messaging/consentevent/{event.pk}/change/")
    at_plumber.get("messaging/refusal/", q="Dana of Lakeside Plumbing")
    at_plumber.get(f"messaging/refusal/{refusal.pk}/change/")
    at_plumber.get(f"messaging/auditentry/{old}/change/")
    at_plumber.get("messaging/auditentry/")
    at_plumber.get("messaging/consentevent/999999/change/", 302)  # nothing was seen
    with plumber.scope():
        found = AuditEntry.objects.filter(pk__gt=old).order_by("pk")
        assert [(e.action, e.subject, e.detail) for e in found] == [
            ("ledger.read", "", {"rows": 1}),
            ("ledger.read", mark,
             {"rows": 1, "filters": {"q": "given", "kind__exact": "opt_out"}}),
            ("ledger.read", "", {"rows": 0, "filters": {"channel__exact": "given"}}),
            ("ledger.read", person, {"rows": 1}),
            ("refusals.read", "", {"rows": 1, "filters": {"q": "given"}}),
            ("refusals.read", person, {"rows": 1}),
            ("audit.read", "", {"rows": 1}),
            ("audit.read", "", {"rows": 9}),
        ]  # fmt: skip
        assert {e.door for e in found} == {"admin"} and all("sam" in e.actor.lower() for e in found)
        assert filled[1:] not in str(list(found.values()))
    with dentist.scope():
        assert AuditEntry.objects.count() == 2  # its own, and the hold's


def opted_out(phone):
    """Give a person a row in the ledger."""
    with transaction.atomic():
        contact = lock_contact(phone, timezone.now())
        consent.record(contact, "opt_out", at=timezone.now(), channel="sms", raw_text="STOP")
    return contact


def test_a_hold_is_placed_and_lifted_by_buttons_that_post(filled, at_plumber, plumber, dentist):
    path = "messaging/legalhold/place_hold/"
    assert "Place a legal hold" in at_plumber.get(path)
    for given, said in (
        ({"number": "12", "reason": "Case 9"}, "Expected a phone number"),
        ({"number": filled, "reason": ""}, "This field is required"),
        ({"number": filled, "reason": "x" * 301}, "at most 300"),
    ):
        assert said in at_plumber.post(path, PRESSED | given, 200)
    with plumber.scope():
        assert LegalHold.objects.count() == 1
    at_plumber.post(path, PRESSED | {"number": filled, "reason": "Case 9"}, 200)
    assert "The hold is in force" in at_plumber.get("messaging/legalhold/")
    at_plumber.post(path, PRESSED | {"number": filled, "reason": "Case 10"}, 200)
    assert "is open already" in at_plumber.get("messaging/legalhold/")
    with plumber.scope():
        hold = LegalHold.objects.get(reason="Case 9")
        assert (hold.phone, hold.lifted_at) == (filled, None)
    lift = f"messaging/legalhold/{hold.pk}/lift_hold/"
    at_plumber.get(lift)
    with plumber.scope():
        assert LegalHold.objects.get(pk=hold.pk).lifted_at is None  # looking is not pressing
    at_plumber.post(lift, PRESSED, 200)
    with plumber.scope():
        assert LegalHold.objects.get(pk=hold.pk).lifted_at is not None
        doors = AuditEntry.objects.filter(door="admin").order_by("pk")
        assert [e.action for e in doors] == ["hold.place", "hold.lift"]
        assert all("sam@ringback.example" in e.actor or "Sam" in e.actor for e in doors)
    with dentist.scope():
        assert LegalHold.objects.count() == 1
    assert not LogEntry.objects.exists(), "that log would name the number for ever"


def test_a_person_is_erased_by_number(filled, at_plumber, plumber, dentist):
    path = "messaging/erasedperson/erase_person/"
    at_plumber.get(path)
    assert "Expected a phone number" in at_plumber.post(path, PRESSED | {"number": "12"}, 200)
    at_plumber.post(path, PRESSED | {"number": a_caller()}, 200)
    assert "knows nobody of this number" in at_plumber.get("messaging/erasedperson/")
    with plumber.scope():
        hold = holds.place(filled, "Case 9", "Counsel", timezone.now())
    at_plumber.post(path, PRESSED | {"number": filled}, 200)
    assert "a legal hold" in at_plumber.get("messaging/erasedperson/")
    with plumber.scope():
        assert Contact.objects.filter(phone=filled).exists()
        holds.lift(hold.pk, "Counsel", timezone.now())
    at_plumber.post(path, PRESSED | {"number": filled}, 200)
    assert "is erased" in at_plumber.get("messaging/erasedperson/")
    with plumber.scope():
        assert not Contact.objects.filter(phone=filled).exists()
        assert ErasedPerson.objects.count() == 2 and not Refusal.objects.exclude(body="").exists()
        assert Alert.objects.get().resolved_at is None
    with dentist.scope():
        assert Contact.objects.get(phone=filled).name == "Dana of Desert Dental"


def test_these_buttons_are_for_support_only(filled, plumber):
    visitor = Support(plumber.owner, plumber.host)
    for path in ("legalhold/place_hold/", "erasedperson/erase_person/"):
        answer = visitor.client.post(
            f"/admin/messaging/{path}", PRESSED | {"number": filled, "reason": "x"},
            headers={"host": plumber.host},
        )  # fmt: skip
        assert answer.status_code in (302, 403, 404)
    with plumber.scope():
        assert LegalHold.objects.count() == 1 and Contact.objects.filter(phone=filled).exists()


def test_support_sees_roots_and_registrations_and_changes_none(support, plumber):
    now = timezone.now()
    LedgerRoot.objects.create(
        business=plumber.business, day=now.date(), seq=7, row_hash="ab" * 32, recorded_at=now
    )
    RegistrationChange.objects.create(
        number=PhoneNumber.objects.get(e164=plumber.number), before="pending", after="approved",
        reason="Campaign C123 approved", at=now,
    )  # fmt: skip
    for table, said in (("ledgerroot", "ab" * 32), ("registrationchange", "Campaign C123")):
        page = support.get(f"tenants/{table}/")
        assert said in page and f"/admin/tenants/{table}/" in support.get("")
        pk = re.search(rf"/admin/tenants/{table}/(\d+)/change/", page)[1]
        support.get(f"tenants/{table}/{pk}/change/")
        support.get(f"tenants/{table}/add/", 403)
        support.post(f"tenants/{table}/{pk}/change/", {"reason": "x"}, 403)
        support.get(f"tenants/{table}/{pk}/delete/", 403)
