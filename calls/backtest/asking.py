"""One back-test, or one part of it: the past read in its order, asked, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from calls.backtest.logged import calls_of_log
from calls.backtest.past import WHOLE, Part, PastCall, PastPerson
from calls.backtest.reading import calls_between, people_between, people_of_log
from calls.backtest.replay import Ground, Replay
from calls.backtest.tally import Tally
from calls.rules import Rules
from calls.setup import Setup
from messaging.clearance import NOTICE_CALL
from messaging.jurisdictions import current as current_rules
from tenants.models import MAY_SEND

TELL_EVERY = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a back-test is: calls asked so far."""

    calls: int


Told = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the calls of [since, until) (aware), of a log where one is named."""

    schema: str
    setup: Setup
    proposed: Rules
    since: datetime
    until: datetime
    log_id: int | None = None


def ask(question: Question, told: Told | None = None, part: Part = WHOLE) -> Tally:
    """Return what was found among the callers of one part, in the business's schema."""
    calls, people = _past(question, part)
    setup = question.setup
    replay = Replay(_ground(setup), (setup.rules, question.proposed), people.get)
    tally = Tally(settings.SEGMENT_PRICE / 100)
    for call in calls:
        tally.add(call, *replay.ask(call))
        if told is not None and tally.calls % TELL_EVERY == 0:
            told(Progress(tally.calls * part.of))
    return tally


def _past(question: Question, part: Part) -> tuple[Iterable[PastCall], dict[str, PastPerson]]:
    setup, log_id, since, until = question.setup, question.log_id, question.since, question.until
    if log_id is None:
        people, phones = people_between(since, until, part)
        return calls_between(since, until, phones, part), people
    line = setup.numbers[0].e164 if setup.numbers else ""
    ours = frozenset(number.e164 for number in setup.numbers)
    # As if the line had answered: its notice was heard where it gives one, and nobody pressed a key.
    level = min(setup.policy_of(line).level_needed, NOTICE_CALL)
    calls = calls_of_log(log_id, line, since, until, ours, level, part)
    return calls, people_of_log(log_id, since, until, part)


def _ground(setup: Setup) -> Ground:
    return Ground(
        setup.name,
        setup.week,
        setup.policy,
        current_rules(),
        setup.templates,
        setup.own_numbers,
        {number.e164: number.registration in MAY_SEND for number in setup.numbers},
        {number.e164: setup.policy_of(number.e164) for number in setup.numbers},
    )
