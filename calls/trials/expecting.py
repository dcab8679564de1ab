"""What must come of a test call by the rules in force: asked of the same decide and the same gate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from calls.backtest.past import PastCall, PastPerson
from calls.backtest.replay import Ground, Replay
from calls.consented import IMPLIED, NOTICED, PRESSED
from calls.hours import Span, Week, is_open
from calls.outcome import Outcome, fold
from calls.rules import Rules
from calls.setup import Number, Setup
from calls.trials.conditions import AGAIN, CONDITIONS, LANDLINE, STOPPED, WITHHELD, Condition
from messaging.jurisdictions import current as current_rules
from tenants import postures
from tenants.models import MAY_SEND

_ACTIONS = {"text": "send", "hold": "hold", "skip": "skip"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What is decided: action send, hold or skip, with its code, its sentence and the rule's id."""

    action: str
    code: str
    sentence: str
    rule: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as a scenario keeps it."""
        return {"action": self.action, "code": self.code, "sentence": self.sentence}

    def holds_for(self, action: str, code: str) -> bool:
        """Whether a decision is the expected one."""
        return (self.action, self.code) == (action, code)


@dataclass(frozen=True, slots=True)
class Past:
    """What a real number did before: who it is here, and when rules texted it (aware, in order)."""

    person: PastPerson
    texted_at: tuple[datetime, ...] = ()

    def texted_since(self, moment: datetime) -> bool:
        """Whether a rule texted it at or after a moment (aware)."""
        return any(at >= moment for at in self.texted_at)


def rings_staff(line: Number, setup: Setup, now: datetime) -> bool:
    """Whether a call to a line rings the staff at `now` (aware)."""
    by_hours = line.answering == "by_hours" and is_open(setup.week, now)
    return bool(line.staff) and (line.answering == "staff_first" or by_hours)


def outcome_of(condition: Condition, line: Number, setup: Setup, now: datetime) -> Outcome:
    """Return what a call that goes this way comes to on a line."""
    if not rings_staff(line, setup, now):
        ended: dict[str, Any] = {"answering": "greeting", "call_status": "completed"}
        late = ("voicemail_seconds", "oncall_")
        ended |= {name: it for name, it in condition.ended.items() if name.startswith(late)}
        return fold(ended)
    return fold({"answering": "staff_first", "press_one": line.press_one, **condition.ended})


def expect(
    condition: Condition, line: Number, setup: Setup, now: datetime, rules: Rules | None = None,
    past: Past | None = None,
) -> Expected:  # fmt: skip
    """Return what the rules in force, or `rules`, make of a test call at `now` (aware).

    past: what went before with a number that really calls; whoever is played is new.
    """
    as_if = condition.facts.get("as_if")
    ground = Ground(
        setup.name,
        _week(setup.week, str(as_if)) if as_if else setup.week,
        setup.policy_of(line.e164),
        current_rules(),
        setup.templates,
        setup.own_numbers,
        {number.e164: number.registration in MAY_SEND for number in setup.numbers},
    )
    caller = "" if condition.caller == WITHHELD else _somebody(line.e164)
    person = past.person if past is not None else _person(condition, now)
    replay = Replay(ground, (rules or setup.rules,), lambda _: person)
    outcome = outcome_of(condition, line, setup, now)
    call = PastCall(
        key=condition.id,
        started_at=now,
        missed_at=now,
        caller=caller,
        our_number=line.e164,
        outcome=outcome,
        ring_seconds=condition.ended.get("rang", 20),
        talk_seconds=_talked(condition) if outcome.kind == "answered" else None,
        level=_level(condition, setup.policy_of(line.e164).posture),
        attestation="failed" if "stir" in condition.facts else "A",
    )
    for before in past.texted_at if past is not None else ():
        missed = outcome_of(CONDITIONS["no_answer"], line, setup, now)
        replay.ask(replace(call, started_at=before, missed_at=before, outcome=missed))
    if condition.caller == AGAIN and past is None:
        before = now - timedelta(seconds=30)
        replay.ask(replace(call, started_at=before, missed_at=before))
    (verdict,) = replay.ask(call)
    return Expected(
        _ACTIONS.get(verdict.action, verdict.action), verdict.code, verdict.sentence, verdict.rule
    )


def _person(condition: Condition, now: datetime) -> PastPerson | None:
    if condition.caller == STOPPED:
        return PastPerson(created_at=now - timedelta(minutes=1), opted=((now, True),))
    if condition.caller == LANDLINE:
        return PastPerson(created_at=now, line_type="landline")
    return None


def _talked(condition: Condition) -> int | None:
    return condition.ended.get("oncall_seconds") or condition.ended.get("dial_seconds")


def _level(condition: Condition, posture: str) -> int:
    """Return the step of the consent ladder such a call proves (compliance.md 1.2)."""
    if "stir" in condition.facts:
        return 0
    if condition.needs == "press_one":
        return PRESSED
    return NOTICED if posture == postures.NOTICE else IMPLIED


def _somebody(line: str) -> str:
    return f"{line[:5]}5550111"


def _week(week: Week, state: str) -> Week:
    """Return a week that is always open, or never."""
    if state != "open":
        return Week(week.zone, (), frozenset())
    spans = tuple(Span(day, time(0), time(23, 59, 59)) for day in range(7))
    return Week(week.zone, spans, frozenset())
