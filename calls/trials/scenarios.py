"""Test calls that were saved with what must come of them, tried on demand and after each change of rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from calls.models import Call, RuleSet, Scenario, TestCall
from calls.setup import load_setup
from calls.trials.conditions import CONDITIONS
from calls.trials.expecting import Expected, expect
from calls.trials.playing import TrialError
from calls.trials.running import expected_of, start, tell
from tenants import agenda
from tenants.models import Business, PhoneNumber
from tenants.scope import current_schema

KIND = "calls.run_scenarios"
MOST = 60  # of a business: each publish of rules tries them all
BY_RULES = "A change of the rules"


def save(test: TestCall, name: str, *, by: str, now: datetime) -> Scenario:
    """Save a test call as it was to end; what it came to must come of it from now on. Raises TrialError."""
    name = " ".join(name.split())[:120]
    if not name or "\x00" in name:
        raise TrialError("name", "Give it a name, such as “After hours on the main line”.")
    if Scenario.objects.count() >= MOST:
        raise TrialError("name", f"At most {MOST} can be kept. Delete one first.")
    decided = next((step for step in test.steps if step["step"] == "decided"), None)
    if decided is None:
        raise TrialError("name", "This test call was never decided, so there is nothing to expect.")
    try:
        with transaction.atomic():
            return Scenario.objects.create(
                name=name, line=test.line, condition=test.condition,
                expected=_came_to(test).as_json(), author=by[:120], created_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise TrialError("name", "There is one with this name already.") from None


def rules_published(business: Business, _ruleset: RuleSet) -> None:
    """Rules were published: whatever was saved is tried, in the transaction's wake."""
    if Scenario.objects.filter(after_rule_changes=True).exists():
        agenda.put(
            KIND, "published", lane="housekeeping", business_id=business.pk, due_at=timezone.now()
        )  # fmt: skip


def run_after_change(item: agenda.Item) -> agenda.Answer:
    """Agenda: try every scenario that is to be tried after a change of rules. Idempotent enough."""
    for scenario in Scenario.objects.filter(after_rule_changes=True):
        try_one(scenario, by=BY_RULES, now=timezone.now())
    return None


def try_one(scenario: Scenario, *, by: str, now: datetime) -> TestCall | None:
    """Try a scenario: a simulated call where the line is on that network, else the rules alone.

    Nobody pays for a real call because rules were changed. None where it cannot be tried any more.
    """
    number = (
        PhoneNumber.objects.select_related("account", "business")
        .filter(e164=scenario.line, is_active=True, business__schema_name=current_schema())
        .first()
    )
    if number is None:
        tell(scenario.pk, False, "Its line is not in use any more.", now)
        return None
    if number.account.provider == "simulator":
        try:
            return start(number, scenario.condition, by=by, now=now, scenario=scenario)
        except TrialError as wrong:
            tell(scenario.pk, False, wrong.sentence, now)
            return None
    return _by_rules(scenario, number, by, now)


def _by_rules(scenario: Scenario, number: PhoneNumber, by: str, now: datetime) -> TestCall | None:
    """Ask the rules what would come of the call, and keep the answer as a run."""
    setup = load_setup(str(number.business.schema_name))
    line, condition = setup.line(number.e164), CONDITIONS.get(scenario.condition)
    if line is None or condition is None:
        return None
    came = expect(condition, line, setup, now)
    saved = scenario.expected
    right = came.holds_for(saved.get("action", ""), saved.get("code", ""))
    sentence = came.sentence
    if not right:
        sentence = (
            f"Expected: {saved.get('sentence') or saved.get('code')} It came to: {came.sentence}"
        )
    step: dict[str, Any] = {
        "step": "decided", "title": "Decided by the rules, without a call", "ms": 0, "took": None,
        "detail": came.sentence,
    }  # fmt: skip
    test = TestCall.objects.create(
        scenario=scenario, line=number.e164, condition=condition.id, caller="",
        provider=number.account.provider, asked_by=by[:120], started_at=now, ended_at=now,
        state=TestCall.State.PASSED if right else TestCall.State.FAILED, sentence=sentence,
        steps=[{"step": "expected", **saved}, step],
    )  # fmt: skip
    tell(scenario.pk, right, sentence, now)
    return test


def _came_to(test: TestCall) -> Expected:
    """Return what a test call was decided to, which a run that passed expected."""
    call = Call.objects.filter(provider=test.provider, provider_id=test.provider_id).first()
    if call is None or not call.decision:
        return expected_of(test)
    sentence = (call.receipt or {}).get("sentence", "")
    return Expected(call.decision, call.decision_reason, sentence)
