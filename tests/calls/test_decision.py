"""Does this call get a text? Every question answered both ways, and the receipt that tells."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.decision import Decision, Facts, Rule, ago, decide
from calls.outcome import Outcome

NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
MISSED = Outcome("missed", "no_answer", ended=True)
EVERY = frozenset(
    {"no_answer", "busy", "unreachable", "declined", "caller_hung_up", "forwarded", "not_accepted"}
)
RULE = Rule(
    "Text back",
    True,
    EVERY,
    "always",
    "all",
    minimum_ring=timedelta(seconds=4),
    maximum_answered=timedelta(0),
    delay=timedelta(0),
    cool_down=timedelta(hours=12),
    expires_after=timedelta(minutes=30),
)
FACTS = Facts(
    outcome=MISSED,
    missed_at=NOW - timedelta(seconds=2),
    ring_seconds=20,
    talk_seconds=None,
    is_open=True,
    is_known=False,
    is_ignored=False,
    opted_out=False,
    number_problem="",
    last_text_back_at=None,
    person_wrote_at=None,
)


def asked(rule: dict[str, Any] | None = None, **facts: Any) -> Decision:
    """Decide with these changes to a call that would be texted."""
    return decide(replace(FACTS, **facts), replace(RULE, **(rule or {})), NOW)


HOUR = timedelta(hours=1)
GAVE_UP = Outcome("missed", "caller_hung_up", ended=True)
BUSY = Outcome("missed", "busy", ended=True)
TALKED = Outcome("answered", ended=True)
# The question, what makes it pass, what makes it fail, and the code it then gives.
BOTH_WAYS = [
    ("missed", {"outcome": MISSED}, {"outcome": TALKED, "talk_seconds": 60}, "ANSWERED"),
    ("to us", {"outcome": MISSED}, {"outcome": Outcome("ignored")}, "NOT_TO_US"),
    ("over", {"outcome": MISSED}, {"outcome": Outcome("in_progress")}, "ANSWERED"),
    ("voicemail", {"outcome": Outcome("voicemail", "no_answer")}, {"outcome": TALKED}, "ANSWERED"),
    (
        "talked hardly",
        {"outcome": TALKED, "talk_seconds": 5, "rule": {"maximum_answered": timedelta(seconds=5)}},
        {"outcome": TALKED, "talk_seconds": 6, "rule": {"maximum_answered": timedelta(seconds=5)}},
        "ANSWERED",
    ),
    (
        "talked, nobody knows how long",
        {"outcome": MISSED},
        {
            "outcome": TALKED,
            "talk_seconds": None,
            "rule": {"maximum_answered": timedelta(seconds=5)},
        },
        "ANSWERED",
    ),
    ("number", {"number_problem": ""}, {"number_problem": "No text: toll-free."}, "NOT_TEXTABLE"),
    ("consent", {"opted_out": False}, {"opted_out": True}, "OPTED_OUT"),
    ("ignore list", {"is_ignored": False}, {"is_ignored": True}, "IGNORED_CALLER"),
    ("rule on", {"rule": {"is_on": True}}, {"rule": {"is_on": False}}, "RULE_OFF"),
    (
        "kind of call",
        {"outcome": BUSY, "rule": {"outcomes": frozenset({"busy"})}},
        {"outcome": BUSY, "rule": {"outcomes": frozenset({"no_answer"})}},
        "OUTCOME_NOT_IN_RULE",
    ),
    (
        "rang long enough",
        {"outcome": GAVE_UP, "ring_seconds": 4},
        {"outcome": GAVE_UP, "ring_seconds": 3},
        "RING_TOO_SHORT",
    ),
    (
        "ring unknown",
        {"outcome": GAVE_UP, "ring_seconds": None},
        {"outcome": GAVE_UP, "ring_seconds": 0},
        "RING_TOO_SHORT",
    ),
    (
        "ring of others",
        {"outcome": BUSY, "ring_seconds": 0},
        {"outcome": GAVE_UP, "ring_seconds": 0},
        "RING_TOO_SHORT",
    ),
    (
        "open",
        {"is_open": True, "rule": {"hours": "open"}},
        {"is_open": False, "rule": {"hours": "open"}},
        "HOURS_NOT_IN_RULE",
    ),
    (
        "closed",
        {"is_open": False, "rule": {"hours": "closed"}},
        {"is_open": True, "rule": {"hours": "closed"}},
        "HOURS_NOT_IN_RULE",
    ),
    (
        "new",
        {"is_known": False, "rule": {"callers": "new"}},
        {"is_known": True, "rule": {"callers": "new"}},
        "CALLER_NOT_IN_RULE",
    ),
    (
        "known",
        {"is_known": True, "rule": {"callers": "known"}},
        {"is_known": False, "rule": {"callers": "known"}},
        "CALLER_NOT_IN_RULE",
    ),
    (
        "cool-down",
        {"last_text_back_at": NOW - 12 * HOUR},
        {"last_text_back_at": NOW - 12 * HOUR + timedelta(seconds=1)},
        "COOL_DOWN",
    ),
    (
        "no cool-down",
        {"last_text_back_at": NOW, "rule": {"cool_down": timedelta(0)}},
        {"last_text_back_at": NOW},
        "COOL_DOWN",
    ),
    (
        "conversation",
        {"person_wrote_at": NOW - 13 * HOUR},
        {"person_wrote_at": NOW - HOUR},
        "IN_CONVERSATION",
    ),
    (
        "timely",
        {"missed_at": NOW - timedelta(minutes=29, seconds=59)},
        {"missed_at": NOW - timedelta(minutes=30)},
        "EXPIRED",
    ),
]


@pytest.mark.parametrize("case", BOTH_WAYS, ids=[case[0] for case in BOTH_WAYS])
def test_every_question_both_ways(case):
    _, passes, fails, code = case
    yes, no = asked(**passes), asked(**fails)
    assert (yes.action, yes.code) == ("send", "SEND") and all(q.passed for q in yes.questions)
    assert (no.action, no.code) == ("skip", code)
    # The last question is the one that decided, and everything before it had passed.
    assert [q.passed for q in no.questions] == [True] * (len(no.questions) - 1) + [False]
    assert no.sentence.startswith("No text") and no.due_at is None and no.template == ""


def test_without_any_rule_nothing_is_sent():
    decision = decide(FACTS, None, NOW)
    assert (decision.action, decision.code) == ("skip", "RULE_OFF")
    assert decision.receipt(None, NOW)["rule"] == ""


def test_a_caller_who_opted_out_is_never_texted_whatever_the_rule():
    for rule in ({"is_on": False}, {"hours": "closed"}, {"cool_down": timedelta(0)}):
        assert asked(rule, opted_out=True, last_text_back_at=NOW).code == "OPTED_OUT"


@pytest.mark.parametrize(("is_open", "template"), [(True, "open"), (False, "closed")])
def test_the_template_follows_the_hour(is_open, template):
    assert asked(is_open=is_open).template == template


def test_a_delay_holds_until_it_is_over_and_expiry_counts_from_the_call():
    missed_at = NOW - timedelta(seconds=10)
    held = asked({"delay": timedelta(seconds=60)}, missed_at=missed_at)
    assert (held.action, held.code) == ("hold", "DELAY")
    assert held.due_at == missed_at + timedelta(seconds=60)
    assert held.expires_at == missed_at + timedelta(minutes=30)
    assert asked({"delay": timedelta(seconds=10)}, missed_at=missed_at).action == "send"
    assert asked({"delay": timedelta(seconds=10)}, missed_at=missed_at).due_at is None


def test_the_receipt_is_json_with_every_question_in_order():
    rule = replace(RULE, delay=timedelta(seconds=60))
    receipt = json.loads(json.dumps(decide(FACTS, rule, NOW).receipt(rule, NOW)))
    assert receipt["rule"] == "Text back" and receipt["decided_at"] == NOW.isoformat()
    assert datetime.fromisoformat(receipt["due_at"]).tzinfo is not None
    assert [q["asked"] for q in receipt["questions"]] == [
        "Was the call missed?",
        "May this number be texted?",
        "Has this person opted out?",
        "Is this caller on the ignore list?",
        "Does the rule text after this kind of call?",
        "Does the rule cover this hour?",
        "Does the rule cover this caller?",
        "Did we text this caller lately?",
        "Is a member already writing with this caller?",
        "Is it still timely?",
        "Is there a delay?",
    ]
    for question in receipt["questions"]:
        assert question["input"] and question["answer"] and question["passed"] is True


def test_the_sentence_says_how_long_ago():
    assert (
        asked(last_text_back_at=NOW - 2 * HOUR).sentence
        == "No text: we texted this caller 2 h ago."
    )
    assert "hung up after 3 s" in asked(outcome=GAVE_UP, ring_seconds=3).sentence


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 days"),
        (-5, "0 s"),
    ],
)
def test_spans_in_words(span, words):
    assert ago(timedelta(seconds=span)) == words


_BECAUSE = st.sampled_from(sorted(EVERY))
_TIMES = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda d: NOW - d))


@given(
    st.builds(
        Facts,
        outcome=st.builds(Outcome, kind=st.sampled_from(["missed", "voicemail"]), because=_BECAUSE),
        missed_at=_TIMES.map(lambda t: t or NOW),
        ring_seconds=st.one_of(st.none(), st.integers(0, 90)),
        talk_seconds=st.none(),
        is_open=st.booleans(),
        is_known=st.booleans(),
        is_ignored=st.booleans(),
        opted_out=st.booleans(),
        number_problem=st.sampled_from(["", "No text: no."]),
        last_text_back_at=_TIMES,
        person_wrote_at=_TIMES,
    ),
    st.builds(
        Rule,
        name=st.just("r"),
        is_on=st.booleans(),
        outcomes=st.frozensets(_BECAUSE),
        hours=st.sampled_from(["always", "open", "closed"]),
        callers=st.sampled_from(["all", "new", "known"]),
        minimum_ring=st.timedeltas(timedelta(0), timedelta(minutes=1)),
        maximum_answered=st.just(timedelta(0)),
        delay=st.timedeltas(timedelta(0), timedelta(minutes=5)),
        cool_down=st.timedeltas(timedelta(0), timedelta(days=2)),
        expires_after=st.timedeltas(timedelta(seconds=1), timedelta(hours=2)),
    ),
)
def test_a_text_leaves_only_where_every_question_passed(facts, rule):
    decision = decide(facts, rule, NOW)
    assert all(question.passed for question in decision.questions) is (decision.action != "skip")
    if decision.action != "skip":
        assert not (facts.opted_out or facts.is_ignored or facts.number_problem) and rule.is_on
        assert decision.expires_at is not None and decision.expires_at > NOW and decision.template
        assert (decision.due_at is None) is (decision.action == "send")
