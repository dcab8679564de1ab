"""Test calls: every way a call goes, followed step by step through the whole application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from calls import rulebook
from calls.models import Call, Scenario, TestCall
from calls.setup import load_setup
from calls.trials import scenarios
from calls.trials.callers import TAG
from calls.trials.conditions import CONDITIONS
from calls.trials.expecting import expect
from calls.trials.playing import TrialError
from calls.trials.running import LIMIT, expected_of, shown, start
from inbox import queries
from messaging.models import Alert, Contact, Conversation, Message
from tenants.models import AgendaItem, Business, PhoneNumber

ALL_STEPS = [
    "placed", "webhook", "recorded", "ended", "decided", "queued", "accepted", "delivered",
    "replied", "routed",
]  # fmt: skip


def line_of(biz) -> PhoneNumber:
    return PhoneNumber.objects.select_related("account", "business").get(e164=biz.number)


@pytest.fixture
def until_over(work, world) -> Callable[[TestCall], TestCall]:
    """Work until a test call is over."""

    def wait(test: TestCall, biz=None) -> TestCall:
        end = time.monotonic() + 40
        while time.monotonic() < end:
            work()
            with (biz or world.plumber).scope():
                test.refresh_from_db()
            if test.state != "running":
                return test
            time.sleep(0.1)
        raise AssertionError(f"not over: {shown(test)}")

    return wait


def begin(biz, condition: str, **more) -> TestCall:
    with biz.scope():
        return start(line_of(biz), condition, by="Dana", now=timezone.now(), **more)


PLAIN = [
    name for name, condition in CONDITIONS.items() if not condition.needs and name != "landline"
]


@pytest.mark.parametrize("condition", PLAIN)
def test_every_condition_passes_by_the_rules_in_force(
    simulator, plumber, dentist, until_over, condition
):
    test = until_over(begin(plumber, condition))
    assert test.state == "passed", (test.sentence, expected_of(test), shown(test))
    steps = [step["step"] for step in shown(test)]
    sent = expected_of(test).action == "send"
    assert steps == (ALL_STEPS if sent else ALL_STEPS[:5])
    assert all(step["ms"] >= 0 for step in shown(test))
    with plumber.scope():
        assert Call.objects.filter(is_test=True, provider_id=test.provider_id).exists()
        assert queries.rail(None)["todo_total"] == 0
        assert not Alert.objects.filter(code="TEST_CALL_FAILED").exists()
        for contact in Contact.objects.all():
            assert TAG in contact.tags
    with dentist.scope():
        for model in (Call, Contact, Message, TestCall, Conversation, Alert):
            assert not model.objects.exists()


@pytest.mark.parametrize(
    ("condition", "action", "code"),
    [
        ("answered", "skip", "ANSWERED"),
        ("hangs_up_early", "skip", "RING_TOO_SHORT"),
        ("withheld", "skip", "NOT_TEXTABLE"),
        ("opted_out", "skip", "OPTED_OUT"),
        ("repeat_caller", "skip", "COOL_DOWN"),
    ],
)
def test_what_must_come_of_it_is_what_the_rules_say(world, plumber, condition, action, code):
    with plumber.scope():
        setup = load_setup(plumber.schema)
        expected = expect(CONDITIONS[condition], setup.line(plumber.number), setup, timezone.now())
    assert (expected.action, expected.code) == (action, code)


@pytest.fixture
def offering(plumber) -> Iterator[None]:
    """The plumber offers a text for a pressed key, and a key for emergencies."""
    from config.asgi import hub

    Business.objects.filter(pk=plumber.business.pk).update(posture="press_one")
    PhoneNumber.objects.filter(e164=plumber.number).update(
        emergency_digit="9", emergency_number="+13125550193"
    )
    hub.directory._kept.clear()
    yield
    hub.directory._kept.clear()


@pytest.mark.parametrize("condition", ["press_one", "no_answer"])
def test_where_a_key_is_asked_for_only_who_presses_it_is_texted(
    simulator, plumber, offering, until_over, condition
):
    test = until_over(begin(plumber, condition))
    assert test.state == "passed", (test.sentence, expected_of(test), shown(test))
    sent = "delivered" in [step["step"] for step in shown(test)]
    assert sent == (condition == "press_one") == (expected_of(test).action == "send")


def test_an_emergency_is_tried(simulator, plumber, offering, until_over):
    test = until_over(begin(plumber, "emergency"))
    with plumber.scope():
        call = Call.objects.get(provider_id=test.provider_id)
    assert call.decision and "oncall_status" in call.facts, (call.facts, test.sentence)
    assert test.state == "passed", (test.sentence, expected_of(test), shown(test))


def test_publishing_rules_tries_what_was_saved(simulator, plumber, until_over, work):
    saved(plumber, until_over(begin(plumber, "answered")))
    with plumber.scope():
        rules = rulebook.latest()
        changed = [{**rule, "name": f"{rule['name']} again"} for rule in rules.rules]
        rulebook.publish(
            plumber.business, changed, by="Dana", user_id=None, origin="page",
            based_on=rules.version, at=timezone.now(),
        )  # fmt: skip
    work()
    with plumber.scope():
        run = TestCall.objects.exclude(scenario=None).get()
        assert run.asked_by == scenarios.BY_RULES
    assert until_over(run).state == "passed"


def test_a_greeting_line_is_tried_as_what_it_is(simulator, dentist, plumber, until_over):
    test = until_over(begin(dentist, "no_answer"), dentist)
    assert test.state == "passed", (test.sentence, shown(test))
    with dentist.scope(), pytest.raises(TrialError, match="rings no staff"):
        start(line_of(dentist), "busy", by="Dana", now=timezone.now())
    with plumber.scope():
        assert not TestCall.objects.exists()


def test_a_landline_gets_no_text(simulator, plumber, until_over):
    test = until_over(begin(plumber, "landline"))
    assert test.state == "passed", (test.sentence, shown(test))
    assert "delivered" not in [step["step"] for step in shown(test)]


@pytest.mark.parametrize(
    ("condition", "field"), [("nonsense", "condition"), ("press_one", "condition")]
)
def test_what_cannot_be_tried_is_said(simulator, plumber, condition, field):
    with plumber.scope(), pytest.raises(TrialError) as wrong:
        start(line_of(plumber), condition, by="Dana", now=timezone.now())
    assert wrong.value.field == field


@pytest.mark.parametrize("caller", ["", "nobody", "+13125550100", "+16025550100", "+15005550190"])
def test_a_real_call_wants_a_number_of_the_account_that_is_no_line(world, plumber, caller):
    with plumber.scope(), pytest.raises(TrialError) as wrong:
        start(line_of(plumber), "no_answer", by="Dana", now=timezone.now(), caller=caller)
    assert wrong.value.field == "from"
    assert not AgendaItem.objects.filter(kind="calls.test_call").exists()


def test_a_run_whose_worker_died_ends_as_failed(simulator, plumber, until_over):
    test = begin(plumber, "no_answer")
    with plumber.scope():
        # Claimed, being placed, and killed: the row comes back when its lease is over.
        long_ago = timezone.now() - LIMIT * 2
        TestCall.objects.filter(pk=test.pk).update(provider_id="placing", started_at=long_ago)
    test = until_over(test)
    assert test.state == "failed" and "not over after" in test.sentence
    assert not AgendaItem.objects.filter(kind="calls.test_call").exists()


def saved(biz, test: TestCall, name: str = "Plain miss") -> Scenario:
    with biz.scope():
        return scenarios.save(test, name, by="Dana", now=timezone.now())


def test_a_scenario_that_no_longer_holds_raises_the_alert_and_one_that_does_resolves_it(
    simulator, plumber, dentist, until_over, work
):
    scenario = saved(plumber, until_over(begin(plumber, "answered")))
    assert (scenario.expected["action"], scenario.expected["code"]) == ("skip", "ANSWERED")
    with plumber.scope():
        Scenario.objects.update(expected={"action": "send", "code": "SEND", "sentence": "A text."})
        business = Business.objects.get(pk=plumber.business.pk)
        scenarios.rules_published(business, None)
    assert AgendaItem.objects.get(kind="calls.run_scenarios").business_id == business.pk
    work()
    with plumber.scope():
        run = TestCall.objects.filter(scenario=scenario).get()
    assert until_over(run).state == "failed"
    with plumber.scope():
        alert = Alert.objects.get(code="TEST_CALL_FAILED", resolved_at=None)
        assert "Plain miss" in alert.sentence and "Expected: A text." in alert.sentence
        Scenario.objects.update(expected={"action": "skip", "code": "ANSWERED", "sentence": ""})
        scenario.refresh_from_db()
        again = scenarios.try_one(scenario, by="Dana", now=timezone.now())
    assert until_over(again).state == "passed"
    with plumber.scope():
        assert not Alert.objects.filter(code="TEST_CALL_FAILED", resolved_at=None).exists()
    with dentist.scope():
        assert not Alert.objects.exists() and not TestCall.objects.exists()


def test_a_real_line_is_tried_by_the_rules_alone_after_a_change(world, plumber, work):
    with plumber.scope():
        scenario = Scenario.objects.create(
            name="Busy", line=plumber.number, condition="busy", author="Dana",
            expected={"action": "skip", "code": "RULE_SAYS_SKIP", "sentence": "No text."},
            created_at=timezone.now(),
        )  # fmt: skip
        scenarios.rules_published(plumber.business, None)
    work()
    with plumber.scope():
        run = TestCall.objects.get(scenario=scenario)
        assert (run.state, run.provider, run.provider_id) == ("failed", "twilio", "")
        assert Alert.objects.filter(code="TEST_CALL_FAILED").exists()
        assert not Call.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "\x00", "Plain miss"])
def test_a_scenario_wants_a_name_of_its_own(simulator, plumber, until_over, name):
    test = until_over(begin(plumber, "answered"))
    saved(plumber, test)
    with plumber.scope(), pytest.raises(TrialError) as wrong:
        scenarios.save(test, name, by="Dana", now=timezone.now())
    assert wrong.value.field == "name"
