"""What each state allows: the table, and what holds for every input there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.entitlements import Budget, Limits, Standing, Step, Used, allowed

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
STATES = [
    "none", "incomplete", "trialing", "active", "past_due", "unpaid", "paused", "canceled",
    "incomplete_expired", "something_new",
]  # fmt: skip
moments = st.one_of(
    st.none(), st.integers(-120, 120).map(lambda days: NOW + timedelta(days=days, hours=1))
)
amounts = st.integers(0, 500)
standings = st.builds(
    Standing,
    is_on=st.booleans(),
    status=st.sampled_from(STATES),
    past_due_since=moments,
    trial_end=moments,
    plan=st.builds(Limits, st.one_of(st.none(), amounts), st.one_of(st.none(), amounts)),
    used=st.builds(Used, amounts, amounts, amounts, moments),
    budget=st.builds(Budget, st.one_of(st.none(), amounts), st.booleans()),
)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("standing", "step", "code"),
    [
        (Standing(status="active"), Step.EVERYTHING, ""),
        (Standing(status="none"), Step.EVERYTHING, ""),
        (Standing(status="none", trial_end=ago(-1)), Step.EVERYTHING, ""),
        (Standing(status="none", trial_end=ago(1)), Step.NO_ASSISTANT, "TRIAL_OVER"),
        (Standing(status="none", trial_end=ago(8)), Step.NO_FOLLOW_UPS, "TRIAL_OVER"),
        (Standing(status="trialing", trial_end=ago(0.5)), Step.EVERYTHING, ""),
        (Standing(status="trialing", trial_end=ago(15)), Step.NO_TEXT_BACKS, "TRIAL_OVER"),
        (Standing(status="past_due", past_due_since=NOW), Step.NO_ASSISTANT, "PAST_DUE"),
        (Standing(status="past_due", past_due_since=ago(6.9)), Step.NO_ASSISTANT, "PAST_DUE"),
        (Standing(status="past_due", past_due_since=ago(7)), Step.NO_FOLLOW_UPS, "PAST_DUE"),
        (Standing(status="past_due", past_due_since=ago(14)), Step.NO_TEXT_BACKS, "PAST_DUE"),
        (Standing(status="past_due", past_due_since=ago(45)), Step.NOBODY_WRITES, "PAST_DUE"),
        (Standing(status="past_due"), Step.NO_ASSISTANT, "PAST_DUE"),
        (Standing(status="unpaid", past_due_since=ago(30)), Step.NO_TEXT_BACKS, "UNPAID"),
        (Standing(status="unpaid", past_due_since=ago(46)), Step.NOBODY_WRITES, "UNPAID"),
        (Standing(status="paused"), Step.NO_TEXT_BACKS, "PAUSED"),
        (Standing(status="canceled"), Step.NOBODY_WRITES, "CANCELED"),
        (Standing(status="incomplete"), Step.NO_TEXT_BACKS, "INCOMPLETE"),
        # Who pays while our own trial still runs keeps it.
        (Standing(status="incomplete", trial_end=ago(-1)), Step.EVERYTHING, ""),
        (Standing(status="incomplete_expired"), Step.NO_TEXT_BACKS, "INCOMPLETE"),
        (Standing(status="incomplete_expired", trial_end=ago(7)), Step.NOBODY_WRITES, "INCOMPLETE"),
        (Standing(status="of_next_year"), Step.NOBODY_WRITES, "CANCELED"),
    ],
)  # fmt: skip
def test_what_a_state_allows(standing, step, code):
    found = allowed(replace(standing, is_on=True), NOW)
    assert (found.step, found.code) == (step, code)


@pytest.mark.parametrize(
    ("used", "step", "code"),
    [
        (Used(99, 49, 999, ago(-1)), Step.EVERYTHING, ""),
        (Used(100, 0, 0, ago(-1)), Step.NO_TEXT_BACKS, "TEXTS_USED_UP"),
        (Used(0, 50, 0, ago(-1)), Step.NO_ASSISTANT, "TURNS_USED_UP"),
        (Used(0, 0, 1000, ago(-1)), Step.NO_TEXT_BACKS, "BUDGET_REACHED"),
        # Last month's use says nothing of this one.
        (Used(100, 50, 1000, ago(0)), Step.EVERYTHING, ""),
    ],
)
def test_what_use_ends(used, step, code):
    standing = Standing(
        True, "active", plan=Limits(100, 50), used=used, budget=Budget(1000, stops=True)
    )
    found = allowed(standing, NOW)
    assert (found.step, found.code) == (step, code)
    without = replace(standing, plan=Limits(), budget=Budget(1000, stops=False))
    assert allowed(without, NOW).step == Step.EVERYTHING


def test_it_says_when_time_takes_the_next_step():
    overdue = Standing(True, "past_due", past_due_since=ago(2))
    assert allowed(overdue, NOW).changes_at == ago(2) + timedelta(days=7)
    trial = Standing(True, "none", trial_end=ago(-3))
    assert allowed(trial, NOW).changes_at == ago(-3)
    assert allowed(Standing(True, "active"), NOW).changes_at is None


@given(standings)
def test_what_comes_in_stop_and_evidence_are_never_touched(standing):
    found = allowed(standing, NOW)
    assert (found.inbound, found.stop, found.evidence) == (True, True, True)
    if not standing.is_on:
        assert found.step == Step.EVERYTHING and found.code == "BILLING_OFF"
    assert bool(found.step) <= bool(found.code)


@given(standings)
def test_the_steps_come_in_their_order(standing):
    found = allowed(standing, NOW)
    kinds = [found.assistant, found.follow_ups, found.text_backs, found.people]
    # Whatever still leaves, everything that ends later leaves as well.
    assert kinds == sorted(kinds)


@given(
    standings,
    st.integers(0, 100),
    st.integers(0, 100),
    st.one_of(st.just("used"), st.just("time"), st.just("since")),
)
def test_nothing_gets_better_by_using_more_or_owing_longer(standing, more, days, what):
    before = allowed(standing, NOW)
    if what == "used":
        used = standing.used
        later = replace(
            standing,
            used=replace(
                used, texts=used.texts + more, turns=used.turns + more, cents=used.cents + more
            ),
        )
        assert allowed(later, NOW).step >= before.step
    elif what == "time":
        # Within a month: a new one gives new texts, which is no debt forgiven.
        without = replace(standing, used=Used())
        at = NOW + timedelta(days=days)
        assert allowed(without, at).step >= allowed(without, NOW).step
    elif standing.past_due_since is not None:
        longer = replace(standing, past_due_since=standing.past_due_since - timedelta(days=days))
        assert allowed(longer, NOW).step >= before.step


@given(standings)
def test_the_promised_moment_is_the_first_that_changes_anything(standing):
    without = replace(standing, used=Used())
    found = allowed(without, NOW)
    if found.changes_at is not None:
        assert found.changes_at > NOW
        assert allowed(without, found.changes_at - timedelta(microseconds=1)).step == found.step
        assert allowed(without, found.changes_at).step >= found.step
