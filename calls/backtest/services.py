"""Running a back-test: the business as it is, its past, and rules proposed against those in force."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from calls.backtest.logged import calls_of_log
from calls.backtest.past import PastCall, PastPerson
from calls.backtest.reading import calls_between, people_between, people_of_log
from calls.backtest.replay import Ground, Replay
from calls.backtest.tally import Tally
from calls.rules import Rules, load
from calls.setup import Setup, load_setup
from messaging.clearance import NOTICE_CALL
from messaging.jurisdictions import current as current_rules
from tenants.models import MAY_SEND

TELL_EVERY = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a back-test is: calls asked so far."""

    calls: int


def backtest(
    schema: str, since: datetime, until: datetime, proposed: Any | None = None, *,
    log_id: int | None = None, told: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Replay the calls of [since, until) (aware) by the rules in force and by `proposed`.

    Works in the schema of the business, which must be the current one. proposed: rules as stored
    (calls.rules.dump), None for those in force alone; log_id: an imported log's calls instead of the
    business's own. Returns Tally.as_dict with `seconds` and `peak_mb`. Nothing is written or sent.
    Raises calls.rules.RulesError for rules that cannot be used, LookupError for an unknown business.
    """
    began = time.perf_counter()
    setup = load_setup(schema)
    new = setup.rules
    if proposed is not None:
        lines = frozenset(number.e164 for number in setup.numbers)
        new = Rules(0, load(proposed, lines=lines, templates=frozenset(setup.templates)))
    calls, people = _past(setup, since, until, log_id)
    replay = Replay(_ground(setup), (setup.rules, new), people.get)
    tally = Tally(settings.SEGMENT_PRICE / 100)
    for call in calls:
        tally.add(call, *replay.ask(call))
        if told is not None and tally.calls % TELL_EVERY == 0:
            told(Progress(tally.calls))
    return {
        **tally.as_dict(),
        "seconds": round(time.perf_counter() - began, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _past(
    setup: Setup, since: datetime, until: datetime, log_id: int | None
) -> tuple[Iterable[PastCall], dict[str, PastPerson]]:
    if log_id is None:
        people, phones = people_between(since, until)
        return calls_between(since, until, phones), people
    line = setup.numbers[0].e164 if setup.numbers else ""
    ours = frozenset(number.e164 for number in setup.numbers)
    # As if the line had answered: its notice was heard where it gives one, and nobody pressed a key.
    level = min(setup.policy_of(line).level_needed, NOTICE_CALL)
    calls = calls_of_log(log_id, line, since, until, ours, level)
    return calls, people_of_log(log_id, since, until)


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
