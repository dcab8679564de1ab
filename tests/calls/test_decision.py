"""Does this call get a text? Every question answered both ways, and the receipt that tells."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.decision import Decision, decide, takes_second
from calls.facts import Facts, dump, load
from calls.outcome import Outcome
from calls.rules import OUTCOMES, STATES, Rule, Rules, Then, When
from calls.words import ago

NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
MISSED = Outcome("missed", "no_answer", ended=True)
WHEN = When(outcomes=frozenset(OUTCOMES), ring_at_least=4)
THEN = Then(template="open", template_closed="closed", cool_down=12 * 3600, expires_after=1800)
RULE = Rule("text-back", "Text back", True, WHEN, THEN)
FACTS = Facts(
    outcome=MISSED,
    missed_at=NOW - timedelta(seconds=2),
    called_at=NOW - timedelta(seconds=22),
    ring_seconds=20,
    our_number="+13125550100",
    caller="+13125550142",
)


def changed(**said: Any) -> Rule:
    """The rule with these fields of its own, of its When or of its Then."""
    when = {k: v for k, v in said.items() if k in When.__slots__}
    then = {k: v for k, v in said.items() if k in Then.__slots__}
    rest = {k: v for k, v in said.items() if k not in when and k not in then}
    return replace(RULE, when=replace(WHEN, **when), then=replace(THEN, **then), **rest)


def asked(rule: dict[str, Any] | None = None, **facts: Any) -> Decision:
    """Decide with these changes to a call that would be texted."""
    return decide(replace(FACTS, **facts), Rules(3, (changed(**(rule or {})),)), NOW)


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
        {"outcome": TALKED, "talk_seconds": 5, "rule": {"talk_at_most": 5}},
        {"outcome": TALKED, "talk_seconds": 6, "rule": {"talk_at_most": 5}},
        "ANSWERED",
    ),
    (
        "talked, nobody knows how long",
        {"outcome": MISSED},
        {
            "outcome": TALKED,
            "talk_seconds": None,
            "rule": {"talk_at_most": 5},
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
        {"state": "open", "rule": {"states": frozenset({"open"})}},
        {"state": "closed", "rule": {"states": frozenset({"open"})}},
        "HOURS_NOT_IN_RULE",
    ),
    (
        "closed",
        {"state": "closed", "rule": {"states": frozenset({"closed"})}},
        {"state": "open", "rule": {"states": frozenset({"closed"})}},
        "HOURS_NOT_IN_RULE",
    ),
    (
        "new",
        {"is_known": False, "rule": {"callers": frozenset({"new"})}},
        {"is_known": True, "rule": {"callers": frozenset({"new"})}},
        "CALLER_NOT_IN_RULE",
    ),
    (
        "known",
        {"is_known": True, "rule": {"callers": frozenset({"known"})}},
        {"is_known": False, "rule": {"callers": frozenset({"known"})}},
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
        {"last_text_back_at": NOW, "rule": {"cool_down": 0}},
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
    decision = decide(FACTS, Rules(), NOW)
    assert (decision.action, decision.code) == ("skip", "RULE_OFF")
    assert decision.receipt(NOW)["rule"] == ""


def test_a_caller_who_opted_out_is_never_texted_whatever_the_rule():
    for rule in ({"is_on": False}, {"states": frozenset({"closed"})}, {"cool_down": 0}):
        assert asked(rule, opted_out=True, last_text_back_at=NOW).code == "OPTED_OUT"


@pytest.mark.parametrize(
    ("state", "template"), [("open", "open"), ("closed", "closed"), ("holiday", "closed")]
)
def test_the_template_follows_the_hour(state, template):
    assert asked(state=state).template == template


def test_a_delay_holds_until_it_is_over_and_expiry_counts_from_the_call():
    missed_at = NOW - timedelta(seconds=10)
    held = asked({"delay": 60}, missed_at=missed_at)
    assert (held.action, held.code) == ("hold", "DELAY")
    assert held.due_at == missed_at + timedelta(seconds=60)
    assert held.expires_at == missed_at + timedelta(minutes=30)
    assert asked({"delay": 10}, missed_at=missed_at).action == "send"
    assert asked({"delay": 10}, missed_at=missed_at).due_at is None


def test_the_receipt_is_json_with_every_question_in_order():
    rule = changed(delay=60, states=frozenset(STATES), callers=frozenset({"new", "known"}))
    receipt = json.loads(json.dumps(decide(FACTS, Rules(7, (rule,)), NOW).receipt(NOW)))
    assert (receipt["rule_id"], receipt["version"]) == ("text-back", 7)
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


_BECAUSE = st.sampled_from(sorted(OUTCOMES))
_TIMES = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda d: NOW - d))
# Wide facts on a busy machine: how long making them takes says nothing about the rules.
SLOWLY = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
FACTS_LIKE = st.builds(
    Facts,
    outcome=st.builds(Outcome, kind=st.sampled_from(["missed", "voicemail"]), because=_BECAUSE),
    missed_at=_TIMES.map(lambda t: t or NOW),
    called_at=_TIMES.map(lambda t: t or NOW),
    ring_seconds=st.one_of(st.none(), st.integers(0, 90)),
    caller=st.sampled_from(["+13125550142", "+16025550142", ""]),
    our_number=st.sampled_from(["+13125550100", "+13125550101"]),
    state=st.sampled_from(sorted(STATES)),
    is_known=st.booleans(),
    is_vip=st.booleans(),
    tags=st.frozensets(st.sampled_from(["supplier", "tenant"])),
    attestation=st.sampled_from(["A", "B", "C", "none"]),
    earlier_calls=st.lists(_TIMES.map(lambda t: t or NOW), max_size=4).map(tuple),
    is_ignored=st.booleans(),
    opted_out=st.booleans(),
    number_problem=st.sampled_from(["", "No text: no."]),
    last_text_back_at=_TIMES,
    person_wrote_at=_TIMES,
)
WHEN_LIKE = st.builds(
    When,
    lines=st.frozensets(st.sampled_from(["+13125550100", "+13125550101"])),
    outcomes=st.frozensets(_BECAUSE),
    states=st.frozensets(st.sampled_from(sorted(STATES))),
    callers=st.frozensets(st.sampled_from(["new", "known", "vip"])),
    tags=st.frozensets(st.just("supplier")),
    attestations=st.frozensets(st.sampled_from(["A", "none"])),
    ring_at_least=st.integers(0, 60),
    nth_to=st.one_of(st.none(), st.integers(1, 3)),
    area_codes=st.frozensets(st.just("312")),
    weekdays=st.frozensets(st.integers(0, 6)),
)
THEN_LIKE = st.builds(
    Then,
    action=st.sampled_from(["text", "hold", "skip"]),
    template=st.just("open"),
    delay=st.integers(0, 300),
    cool_down=st.integers(0, 2 * 86400),
    expires_after=st.integers(301, 7200),
)
RULES_LIKE = st.lists(
    st.builds(
        Rule, id=st.uuids().map(str), name=st.just("r"), is_on=st.booleans(), when=WHEN_LIKE,
        then=THEN_LIKE,
    ),
    max_size=4,
).map(lambda rules: Rules(1, tuple(rules)))  # fmt: skip


@SLOWLY
@given(FACTS_LIKE, RULES_LIKE)
def test_a_text_leaves_only_where_every_question_passed(facts, rules):
    decision = decide(facts, rules, NOW)
    assert all(question.passed for question in decision.questions) is (decision.action != "skip")
    if decision.action != "skip":
        assert not (facts.opted_out or facts.is_ignored or facts.number_problem)
        assert decision.rule in rules.in_force and decision.rule.then.action != "skip"
        assert decision.expires_at is not None and decision.expires_at > NOW and decision.template
        assert (decision.due_at is None) is (decision.action == "send")


@SLOWLY
@given(FACTS_LIKE, RULES_LIKE)
def test_the_first_rule_that_fits_decides_whatever_comes_after(facts, rules):
    decision = decide(facts, rules, NOW)
    if decision.rule is not None:
        upto = rules.rules[: rules.rules.index(decision.rule) + 1]
        assert decide(facts, Rules(1, upto), NOW).code == decision.code


@SLOWLY
@given(FACTS_LIKE)
def test_facts_survive_their_storing(facts):
    assert load(json.loads(json.dumps(dump(facts)))) == facts


VIP = Rule("vip", "VIPs", True, When(callers=frozenset({"vip"})), Then("skip", notify=True))
NIGHT = Rule(
    "night", "Nights", True,
    When(from_time=time(22), to_time=time(6), weekdays=frozenset({4})), Then(template="night"),
)  # fmt: skip


def first(*rules: Rule, **facts: Any) -> Decision:
    return decide(replace(FACTS, **facts), Rules(1, rules), NOW)


def test_the_order_of_rules_counts_and_a_rule_may_say_no():
    said = first(VIP, RULE, is_vip=True)
    assert (said.code, said.rule) == ("RULE_SAYS_SKIP", VIP)
    assert first(RULE, VIP, is_vip=True).rule == RULE
    over = first(VIP, RULE)
    assert (
        over.action == "send"
        and [q.asked for q in over.questions].count("Does “VIPs” cover this call?") == 1
    )
    assert first(VIP, NIGHT).code == "NO_RULE_FITS"


@pytest.mark.parametrize(
    ("local", "fits"),
    [
        ("2026-03-06 22:00", True),  # Friday
        ("2026-03-06 21:59", False),
        ("2026-03-07 05:59", True),  # still Friday's night
        ("2026-03-07 06:00", False),
        ("2026-03-06 05:00", False),  # Thursday's night
        ("2026-03-07 23:00", False),
    ],
)
def test_a_night_belongs_to_the_day_it_begins_on(local, fits):
    called = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("America/Chicago"))
    assert (first(NIGHT, called_at=called).action == "send") is fits


def test_the_nth_call_within_a_window():
    rule = changed(nth_from=2, nth_to=3, nth_within=3600)
    earlier = tuple(NOW - timedelta(minutes=m) for m in (10, 30, 59, 90))
    assert first(rule, earlier_calls=earlier[:0]).code == "NTH_CALL_NOT_IN_RULE"
    assert first(rule, earlier_calls=earlier[:1]).action == "send"
    assert first(rule, earlier_calls=earlier[:3]).code == "NTH_CALL_NOT_IN_RULE"
    assert first(rule, earlier_calls=(earlier[3],)).code == "NTH_CALL_NOT_IN_RULE"


def test_a_text_waits_for_opening_and_is_useful_from_then_on():
    rule, opens = changed(action="hold"), NOW + timedelta(hours=9)
    held = first(rule, state="closed", opens_at=opens)
    assert (held.action, held.code, held.due_at) == ("hold", "UNTIL_OPEN", opens)
    assert held.expires_at == opens + timedelta(minutes=30)
    assert first(rule, state="open", opens_at=opens).action == "send"


def test_two_texts_are_shared_out_by_person():
    rule = changed(template_b="other", b_percent=30)
    callers = [f"+1312555{n:04}" for n in range(2000)]
    b = [caller for caller in callers if takes_second(rule, caller)]
    assert 480 < len(b) < 720
    said = first(rule, caller=b[0])
    assert (said.template, said.variant) == ("other", "B")
    assert {first(rule, caller=b[0]).template for _ in range(3)} == {"other"}


def test_a_landline_and_a_call_to_try_the_line_get_no_text():
    assert asked(line_type="landline").code == "LANDLINE"
    assert asked(line_type="nonFixedVoip").action == "send"
    assert asked(is_probe=True).code == "TEST_CALL"
