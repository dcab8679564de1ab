"""The fold of a call's facts: every row of the table it follows, in every order, any number of times."""

from __future__ import annotations

from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.outcome import SHORT_TALK_SECONDS, Outcome, answered_as, fold, merge

SCREENED = {"direction": "inbound", "answering": "staff_first", "press_one": True}
PLAIN = {"direction": "inbound", "answering": "staff_first", "press_one": False}
GREETING = {"direction": "inbound", "answering": "greeting", "press_one": False}
ACCEPTED = {"screen_accepted": True}
STARTS = {"first_at": "2026-03-02T15:00:00+00:00"}


def dial(
    status: str, bridged: str = "false", seconds: int | None = None, **more: Any
) -> dict[str, Any]:
    facts: dict[str, Any] = {"dial_status": status, "dial_bridged": bridged, **more}
    return facts if seconds is None else {**facts, "dial_seconds": seconds}


def ends(status: str, seconds: int | None = None) -> dict[str, Any]:
    return (
        {"call_status": status}
        if seconds is None
        else {"call_status": status, "call_seconds": seconds}
    )


# name, line, the events' facts, outcome, because. telephony.md 1.4, row by row.
ROWS = [
    (
        "caller hangs up while ringing",
        SCREENED,
        [STARTS, dial("canceled"), ends("canceled")],
        "missed",
        "caller_hung_up",
    ),
    (
        "caller hangs up, reported as no-answer",
        SCREENED,
        [STARTS, dial("no-answer", dial_caller_gone=True), ends("completed")],
        "missed",
        "caller_hung_up",
    ),
    (
        "caller hangs up, no Dial action",
        SCREENED,
        [STARTS, ends("canceled")],
        "missed",
        "caller_hung_up",
    ),
    (
        "caller hangs up, only no-answer",
        SCREENED,
        [STARTS, ends("no-answer")],
        "missed",
        "no_answer",
    ),
    ("staff line busy", SCREENED, [STARTS, dial("busy"), ends("completed", 14)], "missed", "busy"),
    (
        "no answer by timeout",
        SCREENED,
        [STARTS, dial("no-answer"), ends("completed", 9)],
        "missed",
        "no_answer",
    ),
    (
        "staff phone off",
        SCREENED,
        [STARTS, dial("failed"), ends("completed", 9)],
        "missed",
        "unreachable",
    ),
    (
        "staff voicemail picks up, not screened",
        PLAIN,
        [STARTS, dial("completed", "true", 31), ends("completed", 31)],
        "answered",
        "",
    ),
    (
        "staff voicemail picks up, screened",
        SCREENED,
        [STARTS, dial("completed", "false", 8), ends("completed", 20)],
        "missed",
        "not_accepted",
    ),
    (
        "staff voicemail picks up, screened, no-answer",
        SCREENED,
        [STARTS, dial("no-answer", "false"), ends("completed", 20)],
        "missed",
        "no_answer",
    ),
    (
        "staff presses 1",
        SCREENED,
        [STARTS, ACCEPTED, dial("completed", "true", 64), ends("completed", 64)],
        "answered",
        "",
    ),
    (
        "answered, then very short",
        SCREENED,
        [STARTS, ACCEPTED, dial("completed", "true", 2), ends("completed", 2)],
        "answered",
        "",
    ),
    (
        "voicemail after the ringing",
        SCREENED,
        [
            STARTS,
            dial("no-answer"),
            {"voicemail_seconds": 12, "greeting_ended": True},
            ends("completed", 30),
        ],
        "voicemail",
        "no_answer",
    ),
    (
        "only the number-level callback",
        SCREENED,
        [STARTS, ends("completed", 3)],
        "missed",
        "caller_hung_up",
    ),
    (
        "1 was pressed but nobody was left",
        SCREENED,
        [STARTS, ACCEPTED, dial("completed", "false")],
        "missed",
        "not_accepted",
    ),
    (
        "forwarded to us, caller listened",
        GREETING,
        [STARTS, ends("completed", 11)],
        "missed",
        "forwarded",
    ),
    (
        "forwarded to us, voicemail",
        GREETING,
        [STARTS, {"voicemail_seconds": 7, "greeting_ended": True}, ends("completed", 25)],
        "voicemail",
        "forwarded",
    ),
    ("still ringing", SCREENED, [STARTS], "in_progress", ""),
    ("still talking", SCREENED, [STARTS, ACCEPTED], "answered", ""),
    (
        "a call we placed",
        {"direction": "outbound-api"},
        [ends("busy"), ends("completed", 40)],
        "ignored",
        "",
    ),
    (
        "not screened, bridged",
        PLAIN,
        [STARTS, dial("completed", "true", 40), ends("completed", 40)],
        "answered",
        "",
    ),
    (
        "not screened, no word about the bridge",
        PLAIN,
        [STARTS, {"dial_status": "completed", "dial_seconds": 12}],
        "answered",
        "",
    ),
    (
        "not screened, no word, no talk",
        PLAIN,
        [STARTS, {"dial_status": "completed"}],
        "missed",
        "not_accepted",
    ),
    (
        "not screened, nobody",
        PLAIN,
        [STARTS, dial("no-answer"), ends("completed", 8)],
        "missed",
        "no_answer",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_row_in_every_order_and_with_every_event_twice(row):
    _, line, events, kind, because = row
    for order in permutations([{**line, **event} for event in events]):
        for doubled in (order, order + order, order + order[::-1]):
            outcome = fold(reduce(merge, doubled, {}))
            assert (outcome.kind, outcome.because) == (kind, because)


def test_several_phones_ring_and_the_losers_say_nothing():
    """Children's events carry no facts: the parent's Dial is the only word (row "several numbers ring")."""
    facts = reduce(merge, [SCREENED, STARTS, {}, ACCEPTED, {}, dial("completed", "true", 30)], {})
    assert fold(facts).kind == "answered"


@pytest.mark.parametrize(
    ("seconds", "short"), [(SHORT_TALK_SECONDS - 1, True), (SHORT_TALK_SECONDS, False)]
)
def test_a_short_talk_is_flagged(seconds, short):
    outcome = fold({**SCREENED, **ACCEPTED, **dial("completed", "true", seconds)})
    assert outcome.kind == "answered" and outcome.short is short and outcome.ended


@pytest.mark.parametrize(
    ("facts", "certain"),
    [
        ({**SCREENED, **dial("no-answer")}, True),
        ({**SCREENED, **dial("busy")}, True),
        ({**SCREENED, **dial("completed", "false", 8)}, True),
        ({**SCREENED, **ends("canceled")}, False),
        ({**SCREENED, **ends("completed", 4)}, False),
        ({**GREETING, **ends("completed", 4)}, True),
        # The bridge says somebody pressed 1; that event is still on its way.
        ({**SCREENED, **dial("completed", "true", 40)}, False),
    ],
)
def test_where_a_late_answered_may_still_come_the_end_is_not_certain(facts, certain):
    outcome = fold(facts)
    assert outcome.is_missed and outcome.certain is certain


@pytest.mark.parametrize("bridged", ["true", "false", ""])
@pytest.mark.parametrize(
    "status", ["", "completed", "answered", "busy", "no-answer", "failed", "canceled"]
)
def test_a_screened_line_is_answered_only_by_a_pressed_one_and_a_bridge(status, bridged):
    facts = {**SCREENED, "dial_status": status, "dial_bridged": bridged, "dial_seconds": 40}
    assert fold(merge({}, facts)).kind != "answered"
    accepted = fold(merge(merge({}, facts), ACCEPTED))
    talked = status in ("", "completed", "answered")
    assert (accepted.kind == "answered") is (bridged == "true" or (bridged == "" and talked))


def test_a_recording_of_nothing_is_no_voicemail():
    assert fold({**SCREENED, **dial("no-answer"), "voicemail_seconds": 0}).kind == "missed"


_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "direction": st.sampled_from(["inbound", "outbound-api"]),
        "answering": st.sampled_from(["staff_first", "greeting"]),
        "press_one": st.booleans(),
        "screen_accepted": st.sampled_from([True, None]),
        "dial_status": st.sampled_from(
            ["completed", "answered", "busy", "no-answer", "failed", "canceled", "odd", ""]
        ),
        "dial_bridged": st.sampled_from(["true", "false", ""]),
        "dial_seconds": st.one_of(st.none(), st.integers(0, 10_000)),
        "dial_caller_gone": st.booleans(),
        "call_status": st.sampled_from(
            ["completed", "busy", "no-answer", "failed", "canceled", ""]
        ),
        "call_seconds": st.one_of(st.none(), st.integers(0, 10_000)),
        "voicemail_seconds": st.one_of(st.none(), st.integers(0, 300)),
        "greeting_ended": st.booleans(),
        "first_at": st.sampled_from(["2026-03-02T15:00:00+00:00", "2026-03-02T15:00:01+00:00"]),
    },
)


@given(_EVENTS, _EVENTS, _EVENTS)
def test_merging_is_commutative_associative_and_idempotent(one, two, three):
    assert merge(merge({}, one), two) == merge(merge({}, two), one)
    assert merge(merge(merge({}, one), two), three) == merge(
        merge({}, one), merge(merge({}, two), three)
    )
    whole = merge(merge({}, one), two)
    assert merge(whole, one) == whole and merge(whole, two) == whole and merge(whole, {}) == whole


@given(st.lists(_EVENTS, max_size=6))
def test_any_facts_fold_to_an_outcome_that_fits_together(events):
    outcome = fold(reduce(merge, events, {}))
    assert outcome.kind in {"in_progress", "answered", "missed", "voicemail", "ignored"}
    assert bool(outcome.because) is outcome.is_missed
    assert outcome.is_missed is (outcome.kind in {"missed", "voicemail"})


def test_how_a_call_was_answered_beats_how_its_line_is_set():
    """A call the staff's own phone sent back to us hears the greeting, whatever the line does else."""
    sent_back = {**PLAIN, "answered_as": "greeting", "call_status": "completed", "call_seconds": 14}
    assert fold(sent_back) == Outcome("missed", "forwarded", ended=True)
    in_either_order = merge({"answered_as": "greeting"}, {"answering": "staff_first"})
    assert in_either_order == merge({"answering": "staff_first"}, {"answered_as": "greeting"})
    assert answered_as(in_either_order) == "greeting" and answered_as({}) == ""


def test_a_call_that_rang_one_phone_after_the_other_is_not_answered_by_its_seconds():
    """A provider that answers before it rings, and the ringing's end never reported."""
    long = {
        **PLAIN, "answered_as": "staff_first", "answered_first": True, "rings_for": 130,
        "call_status": "completed",
    }  # fmt: skip
    assert fold({**long, "call_seconds": 137}).kind == "missed"
    assert fold({**long, "call_seconds": 139}).kind == "answered"
    # Where nobody knows how long it rang, a line's longest ringing is reckoned with.
    assert fold({**long, "rings_for": None, "call_seconds": 69}).kind == "answered"
