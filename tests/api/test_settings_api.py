"""Ready texts, hours, lines, versions of the rules, calls, waiting texts and use over REST."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Plan, Subscription, UsageRecord
from calls import rulebook
from calls.models import Call, Holiday
from messaging.models import AuditEntry, Message, MessageTemplate
from tenants.models import ApiKey
from tests.api.conftest import RECEIPT, Api, refused
from tests.api.test_inbox_api import BY, ids
from tests.support.hooks import a_caller


@pytest.fixture(autouse=True)
def _others(dentist):
    with dentist.scope():
        texts = list(MessageTemplate.objects.order_by("key").values_list("key", "body"))
        hours = _week_of()
    yield
    with dentist.scope():
        assert list(MessageTemplate.objects.order_by("key").values_list("key", "body")) == texts
        assert _week_of() == hours and not AuditEntry.objects.exists()
        assert not Message.objects.exists()


def _week_of():
    from calls import opening

    return opening.week()


def test_a_ready_text_is_linted_kept_and_has_versions(api, other, plumber):
    body = "Sorry we missed you. How can we help? – {business}"
    made = api.send("POST", "templates/", {"name": "Sorry", "body": body})
    assert made.status_code == 201 and made.json()["key"] == "sorry", made.content
    wrong = api.send(
        "PUT", "templates/sorry/", {"name": "Sorry", "body": "Look: bit.ly/x1 {business}"}
    )
    refused(wrong, 422, "body")
    assert [e["code"] for e in wrong.json()["errors"]] != ["invalid"]
    assert api.get("templates/sorry/").json()["body"] == body
    looked = api.send("POST", "templates/check/", {"body": "Look: bit.ly/x1 {business}"}).json()
    assert not looked["may_be_kept"] and looked["findings"]
    assert api.send("POST", "templates/check/", {"body": body}).json()["may_be_kept"]
    changed = api.send("PUT", "templates/sorry/", {"name": "Sorry", "body": f"{body} Bye."})
    assert changed.json()["body"].endswith("Bye.")
    versions = api.get("templates/sorry/versions/").json()["results"]
    assert [row["version"] for row in versions] == [2, 1] and versions[1]["body"] == body
    refused(api.send("POST", "templates/", {"name": "", "body": body}), 422, "name")
    refused(other.get("templates/sorry/"), 404)
    refused(other.send("PUT", "templates/sorry/", {"name": "S", "body": body}), 404)
    with plumber.scope():
        assert set(AuditEntry.objects.values_list("actor", "door")) == {(BY, "api")}


def test_opening_hours_and_days_off(api, other, plumber):
    week = {"monday": [{"opens": "8:00", "closes": "12:00"}, {"opens": "13:00", "closes": "5 pm"}],
            "friday": [{"opens": "18:00", "closes": "02:00"}],
            "sunday": [{"opens": "00:00", "closes": "00:00"}]}  # fmt: skip
    kept = api.send("PUT", "opening-hours/", {"week": week})
    assert kept.status_code == 200, kept.content
    shown = kept.json()["week"]
    assert shown["monday"][1] == {"opens": "13:00", "closes": "17:00"}
    assert shown["friday"] == [{"opens": "18:00", "closes": "02:00"}] and shown["tuesday"] == []
    assert shown["sunday"] == [{"opens": "00:00", "closes": "00:00"}]
    assert api.send("PUT", "opening-hours/", {"week": shown}).json()["week"] == shown
    assert api.get("opening-hours/").json()["week"] == shown
    assert other.get("opening-hours/").json()["week"] != shown
    overlap = {
        "monday": [{"opens": "8:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}]
    }
    refused(api.send("PUT", "opening-hours/", {"week": overlap}), 422, "week.monday.1")
    bad = {"monday": [{"opens": "noon", "closes": "12:00"}]}
    refused(api.send("PUT", "opening-hours/", {"week": bad}), 422, "week.monday.0")
    day = (timezone.now() + timedelta(days=40)).date().isoformat()
    made = api.send("POST", "holidays/", {"date": day, "name": "Stocktaking"})
    assert made.status_code == 201, made.content
    assert api.send("POST", "holidays/", {"date": day, "name": "Again"}).status_code == 200
    refused(api.send("POST", "holidays/", {"date": "2001-01-01", "name": "Past"}), 422, "date")
    number = made.json()["id"]
    refused(other.send("DELETE", f"holidays/{number}/"), 404)
    assert api.send("DELETE", f"holidays/{number}/").status_code == 204
    refused(api.send("DELETE", f"holidays/{number}/"), 404)
    with plumber.scope():
        assert not Holiday.objects.filter(date=day).exists()
        assert AuditEntry.objects.filter(action="hours.change", actor=BY, door="api").count() == 1


def test_a_line_is_set(api, other, plumber, dentist):
    line = api.get("lines/").json()["results"][0]
    assert line["number"] == plumber.number and "auth_token" not in line
    path = f"lines/{line['id']}/"
    kept = api.send("PATCH", path, {"label": "Main", "answering": "staff_first",
                                    "staff_numbers": ["(312) 555-0177"], "ring_seconds": 25})  # fmt: skip
    assert kept.status_code == 200, kept.content
    assert (kept.json()["staff_numbers"], kept.json()["ring_seconds"]) == (["+13125550177"], 25)
    refused(api.send("PATCH", path, {"ring_seconds": 500}), 422, "ring_seconds")
    refused(api.send("PATCH", path, {"staff_numbers": [plumber.number]}), 422, "staff_numbers")
    refused(api.send("PATCH", path, {"answering": "never"}), 422, "answering")
    assert api.get(path).json()["ring_seconds"] == 25
    refused(other.get(path), 404)
    refused(other.send("PATCH", path, {"label": "Theirs"}), 404)
    assert dentist.number not in [row["number"] for row in api.get("lines/").json()["results"]]


def test_an_old_version_of_the_rules_comes_back_as_a_new_one(api, other, plumber):
    first = api.get("rules/").json()
    rules = [dict(first["rules"][0], name="Renamed")]
    put = api.send("PUT", "rules/", {"rules": rules}, **{"If-Match": f'"{first["version"]}"'})
    assert put.status_code == 200, put.content
    listed = api.get("rule-versions/").json()["results"]
    assert [row["version"] for row in listed] == [first["version"] + 1, first["version"]]
    assert listed[0]["changes"] == [] and listed[1]["changes"]
    path = f"rule-versions/{first['version']}/restore/"
    refused(api.send("POST", path, {}), 422, "If-Match")
    refused(api.send("POST", path, {}, **{"If-Match": '"1"'}), 412)
    back = api.send("POST", path, {}, **{"If-Match": put.headers["ETag"]})
    assert back.status_code == 200, back.content
    assert back.json()["rules"] == first["rules"] and back.json()["origin"] == "restored"
    assert (
        api.get(f"rule-versions/{back.json()['version']}/").json()["restored_from"]
        == first["version"]
    )
    assert len(other.get("rule-versions/").json()["results"]) == 1
    with plumber.scope():
        assert rulebook.latest().author == BY


def test_calls_are_narrowed_and_their_receipt_stands_alone(api, other, plumber, fill):
    shown = fill(plumber)
    call = shown.call
    for query in (
        {"missed_because": "busy"}, {"number": plumber.number}, {"caller": call.caller},
        {"decision_reason": "COOL_DOWN"}, {"since": (timezone.now() - timedelta(hours=1)).isoformat()},
    ):  # fmt: skip
        assert ids(api, "calls", **query) == [call.pk], query
    for query in (
        {"missed_because": "declined"}, {"number": a_caller()}, {"caller": a_caller()},
        {"decision_reason": "OTHER"}, {"until": "2020-01-01T00:00:00Z"},
    ):  # fmt: skip
        assert ids(api, "calls", **query) == [], query
    refused(api.get("calls/", since="yesterday"), 422, "since")
    refused(api.get("calls/", decision_reason="x y"), 422, "decision_reason")
    assert api.get(f"calls/{call.pk}/receipt/").json() == RECEIPT
    refused(other.get(f"calls/{call.pk}/receipt/"), 404)
    with plumber.scope():
        Call.objects.update(receipt=None)
    refused(api.get(f"calls/{call.pk}/receipt/"), 404)
    assert api.send("POST", f"calls/{call.pk}/heard/").status_code == 200


def test_a_text_waits_for_its_hour_and_is_called_off_or_let_go(api, other, plumber, stand_in, work):
    at = (timezone.now() + timedelta(days=2)).isoformat()
    made = [
        api.send(
            "POST", "messages/", {"to": a_caller(), "body": "See you soon.", "send_at": at}
        ).json()
        for _ in range(2)
    ]
    assert [row["status"] for row in made] == ["queued", "queued"] and made[0]["send_after"]
    work()
    assert not stand_in.requests
    off = api.send("POST", f"messages/{made[0]['id']}/cancel/")
    assert (off.status_code, off.json()["status"]) == (200, "cancelled")
    assert off.json()["error_sentence"] == f"Called off by {BY}."
    refused(api.send("POST", f"messages/{made[0]['id']}/cancel/"), 422, None, "has_left")
    refused(other.send("POST", f"messages/{made[1]['id']}/cancel/"), 404)
    assert api.send("POST", f"messages/{made[1]['id']}/send-now/").status_code == 200
    work()
    assert len(stand_in.requests) == 1
    refused(api.send("POST", f"messages/{made[1]['id']}/send-now/"), 422, None, "has_left")
    late = (timezone.now() + timedelta(days=200)).isoformat()
    body = {"to": a_caller(), "body": "Hi", "send_at": late}
    refused(api.send("POST", "messages/", body), 422, "send_at")


def test_use_by_day_and_kind(api, other, plumber):
    now = timezone.now()
    for n, kind in enumerate(("sms_segment", "sms_segment", "voice_minute")):
        UsageRecord.objects.create(
            business=plumber.business, kind=kind, key=f"k{n}", quantity=3, occurred_at=now
        )
    told = api.get("usage/").json()
    assert (told["texts"], told["plan"], told["overage_cents"]) == (6, "", None)
    assert told["days"][0]["kinds"] == [
        {"kind": "sms_segment", "quantity": 6}, {"kind": "voice_minute", "quantity": 3},
    ]  # fmt: skip
    assert api.get("usage/", month="2020-02").json()["days"] == []
    assert other.get("usage/").json()["days"] == []
    for month in ("2026-13", "x", "2099-01", ""):
        refused(api.get("usage/", month=month), 422, "month")


def test_somebody_is_called_back(api, other, plumber):
    line = api.get("lines/").json()["results"][0]
    api.send("PATCH", f"lines/{line['id']}/", {"staff_numbers": ["+13125550177"]})
    contact = api.send("POST", "contacts/upsert/", {"phone": a_caller()}).json()
    wanted = {"contact": contact["id"], "phone": "+13125550177", "client_token": "job-1"}
    placed = api.send("POST", "callbacks/", wanted)
    assert placed.status_code == 201, placed.content
    assert api.send("POST", "callbacks/", wanted).json()["id"] == placed.json()["id"]
    assert ids(api, "callbacks", contact=contact["id"]) == [placed.json()["id"]]
    refused(api.send("POST", "callbacks/", wanted | {"contact": 99_999}), 422, "contact")
    refused(
        api.send("POST", "callbacks/", wanted | {"phone": "+13125550188", "client_token": "2"}), 422
    )
    assert ids(other, "callbacks") == []
    refused(other.send("POST", "callbacks/", wanted), 422, "contact")


def test_use_is_told_in_money_to_who_pays(api, other, plumber, dentist):
    plan = Plan.objects.create(
        key="standard", name="Standard", monthly_cents=5900, included_texts=1, text_overage=200
    )
    ours = Subscription.objects.create(
        business=plumber.business, plan=plan, status="active", budget_cents=900
    )
    UsageRecord.objects.create(
        business=plumber.business, kind="sms_segment", key="k", quantity=3,
        occurred_at=timezone.now(),
    )  # fmt: skip
    money = ("monthly_cents", "overage_cents", "forecast_overage_cents", "budget_cents")
    # The agency pays: its own key reads what, its client's does not.
    told = api.get("usage/").json()
    assert [told[name] for name in money] == [None] * 4
    assert (told["plan"], told["included_texts"], told["texts"]) == ("standard", 1, 3)
    _, secret = ApiKey.issue(plumber.business.agency, "Ours")
    agencys = Api(secret, plumber.host)
    told = agencys.get("usage/").json()
    assert [told[name] for name in ("monthly_cents", "overage_cents", "budget_cents")] == [
        5900, 4, 900,
    ]  # fmt: skip
    # The business pays at its agency's account, with the mark-up it was sold with.
    Subscription.objects.filter(pk=ours.pk).update(
        payer="business", account_id="acct_1", markup_percent=50
    )
    told = api.get("usage/").json()
    assert (told["monthly_cents"], told["overage_cents"]) == (8850, 6)
    assert other.get("usage/").json()["monthly_cents"] is None
