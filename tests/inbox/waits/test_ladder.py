"""The ladder: read, taken in time, and never at the wrong people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inbox.models.alerting import default_ladder
from inbox.waits.ladder import LadderError, Someone, Step, next_step, read, whom_to_tell

BEGAN = datetime(2026, 11, 20, 16, tzinfo=UTC)
STEPS = read(default_ladder())
ANA, BEN, CLEO, OLGA = 1, 2, 3, 4
TEAM = frozenset({BEN, CLEO})


def someone(**away: bool) -> list[Someone]:
    return [
        Someone(ANA, is_here=not away.get("ana")),
        Someone(BEN, is_here=not away.get("ben")),
        Someone(CLEO, is_here=not away.get("cleo")),
        Someone(OLGA, is_owner=True, is_here=not away.get("olga")),
    ]


def after(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("taken", "minutes", "step", "again"),
    [
        (0, 0, 0, 7.5),
        (1, 5, None, 7.5),
        (1, 7.5, 1, 15),
        (2, 14, None, 15),
        (2, 15, 2, None),
        (3, 60, None, None),
        (0, 60, 2, None),  # the worker was away: only the last of what is overdue
        (0, 8, 1, 15),
    ],
)
def test_steps_are_taken_when_they_are_due(taken, minutes, step, again):
    found = next_step(STEPS, taken, BEGAN, 900, None, after(minutes))
    assert found == (step, after(again) if again is not None else None)


OR_ALL, ALL, OWNERS = (Step(50, ("push",), whom) for whom in ("owner_or_all", "all", "owners"))


@pytest.mark.parametrize(
    ("step", "assignee", "team", "away", "told"),
    [
        (OR_ALL, ANA, frozenset(), {}, [ANA]),
        (OR_ALL, ANA, TEAM, {}, [ANA]),
        (OR_ALL, ANA, TEAM, {"ana": True}, [BEN, CLEO]),
        (OR_ALL, ANA, TEAM, {"ana": True, "ben": True}, [CLEO]),
        (OR_ALL, ANA, frozenset(), {"ana": True}, [BEN, CLEO, OLGA]),
        (OR_ALL, None, TEAM, {}, [BEN, CLEO]),
        (OR_ALL, None, TEAM, {"ben": True, "cleo": True}, [ANA, OLGA]),
        (OR_ALL, None, frozenset(), {}, [ANA, BEN, CLEO, OLGA]),
        (OR_ALL, 99, frozenset(), {}, [ANA, BEN, CLEO, OLGA]),  # no member any more
        (OR_ALL, 99, TEAM, {}, [BEN, CLEO]),
        (ALL, ANA, TEAM, {}, [ANA, BEN, CLEO, OLGA]),
        (ALL, ANA, TEAM, {"olga": True}, [ANA, BEN, CLEO]),
        (OWNERS, ANA, TEAM, {}, [OLGA]),
        (OWNERS, ANA, TEAM, {"olga": True}, [ANA, BEN, CLEO]),
    ],
)
def test_who_is_away_is_passed_over(step, assignee, team, away, told):
    assert whom_to_tell(step, someone(**away), assignee, team, is_last=False) == told


NOBODY = {"ana": True, "ben": True, "cleo": True, "olga": True}


@pytest.mark.parametrize("step", [OR_ALL, ALL, OWNERS])
def test_where_nobody_is_here_an_early_step_waits_and_the_last_reaches_somebody(step):
    assert whom_to_tell(step, someone(**NOBODY), ANA, TEAM, is_last=False) == []
    told = whom_to_tell(step, someone(**NOBODY), ANA, TEAM, is_last=True)
    assert OLGA in told


def test_the_last_step_reaches_whoever_there_is():
    assert whom_to_tell(OWNERS, [Someone(BEN, is_here=False)], None, frozenset(), is_last=True) == [
        BEN
    ]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"at_percent": -1, "channels": ["push"], "whom": "all"}, "at_percent"),
        ({"at_percent": 1001, "channels": ["push"], "whom": "all"}, "at_percent"),
        ({"at_percent": True, "channels": ["push"], "whom": "all"}, "at_percent"),
        ({"at_percent": "50", "channels": ["push"], "whom": "all"}, "at_percent"),
        ({"at_percent": 50, "channels": [], "whom": "all"}, "channels"),
        ({"at_percent": 50, "channels": ["fax"], "whom": "all"}, "channels"),
        ({"at_percent": 50, "channels": ["push", "fax"], "whom": "all"}, "channels"),
        ({"at_percent": 50, "channels": "push", "whom": "all"}, "channels"),
        ({"at_percent": 50, "channels": ["push"], "whom": "nobody"}, "whom"),
        ({"at_percent": 50, "channels": ["push"]}, "whom"),
        ("nonsense", "at_percent"),
    ],
)
def test_a_ladder_that_cannot_be_kept_says_where(row, field):
    with pytest.raises(LadderError) as wrong:
        read([row])
    assert (0, field) in wrong.value.problems


@pytest.mark.parametrize("stored", [None, {}, "x", [{}] * 7])
def test_nothing_else_is_a_ladder(stored):
    with pytest.raises(LadderError):
        read(stored)


def test_steps_are_kept_in_their_order_and_come_back_as_they_were():
    assert [step.as_dict() for step in read(list(reversed(default_ladder())))] == default_ladder()
    assert read([]) == ()
