"""Answers, compliance, machines and money taken out as CSV: what the page shows, and nobody else's."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from billing.models import Invoice, UsageRecord
from inbox.models import Promise, Wait
from integrations import endpoints
from integrations.endpoints import Owner
from integrations.models import Delivery
from messaging.models import AuditEntry, Conversation, Refusal
from messaging.numbers import national
from tenants.models import AgencyEntry, ApiKey, ApiRequest
from tests.agency.conftest import bureaus, north, south  # noqa: F401 - fixtures
from tests.inbox.test_lists_as_files import lines

GOVERNED = (
    "/answers/waits.csv", "/answers/waits.csv?days=7", "/answers/figures.csv?of=days",
    "/answers/promises.csv", "/compliance/texts.csv", "/compliance/audit.csv",
    "/settings/integrations/keys/requests.csv",
)  # fmt: skip
OWNED = ("/settings/billing/usage.csv", "/settings/billing/invoices.csv")
EVIL = "=cmd|' /C calc'!A0"


@pytest.fixture
def waited(plumber, person):
    """A caller who waits, one who was answered late, and a promise; all with a formula for a name."""
    now = timezone.now()
    with plumber.scope():
        type(person).objects.filter(pk=person.pk).update(name=EVIL)
        thread = Conversation.objects.get(contact=person)
        Promise.objects.create(
            conversation=thread, message=uuid4(), words=EVIL, due_at=now + timedelta(hours=1),
            warn_at=now, created_at=now,
        )  # fmt: skip
        Wait.objects.create(
            conversation=thread, kind="reply", began_at=now - timedelta(days=2), target_seconds=60,
            due_at=now - timedelta(days=2), ended_at=now - timedelta(days=1), ended_how="answered",
            answered_by_name="Ada", waited_seconds=600,
        )  # fmt: skip
        Wait.objects.create(
            conversation=thread, kind="voicemail", began_at=now - timedelta(minutes=1),
            target_seconds=86_400, due_at=now + timedelta(days=1),
        )  # fmt: skip
    return person


def test_waits_promises_and_figures(owner, other_owner, waited, dentist):
    (now,) = lines(owner, "/answers/waits.csv")
    assert (now["kind"], now["number"], now["name"]) == ("voicemail", waited.phone, f"'{EVIL}")
    assert now["ended_at"] == "" and now["late"] == "no"
    of_week = lines(owner, "/answers/waits.csv?days=7")
    assert [(row["kind"], row["late"], row["answered_by"]) for row in of_week] == [
        ("voicemail", "no", ""), ("reply", "yes", "Ada"),
    ]  # fmt: skip
    days = lines(owner, "/answers/figures.csv?of=days&days=7")
    assert len(days) == 7 and sum(int(day["late"]) for day in days) == 1
    assert len(lines(owner, "/answers/figures.csv?of=hours")) == 7 * 24
    (member,) = lines(owner, "/answers/figures.csv?of=members")
    assert (member["member"], member["answers"], member["median_seconds"]) == ("Ada", "1", "600")
    assert lines(owner, "/answers/figures.csv?of=nothing")[0].keys() == {"day", "in_time", "late"}
    (promise,) = lines(owner, "/answers/promises.csv")
    assert (promise["words"], promise["state"]) == (f"'{EVIL}", "open")
    for page, file in (
        ("/answers/", "waits.csv"), ("/answers/promises/", "promises.csv"),
        ("/answers/figures/?days=7", "figures.csv?of=members&amp;days=7"),
    ):  # fmt: skip
        assert file in owner.get(page), page
    for path in ("/answers/waits.csv", "/answers/waits.csv?days=90", "/answers/promises.csv"):
        assert lines(other_owner, path) == [], path


def test_texts_ledger_and_audit_log(owner, other_owner, plumber, dentist, person):
    now = timezone.now()
    with plumber.scope():
        Refusal.objects.create(
            contact=person, at=now, body=EVIL, author="rule", code="QUIET_HOURS", clearance={},
        )  # fmt: skip
    (told,) = lines(owner, "/compliance/texts.csv")
    assert (told["state"], told["number"], told["body"]) == ("blocked", person.phone, f"'{EVIL}")
    owner.post(f"/contacts/{person.pk}/opt-out/")
    answer = owner.sent("/compliance/ledger.csv", {"number": person.phone})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == ["opt_out"] and len(rows[0]["row_hash"]) == 64
    page = owner.post("/compliance/ledger/", {"number": person.phone}, 200)
    assert "compliance/ledger.csv" in page and f"about {national(person.phone)}" in page
    assert "That is no phone number" in owner.post("/compliance/ledger.csv", {"number": "x"})
    with plumber.scope():
        noted = AuditEntry.objects.filter(action="list.export").order_by("pk")
        assert [entry.detail["list"] for entry in noted] == ["texts", "ledger"]
        assert person.phone not in str([(entry.detail, entry.subject) for entry in noted])
    audit = lines(owner, "/compliance/audit.csv")
    assert {"list.export", "ledger.search"} <= {row["action"] for row in audit}
    theirs = other_owner.sent("/compliance/ledger.csv", {"number": person.phone})
    assert len(theirs.content.decode().splitlines()) == 1
    assert lines(other_owner, "/compliance/texts.csv") == []
    assert "list.export" in {row["action"] for row in lines(other_owner, "/compliance/audit.csv")}


def test_what_machines_asked_and_were_told(owner, other_owner, plumber, dentist, north):  # noqa: F811
    made = endpoints.make(Owner(business=plumber.business), "https://crm.example/hook", [])
    endpoints.send_test(made, timezone.now())
    Delivery.objects.update(problem=EVIL, state="gave_up", attempts=3)
    path = f"/settings/integrations/{made.pk}/deliveries.csv"
    (row,) = lines(owner, path)
    assert (row["type"], row["state"], row["problem"]) == ("webhook.test", "gave_up", f"'{EVIL}")
    assert f"{made.pk}/deliveries.csv" in owner.get(f"/settings/integrations/{made.pk}/")
    assert other_owner.sent(path).status_code == 404
    key, _plain = ApiKey.issue(plumber.business, "=CRM")
    ApiRequest.objects.create(
        key=key, business=plumber.business, request_id="r1", method="GET", path="/api/v1/me/",
        status=200, took_ms=3, at=timezone.now(),
    )  # fmt: skip
    (asked,) = lines(owner, "/settings/integrations/keys/requests.csv")
    assert (asked["key"], asked["path"], asked["status"]) == ("'=CRM", "/api/v1/me/", "200")
    assert lines(other_owner, "/settings/integrations/keys/requests.csv") == []
    agencies = endpoints.make(Owner(agency=north.agency), "https://office.example/hook", [])
    endpoints.send_test(agencies, timezone.now())
    (told,) = lines(north.boss, north.url(f"api/webhooks/{agencies.pk}/deliveries.csv"))
    assert told["type"] == "webhook.test"
    assert (
        north.helper.sent(north.url(f"api/webhooks/{agencies.pk}/deliveries.csv")).status_code
        == 403
    )
    assert AgencyEntry.objects.get(action="list.export").agency == north.agency


def test_use_and_invoices(owner, other_owner, plumber, dentist, north, south):  # noqa: F811
    now = timezone.now()
    for biz, number, agency in (
        (plumber, "RB-1", None), (plumber, "RB-A", north.agency), (dentist, "RB-2", None),
    ):  # fmt: skip
        Invoice.objects.create(
            invoice_id=number, business=biz.business, agency=agency, number=number, status="paid",
            currency="usd", total_cents=5900, paid_cents=5900, issued_at=now, as_of=now,
        )  # fmt: skip
        UsageRecord.objects.create(
            business=biz.business, kind="sms_segment", key=number, quantity=7, occurred_at=now
        )
    days = lines(owner, "/settings/billing/usage.csv")
    assert sum(int(day["text_segments"]) for day in days) == 14
    assert [row["number"] for row in lines(owner, "/settings/billing/invoices.csv")] == ["RB-1"]
    assert [row["number"] for row in lines(other_owner, OWNED[1])] == ["RB-2"]

    def taken(member, path: str) -> list[dict[str, str]]:
        answer = member.client.get(path, headers={"host": member.host})
        assert answer.headers["Content-Type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    (day,) = taken(north.helper, north.url("usage.csv"))
    assert (day["business"], day["text_segments"]) == (plumber.business.name, "14")
    (invoice,) = taken(north.boss, north.url("invoices.csv"))
    assert (invoice["number"], invoice["total_cents"]) == ("RB-A", "5900")
    north.helper.get(north.url("invoices.csv"), 403)
    assert taken(south.boss, south.url("invoices.csv")) == []
    assert AgencyEntry.objects.filter(action="list.export", agency=north.agency).count() == 2


def test_an_export_is_for_those_who_govern(agent, manager, owner, plumber, dentist):
    for path in GOVERNED:
        assert agent.sent(path).status_code == 403, path
        assert manager.sent(path).status_code == 200, path
    for path in OWNED:
        assert manager.sent(path).status_code == 403, path
        assert agent.sent(path).status_code == 403, path
    assert agent.sent("/compliance/ledger.csv", {"number": "+13125550142"}).status_code == 403
    for page in ("/answers/figures/", "/compliance/privacy/", "/answers/promises/"):
        assert ".csv" not in agent.get(page), page
    with plumber.scope():
        assert AuditEntry.objects.filter(action="list.export").count() == len(GOVERNED)
    with dentist.scope():
        assert not AuditEntry.objects.filter(action="list.export").exists()
