"""A test call from its placing to the reply in the conversation: one agenda row that follows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from calls import lines
from calls.models import Call, Scenario, TestCall
from calls.setup import Number, Setup, load_setup
from calls.trials import callers
from calls.trials.conditions import AGAIN, CONDITIONS, LANDLINE, Condition, why_not
from calls.trials.expecting import Expected, Past, expect, rings_staff
from calls.trials.legs import as_placed, guide_of, why_not_by_phone
from calls.trials.playing import Placed, TrialError, caller_of, placing_of, reply_of
from calls.trials.seeing import Seen, see
from messaging import alerts
from messaging.models import Contact
from messaging.numbers import national
from tenants import agenda, postures
from tenants.agenda import Later, Outside
from tenants.models import PhoneNumber

log = structlog.get_logger(__name__)

KIND = "calls.test_call"
LIMIT = timedelta(seconds=75)
REAL_LIMIT = timedelta(minutes=4)  # people pick phones up, and real greetings take their time
AGAIN_WITHIN = timedelta(hours=1)
LOOK_EVERY = timedelta(milliseconds=300)
FAILED_ALERT = "TEST_CALL_FAILED"
_PLACING = "placing"
_State = TestCall.State


def start(
    number: PhoneNumber, condition_id: str, *, by: str, now: datetime, caller: str = "",
    scenario: Scenario | None = None,
) -> TestCall:  # fmt: skip
    """Begin a test call of a line; its steps are on its row as they happen.

    caller: for a real provider the number it is placed from, one of the account's that is no line;
    on the simulated network somebody is played. In the business's schema. Raises TrialError.
    """
    setup = load_setup(str(number.business.schema_name))
    line = setup.line(number.e164)
    condition = CONDITIONS.get(condition_id)
    if condition is None:
        raise TrialError("condition", f"Expected one of {', '.join(CONDITIONS)}.")
    if line is None or not number.is_active:
        raise TrialError("line", "This line is not in use.")
    reason = unfit(condition, number, line, setup, now)
    if reason:
        raise TrialError("condition", reason)
    is_real = number.account.provider != "simulator"
    phone = caller_of(number, condition, caller)
    if not callers.is_played(phone):
        who = Contact.objects.filter(phone=phone).values_list("name", flat=True).first()
        raise TrialError(
            "from",
            f"{who or national(phone)} is among your contacts: somebody real. Take a number that "
            "nobody calls you from.",
        )
    past = callers.past_of(phone, now) if is_real else None
    if past is not None and condition.caller == AGAIN and not past.texted_since(now - AGAIN_WITHIN):
        raise TrialError("condition", condition.guide)
    expected = expectation(scenario, condition, line, setup, now, past)
    guide = guide_of(condition, rings_staff(line, setup, now)) if is_real else ""
    with transaction.atomic():
        test = TestCall.objects.create(
            scenario=scenario, line=number.e164, condition=condition.id, caller=phone,
            provider=number.account.provider, asked_by=by[:120], started_at=now,
            steps=[{"step": "expected", "guide": guide, **expected.as_json()}],
        )  # fmt: skip
        agenda.put(KIND, str(test.pk), lane="realtime", business_id=number.business_id, due_at=now)
    return test


def unfit(
    condition: Condition, number: PhoneNumber, line: Number, setup: Setup, now: datetime
) -> str:
    """Return why a line cannot be tried this way just now, '' when it can."""
    reason = why_not(
        condition,
        rings_staff(line, setup, now),
        setup.policy_of(line.e164).posture == postures.PRESS_ONE,
        bool(number.emergency_digit and number.emergency_number),
    )
    if not reason and number.account.provider != "simulator":
        reason = why_not_by_phone(condition, lines.as_line(number, lines.values_of(number), now))
    return reason


def expectation(
    scenario: Scenario | None, condition: Condition, line: Number, setup: Setup, now: datetime,
    past: Past | None = None,
) -> Expected:  # fmt: skip
    """Return what must come of it: as it was saved, else as the rules in force say.

    past: of a number that really calls (calls.trials.expecting.expect).
    """
    if scenario is not None and scenario.expected:
        saved = scenario.expected
        return Expected(saved["action"], saved["code"], saved.get("sentence", ""))
    return expect(condition if past is None else as_placed(condition), line, setup, now, past=past)


def run(item: agenda.Item) -> agenda.Answer:
    """Agenda: place the call, follow it, judge it. A run that nobody follows ends as failed."""
    test = TestCall.objects.filter(pk=int(item.subject), state=_State.RUNNING).first()
    if test is None:
        return None
    now = timezone.now()
    if now > test.started_at + limit_of(test):
        _follow(test, now)
        return finish(test, False, _missing(test), now)
    if not test.provider_id:
        return _place(test, now)
    if test.provider_id == _PLACING:
        # Whoever placed it died with it, and nobody knows its id.
        return Later(test.started_at + limit_of(test) + LOOK_EVERY)
    return _follow(test, now)


def _place(test: TestCall, now: datetime) -> agenda.Answer:
    TestCall.objects.filter(pk=test.pk).update(provider_id=_PLACING)

    def settle(placed: Placed) -> Later | None:
        moment = timezone.now()
        if placed.error:
            return finish(test, False, placed.error, moment)
        test.steps = [*test.steps, {"step": "began", "at": placed.at.isoformat()}]
        test.provider_id = placed.call_id
        TestCall.objects.filter(pk=test.pk).update(provider_id=placed.call_id, steps=test.steps)
        return Later(moment + LOOK_EVERY)

    return Outside(placing_of(test), settle)


def _follow(test: TestCall, now: datetime) -> agenda.Answer:
    began = _moment(test, "began")
    if began is None:
        return Later(now + LOOK_EVERY)
    if test.provider != "simulator":
        _adopt(test)
    replied = _moment(test, "reply")
    seen = see(test, began, replied)
    _keep(test, seen)
    _tag(test, seen)
    if seen.call is None or not seen.call.decision:
        return Later(now + LOOK_EVERY)
    expected = expected_of(test)
    came_to = (seen.call.decision, seen.call.decision_reason)
    if seen.call.decision != "send":
        right = expected.holds_for(*came_to)
        return finish(test, right, _sentence(right, expected, seen), now)
    if seen.never:
        # A landline is found out after the decision: the text was called off, as it should be.
        right = expected.action == "skip" and CONDITIONS[test.condition].caller == LANDLINE
        return finish(test, right, seen.never, now)
    if not expected.holds_for(*came_to):
        return finish(test, False, _sentence(False, expected, seen), now)
    if not seen.has("delivered"):
        return Later(now + LOOK_EVERY)
    if replied is None:
        return _reply(test, now)
    if not seen.has("routed"):
        return Later(now + LOOK_EVERY)
    return finish(test, True, "Every step happened, and the reply is in the conversation.", now)


def _reply(test: TestCall, now: datetime) -> agenda.Answer:
    """The played caller answers the text."""
    test.steps = [*test.steps, {"step": "reply", "at": now.isoformat()}]
    TestCall.objects.filter(pk=test.pk).update(steps=test.steps)

    def settle(error: str) -> Later | None:
        moment = timezone.now()
        return finish(test, False, error, moment) if error else Later(moment + LOOK_EVERY)

    return Outside(reply_of(test, now), settle)


def finish(test: TestCall, passed: bool, sentence: str, now: datetime) -> Later | None:
    """Write down how a test call ended, tidy up after the caller, and tell of a scenario that broke.

    Returns what its agenda row is answered: None, it is done.
    """
    state = _State.PASSED if passed else _State.FAILED
    with transaction.atomic():
        TestCall.objects.filter(pk=test.pk).update(state=state, sentence=sentence, ended_at=now)
        callers.tidy(test.caller, test.started_at, now)
        if test.scenario_id is not None:
            tell(test.scenario_id, passed, sentence, now)
    log.info("test_call", condition=test.condition, state=state, line=test.line)
    return None


def tell(scenario_id: int, passed: bool, sentence: str, now: datetime) -> None:
    """Raise or resolve the alert of a scenario."""
    scenario = Scenario.objects.get(pk=scenario_id)
    subject = f"scenario:{scenario.pk}"
    if passed:
        alerts.resolve(FAILED_ALERT, subject, by="A test call that passed", at=now)
        return
    alerts.raise_alert(
        FAILED_ALERT, f"The test call “{scenario.name}” no longer ends as you saved it. {sentence}",
        at=now, subject=subject,
        fix="Look at it under Test calls: change the rules back, or save what it does now.",
    )  # fmt: skip


def limit_of(test: TestCall) -> timedelta:
    """Return after how long a test call that is not over has failed."""
    return LIMIT if test.provider == "simulator" else REAL_LIMIT


def expected_of(test: TestCall) -> Expected:
    """Return what was to come of a test call."""
    first = next((step for step in test.steps if step["step"] == "expected"), None) or {}
    return Expected(first.get("action", ""), first.get("code", ""), first.get("sentence", ""))


def shown(test: TestCall) -> list[dict[str, Any]]:
    """Return the steps people see."""
    return [step for step in test.steps if "ms" in step]


def _moment(test: TestCall, name: str) -> datetime | None:
    found = next((step for step in test.steps if step["step"] == name), None)
    return datetime.fromisoformat(found["at"]) if found else None


def _keep(test: TestCall, seen: Seen) -> None:
    own = [step for step in test.steps if "ms" not in step]
    if (steps := [*own, *seen.steps]) != test.steps:
        test.steps = steps
        TestCall.objects.filter(pk=test.pk).update(steps=steps)


def _adopt(test: TestCall) -> None:
    """A call we placed has two legs: ours, and the one that came in, which is the one to follow."""
    if Call.objects.filter(provider=test.provider, provider_id=test.provider_id).exists():
        return
    came = Call.objects.filter(
        provider=test.provider, our_number=test.line, caller=test.caller,
        started_at__gte=test.started_at - timedelta(seconds=5),
    ).first()  # fmt: skip
    if came is not None:
        test.provider_id = came.provider_id
        TestCall.objects.filter(pk=test.pk).update(provider_id=came.provider_id)


def _sentence(right: bool, expected: Expected, seen: Seen) -> str:
    assert seen.call is not None
    came = (seen.call.receipt or {}).get("sentence", "") or seen.call.decision
    if right:
        return came
    return f"Expected: {expected.sentence or expected.code} It came to: {came}"


def _missing(test: TestCall) -> str:
    steps = shown(test)
    last = f" The last step seen: {steps[-1]['title'].lower()}." if steps else ""
    return f"It was not over after {int(limit_of(test).total_seconds())} s.{last}"


def _tag(test: TestCall, seen: Seen) -> None:
    """A caller we play is no customer: lists and figures leave him out."""
    if (
        seen.call is not None and not seen.call.is_test
    ):  # a withheld number, known by its call alone
        Call.objects.filter(pk=seen.call.pk).update(is_test=True)
    if seen.call is not None and seen.call.contact_id is not None:
        callers.mark(Contact.objects.filter(pk=seen.call.contact_id), test.started_at)
