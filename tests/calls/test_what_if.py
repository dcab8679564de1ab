"""An imagined call is decided as a real one: the same questions, the same answers, the same text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from calls.models import Call
from calls.setup import load_setup
from calls.what_if import Imagined, facts_of, foresee
from messaging.models import Contact, Message, MessageTemplate, Refusal
from tenants.models import Business
from tests.support.hooks import a_caller
from tests.support.rules import change_rule, publish


def asked(questions) -> list[tuple[str, str, bool]]:
    return [
        (q["asked"], q["answer"], q["passed"])
        for q in questions
        if "May it be sent" not in q["asked"]
    ]


def imagine(biz, call: Call, **more) -> Imagined:
    usual = Imagined(
        line=biz.number, caller=call.caller, at=call.started_at, because=call.missed_because,
        ring=call.ring_seconds, attestation="none",
    )  # fmt: skip
    return replace(usual, **more)


@pytest.fixture
def missed(twilio, work, stand_in, plumber):
    def run(caller: str | None = None, status: str = "no-answer") -> Call:
        call = twilio.call(caller or a_caller("312"))
        call.arrives()
        call.dial_ends(status)
        work()
        with plumber.scope():
            return Call.objects.get(provider_id=call.sid)

    return run


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        ({}, "no-answer"), ({}, "busy"), ({"outcomes": ["busy"]}, "no-answer"), ({"delay": 120}, "failed"),
        ({"action": "skip"}, "no-answer"), ({"is_on": False}, "no-answer"), ({"callers": ["known"]}, "busy"),
        ({"template_b": "missed-closed", "b_percent": 100}, "no-answer"),
    ],
)  # fmt: skip
def test_it_is_decided_as_the_real_one_was(rules, status, missed, plumber):
    with plumber.scope():
        if rules:
            change_rule(**rules)
    call = missed(status=status)
    with plumber.scope():
        setup = load_setup(plumber.schema)
        seen = foresee(imagine(plumber, call), None, setup.rules, setup)
        text = Message.objects.filter(call=call.pk).first()
        receipt = seen.decision.receipt(seen.asked_at)
        assert (seen.decision.action, seen.decision.code) == (call.decision, call.decision_reason)
        assert asked(receipt["questions"]) == asked(call.receipt["questions"])
        assert receipt["rule_id"] == call.receipt["rule_id"]
        assert receipt["variant"] == call.receipt["variant"]
        assert (text.body if text else "") == seen.body


def test_a_second_call_meets_the_pause_and_its_facts_are_found_again(missed, plumber):
    first = missed()
    again = missed(first.caller)
    assert again.decision_reason == "COOL_DOWN"
    with plumber.scope():
        setup, contact = load_setup(plumber.schema), Contact.objects.get()
        seen = foresee(imagine(plumber, again, because="no_answer"), contact, setup.rules, setup)
        assert seen.decision.code == "COOL_DOWN"
        assert facts_of(first, contact, setup).last_text_back_at is None
        then = facts_of(again, contact, setup)
        assert then.last_text_back_at is not None and len(then.earlier_calls) == 1
        assert then.is_known and not facts_of(first, contact, setup).is_known


def test_an_earlier_moment_knows_nothing_of_a_later_text(missed, plumber):
    call = missed()
    with plumber.scope():
        setup, contact = load_setup(plumber.schema), Contact.objects.get()
        week_ago = imagine(plumber, call, at=call.started_at - timedelta(days=7))
        assert foresee(week_ago, contact, setup.rules, setup).decision.code == "SEND"


def test_what_the_gate_refuses_is_said_as_on_a_call(missed, plumber):
    with plumber.scope():
        Business.objects.filter(pk=plumber.business.pk).update(posture="press_one")
        setup = load_setup(plumber.schema)
        asked_for = Imagined(plumber.number, a_caller("312"), timezone.now())
        seen = foresee(asked_for, None, setup.rules, setup)
        assert (seen.decision.action, seen.decision.code) == ("skip", "CONSENT_LEVEL_TOO_LOW")
        assert seen.decision.questions[-1].answer == "CONSENT_LEVEL_TOO_LOW"
        assert seen.entry["row"] == "24a"
        pressed = foresee(replace(asked_for, level=3), None, setup.rules, setup)
        assert pressed.decision.action == "send"


def test_a_text_the_night_holds_says_what_is_true_when_it_leaves(plumber):
    with plumber.scope():
        change_rule(delay=3600, expires_after=86_400)
        setup = load_setup(plumber.schema)
        at = timezone.now().astimezone(setup.zone).replace(hour=22, minute=30)
        seen = foresee(Imagined(plumber.number, a_caller("312"), at), None, setup.rules, setup)
        assert (seen.decision.action, seen.decision.code) == ("hold", "QUIET_HOURS")
        leaves = seen.decision.due_at.astimezone(setup.zone)
        assert leaves.hour >= 8 and seen.size.segments >= 1


def test_what_is_gone_is_said(plumber, dentist):
    with plumber.scope():
        MessageTemplate.objects.filter(key="missed-open").delete()
        publish([{"id": "a", "name": "A", "when": {}, "then": {"template": "missed-open"}}])
        setup = load_setup(plumber.schema)
        call = Imagined(plumber.number, a_caller("312"), timezone.now())
        assert foresee(call, None, setup.rules, setup).decision.code == "NO_TEMPLATE"
    with dentist.scope():
        assert MessageTemplate.objects.count() == 4


def test_nothing_is_written(plumber):
    with plumber.scope():
        setup = load_setup(plumber.schema)
        written: list[str] = []

        def note(execute, sql, params, many, context):
            if not sql.lstrip().upper().startswith(("SELECT", "SET", "WITH")):
                written.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            foresee(
                Imagined(plumber.number, a_caller("312"), timezone.now()), None, setup.rules, setup
            )
        assert written == [] and not Contact.objects.exists() and not Refusal.objects.exists()
