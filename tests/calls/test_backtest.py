"""The back-test asks the very decide and gate that live calls ask, changes nothing, and says what differs."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from calls import guards
from calls.backtest import asking, jobs, past
from calls.backtest.asking import Question
from calls.backtest.services import backtest
from calls.models import Call, RuleSet
from calls.rules import Rules, RulesError, load
from calls.setup import load_setup
from messaging import consent
from messaging.models import Contact, Message
from messaging.people import lock_contact
from messaging.services import send_as
from tenants.models import AgendaItem, CallLog, LoggedCall, PhoneNumber
from tests.support.hooks import a_caller
from tests.support.rules import change_rule, publish

NIGHT_ONLY = [
    {
        "id": "night", "name": "Nights", "when": {"states": ["closed", "holiday"]},
        "then": {"template": "missed-closed"},
    }
]  # fmt: skip


def ask(biz, proposed: Any = None, **more: Any) -> dict[str, Any]:
    """Back-test everything this business ever saw."""
    now = timezone.now()
    with biz.scope():
        return backtest(
            biz.schema, now - timedelta(days=400), now + timedelta(days=1), proposed, **more
        )


def counts() -> list[int]:
    """How many rows there are of everything a decision could write."""
    with connection.cursor() as cursor:
        found = []
        for table in (
            "calls_call", "messaging_message", "messaging_refusal", "messaging_alert",
            "messaging_contact", "messaging_consentevent", "messaging_auditentry",
            "public.tenants_agendaitem", "public.billing_usagerecord",
        ):  # fmt: skip
            cursor.execute(f"SELECT count(*) FROM {table}")
            found.append(cursor.fetchone()[0])
        return found


def test_it_finds_of_live_calls_what_was_decided_of_them(twilio, work, dentist):
    """Texted, texted lately, opted out, in conversation, answered, too short a ring, withheld."""
    twice, out, written = a_caller(), a_caller(), a_caller()
    with twilio.biz.scope():
        now = timezone.now()
        contact = lock_contact(out, now)
        consent.record(contact, "opt_out", at=now, channel="sms", raw_text="STOP")
        contact.opted_out_at = now
        contact.save(update_fields=["opted_out_at"])
        send_as(written, "On our way", author="person")
    work()
    for caller, status, bridged in (
        (twice, "no-answer", ""), (twice, "busy", ""), (out, "no-answer", ""),
        (written, "busy", ""), (a_caller(), "canceled", ""), (None, "failed", ""),
        (a_caller("800"), "no-answer", ""), (a_caller(), "completed", "true"),
    ):  # fmt: skip
        call = twilio.call(caller)
        call.arrives()
        if bridged:
            call.screened("1")
        call.dial_ends(status, bridged, DialCallDuration="40" if bridged else "0")
        work()
    anonymous = twilio.call("anonymous")
    anonymous.arrives()
    anonymous.dial_ends("no-answer")
    work()
    with twilio.biz.scope():
        live: dict[str, int] = {}
        for code in Call.objects.values_list("decision_reason", flat=True):
            live[code] = live.get(code, 0) + 1
        before = counts()
    found = ask(twilio.biz)
    assert found["current"]["codes"] == live and len(live) >= 6
    assert found["current"] == found["proposed"] and found["differences"] == 0
    with twilio.biz.scope():
        assert counts() == before
    assert ask(dentist)["calls"] == 0


def test_other_rules_are_compared_call_by_call(twilio, work):
    for _ in range(3):
        call = twilio.call()
        call.arrives()
        call.dial_ends("no-answer")
    work()
    off = ask(twilio.biz, [])
    assert (off["current"]["texted"], off["proposed"]["skipped"]) == (3, 3)
    assert off["differences"] == 3 and off["changes"] == {"text to skip": 3}
    assert {row["proposed"]["code"] for row in off["shown"]} == {"RULE_OFF"}
    assert off["current"]["cents"] > off["proposed"]["cents"] == 0


def test_a_pause_holds_within_each_set_of_rules_for_itself(plumber, dentist):
    caller, began = "+13125550177", datetime(2026, 6, 3, 15, 0, tzinfo=UTC)
    with plumber.scope():
        contact = Contact.objects.create(phone=caller, created_at=began)
        for hours in (0, 2, 30):
            at = began + timedelta(hours=hours)
            Call.objects.create(
                provider="twilio", provider_id=f"CA{hours}", contact=contact, caller=caller,
                our_number=plumber.number, outcome="missed", missed_because="no_answer",
                started_at=at, ended_at=at + timedelta(seconds=20), ring_seconds=20,
            )  # fmt: skip
        latest = RuleSet.objects.order_by("-version").first()
        eager = [{**latest.rules[0], "then": {**latest.rules[0]["then"], "cool_down": 3600}}]
    found = ask(plumber, eager)
    assert found["current"]["codes"] == {"SEND": 2, "COOL_DOWN": 1}
    # The gate's own row lets no second text go within a day to who did not answer.
    assert found["proposed"]["codes"] == {"SEND": 2, "DUPLICATE_SUPPRESSED": 1}
    assert ask(dentist)["calls"] == 0


def test_quiet_hours_show_in_what_would_wait(plumber):
    night = datetime(2026, 6, 4, 4, 30, tzinfo=UTC)  # half past eleven in Chicago
    with plumber.scope():
        contact = Contact.objects.create(phone="+13125550178", created_at=night)
        Call.objects.create(
            provider="twilio", provider_id="CA1", contact=contact, caller=contact.phone,
            our_number=plumber.number, outcome="missed", missed_because="no_answer",
            started_at=night, ended_at=night + timedelta(seconds=20), ring_seconds=20,
        )  # fmt: skip
        latest = RuleSet.objects.order_by("-version").first()
        slow = [{**latest.rules[0], "then": {**latest.rules[0]["then"], "delay": 900}}]
    found = ask(plumber, slow)
    assert found["current"]["texted"] == 1
    assert (found["proposed"]["held"], found["proposed"]["held_by_quiet_hours"]) == (1, 1)
    assert found["shown"][0]["proposed"]["at"] > night.isoformat()


def a_log(biz, rows: int = 4) -> CallLog:
    now = datetime(2026, 6, 3, 15, 0, tzinfo=UTC)
    log = CallLog.objects.create(
        agency=biz.business.agency, business=biz.business, name="Old system", timezone="UTC",
        source="csv", state="ready", created_by="Dana", created_at=now,
        expires_at=now + timedelta(days=999),
    )  # fmt: skip
    LoggedCall.objects.bulk_create(
        LoggedCall(
            log=log, row=n + 2, started_at=now + timedelta(minutes=n), caller=f"+1312555018{n % 10}",
            outcome="missed" if n % 2 else "answered", because="no_answer" if n % 2 else "",
            ring_seconds=18, talk_seconds=None if n % 2 else 60,
        )
        for n in range(rows)
    )  # fmt: skip
    return log


def test_an_imported_log_is_replayed_like_calls_of_our_own(plumber, dentist):
    found = ask(plumber, NIGHT_ONLY, log_id=a_log(plumber).pk)
    assert (found["calls"], found["missed"], found["current"]["texted"]) == (4, 2, 2)
    assert found["changes"] == {"text to skip": 2}
    assert found["shown"][0]["call"] == "row 3"


def test_rules_that_cannot_be_used_name_their_field(plumber):
    with pytest.raises(RulesError) as wrong:
        ask(plumber, [{"id": "x", "name": "X", "then": {"template": "nothing"}}])
    assert wrong.value.problems[0][0] == "rules[0].then.template"


def test_the_command_prints_one_object_and_refuses_by_option(plumber, tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(NIGHT_ONLY), "utf-8")
    said = ["--business", plumber.schema, "--from", "2026-06-01", "--to", "2026-06-30"]
    out = io.StringIO()
    call_command("backtest", *said, "--rules", str(rules), stdout=out)
    found = json.loads(out.getvalue())
    assert {"calls", "seconds", "peak_mb", "current", "proposed", "differences"} <= set(found)
    for wrong, option in (
        (["--business", "nobody", *said[2:]], "--business"),
        ([*said[:2], "--from", "yesterday", *said[4:]], "--from"),
        ([*said[:4], "--to", "2026-05-01"], "--to"),
        ([*said, "--rules", str(tmp_path / "none.json")], "--rules"),
    ):
        with pytest.raises(CommandError, match=option):
            call_command("backtest", *wrong)
    rules.write_text('[{"id": "A B"}]', "utf-8")
    with pytest.raises(CommandError, match=r"rules\[0\]\.id"):
        call_command("backtest", *said, "--rules", str(rules))


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_command_prints_a_table_to_whoever_reads_it(plumber, dentist, tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(NIGHT_ONLY), "utf-8")
    log = str(a_log(plumber).pk)
    said = ["--business", plumber.schema, "--from", "2026-01-01", "--to", "2026-12-30"]
    said += ["--rules", str(rules), "--log", log]
    told, line = _Terminal(), _Terminal()
    call_command("backtest", *said, stdout=told)
    call_command("backtest", *said, "--json", stdout=line)
    found, rows = json.loads(line.getvalue()), told.getvalue().splitlines()
    assert rows[0].startswith(f"{found['calls']} calls, {found['missed']} missed, 2026-")
    texted = next(row for row in rows if row.startswith("Texted at once"))
    assert texted.split()[-3:] == ["2", "0", "−2"]
    assert f"{found['differences']} calls end differently" in rows
    assert any(row.split() == ["no", "longer", "texted", "2"] for row in rows)
    assert any("proposed: No text" in row for row in rows)
    assert all(len(row) <= 100 for row in rows)


def test_a_job_is_run_by_a_worker_and_forgotten_questions_harm_nobody(plumber, dentist, work):
    a_log(plumber)
    now = timezone.now()
    with plumber.scope():
        change_rule(delay=0)
        publish(NIGHT_ONLY)
        token = jobs.start(
            plumber.business.pk, plumber.schema, now - timedelta(days=1), now, [], label="None",
            now=now,
        )  # fmt: skip
        assert jobs.found(plumber.schema, token, now)["state"] == "waiting"
        given_up = jobs.found(plumber.schema, token, now + timedelta(minutes=11))
        assert given_up["state"] == "failed" and "try again" in given_up["sentence"]
        jobs.start(plumber.business.pk, plumber.schema, now, now, [{"id": 1}], label="Bad", now=now)
    work()
    with plumber.scope():
        assert jobs.found(plumber.schema, token, now)["state"] == "done"
        assert jobs.found(plumber.schema, "nothing", now) is None
    assert not AgendaItem.objects.filter(kind="calls.backtest").exists()
    with dentist.scope():
        assert jobs.found(dentist.schema, token, now) is None
        assert Message.objects.count() == 0


def test_a_customer_is_the_same_person_to_the_past_as_to_a_live_call():
    assert past.CUSTOMER == guards.CUSTOMER


def test_a_line_that_asks_for_more_consent_asks_the_past_for_it(plumber):
    began = datetime(2026, 6, 3, 15, 0, tzinfo=UTC)
    with plumber.scope():
        contact = Contact.objects.create(phone="+13125550179", created_at=began)
        Call.objects.create(
            provider="twilio", provider_id="CA1", contact=contact, caller=contact.phone,
            our_number=plumber.number, outcome="missed", missed_because="no_answer",
            started_at=began, ended_at=began + timedelta(seconds=20), ring_seconds=20,
        )  # fmt: skip
    assert ask(plumber)["current"]["texted"] == 1
    PhoneNumber.objects.filter(e164=plumber.number).update(posture="press_one")
    assert ask(plumber)["current"]["codes"] == {"CONSENT_LEVEL_TOO_LOW": 1}


@pytest.mark.parametrize(("posture", "texted"), [("implied", 2), ("notice", 2), ("press_one", 0)])
def test_callers_of_a_log_heard_what_the_line_says_and_pressed_nothing(plumber, posture, texted):
    PhoneNumber.objects.filter(e164=plumber.number).update(posture=posture)
    found = ask(plumber, log_id=a_log(plumber).pk)
    assert found["current"]["texted"] == texted


def test_whom_the_business_knows_of_a_log_is_known(plumber, dentist):
    log = a_log(plumber)
    with plumber.scope():
        Contact.objects.create(
            phone="+13125550181", created_at=timezone.now(), ignored_at=timezone.now()
        )
        Contact.objects.create(phone="+13125550199", created_at=timezone.now())
    assert ask(plumber, log_id=log.pk)["current"]["codes"]["IGNORED_CALLER"] == 1


def test_parts_together_find_what_one_finds_alone(plumber, dentist):
    """Callers dealt out to several processes: the same answers, each caller's calls in one part."""
    log = a_log(plumber, rows=40)
    with plumber.scope():
        question = Question(
            plumber.schema, load_setup(plumber.schema), Rules(0, load(NIGHT_ONLY)),
            datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC), log.pk,
        )  # fmt: skip
        whole = asking.ask(question)
        dealt = [asking.ask(question, part=past.Part(n, 3)) for n in range(3)]
    together = dealt[0]
    for other in dealt[1:]:
        together.take_in(other)
    assert together.as_dict() == whole.as_dict() and whole.calls == 40
    assert sum(part.calls > 0 for part in dealt) > 1
