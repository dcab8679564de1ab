"""Running a back-test: the business as it is, its past, and rules proposed against those in force."""

from __future__ import annotations

import resource
import time
from datetime import datetime
from typing import Any

from calls.backtest.asking import Question, Told, ask
from calls.backtest.parts import asked_in_parts
from calls.rules import Rules, load
from calls.setup import Setup, load_setup


def backtest(
    schema: str, since: datetime, until: datetime, proposed: Any | None = None, *,
    log_id: int | None = None, told: Told | None = None, parts: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Replay the calls of [since, until) (aware) by the rules in force and by `proposed`.

    Works in the schema of the business, which must be the current one. proposed: rules as stored
    (calls.rules.dump), None for those in force alone; log_id: an imported log's calls instead of the
    business's own; parts: how many processes share the callers (a process that has threads stays
    with one). Returns Tally.as_dict with `seconds` and `peak_mb`. Nothing is written or sent.
    Raises calls.rules.RulesError for rules that cannot be used, LookupError for an unknown business.
    """
    began = time.perf_counter()
    setup = load_setup(schema)
    question = Question(
        schema, setup, proposed_rules(setup, proposed), since, until, log_id
    )  # fmt: skip
    tally, memory = asked_in_parts(question, parts, told) if parts > 1 else (ask(question, told), 0)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        **tally.as_dict(),
        "seconds": round(time.perf_counter() - began, 3),
        "peak_mb": round(own + memory, 1),
    }


def proposed_rules(setup: Setup, proposed: Any | None) -> Rules:
    """Return the rules that are proposed, those in force for None. Raises calls.rules.RulesError."""
    if proposed is None:
        return setup.rules
    lines = frozenset(number.e164 for number in setup.numbers)
    return Rules(0, load(proposed, lines=lines, templates=frozenset(setup.templates)))
