"""A rule in words, and what changed: every condition and every action is said."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import time

import pytest

from calls.rule_words import THEN_ASPECTS, WHEN_ASPECTS, Names, diff, ordinal, sentence, span
from calls.rules import Rule, Then, When

NAMES = Names(
    {"+13125550100": "Main"},
    {"open": "While open", "closed": "After hours", "b": "Short one", "again": "Still there?"},
)
# For each field another value than the default, and words the sentence must then hold.
WHEN = {
    "lines": (frozenset({"+13125550100"}), "to Main"),
    "states": (frozenset({"closed"}), "while you are closed"),
    "outcomes": (frozenset({"no_answer"}), "because nobody answers"),
    "voicemail": ("left", "a voicemail is left"),
    "ring_at_least": (4, "unless the caller hangs up within 4 s"),
    "ring_at_most": (30, "ringing for at most 30 s"),
    "talk_at_most": (5, "answered for at most 5 s"),
    "callers": (frozenset({"new"}), "from somebody new"),
    "tags": (frozenset({"builder"}), "tagged “builder”"),
    "without_tags": (frozenset({"supplier"}), "not tagged “supplier”"),
    "attestations": (frozenset({"C"}), "passed on unchecked"),
    "nth_from": (3, "3rd call"),
    "nth_to": (2, "1st to 2nd call"),
    "nth_within": (3600, "within 1 h"),
    "area_codes": (frozenset({"312"}), "from area code 312"),
    "other_area_codes": (frozenset({"708"}), "outside area code 708"),
    "weekdays": (frozenset({5, 6}), "on Saturday or Sunday"),
    "from_time": (time(17), "between 5:00 PM"),
    "to_time": (time(8), "and 8:00 AM"),
}
THEN = {
    "action": ("hold", "when you open"),
    "template": ("closed", "text “After hours”"),
    "template_closed": ("closed", "“After hours” while you are not open"),
    "template_b": ("b", "or “Short one”"),
    "b_percent": (30, "30% of the callers"),
    "delay": (120, "after 2 min"),
    "cool_down": (3600, "then pause 1 h"),
    "expires_after": (600, "never later than 10 min"),
    "notify": (True, "and tell you"),
    "follow_up_after": (86_400, "remind you to phone whoever has not replied after 1 day"),
    "follow_up_template": ("again", "text “Still there?”"),
}
# What means nothing without its fellow.
FELLOWS = {
    "nth_within": {"nth_from": 2}, "from_time": {"to_time": time(8)}, "to_time": {"from_time": time(17)},
    "b_percent": {"template_b": "b"},
    "follow_up_template": {"follow_up_after": 60},
}  # fmt: skip
USUAL = Rule("one", "Usual", True, When(), Then(template="open"))


def changed(name: str):
    part, (value, _) = ("when", WHEN[name]) if name in WHEN else ("then", THEN[name])
    fellow = FELLOWS.get(name, {})
    base = replace(USUAL, **{part: replace(getattr(USUAL, part), **fellow)})
    return base, replace(base, **{part: replace(getattr(base, part), **{name: value})})


def test_every_field_of_a_rule_has_words_and_a_test():
    assert {f.name for f in fields(When)} == set(WHEN)
    assert {f.name for f in fields(Then)} == set(THEN)
    assert {n for a in WHEN_ASPECTS for n in a.fields} == set(WHEN)
    assert {n for a in THEN_ASPECTS for n in a.fields} == set(THEN)


@pytest.mark.parametrize("name", [*WHEN, *THEN])
def test_each_is_said_and_its_change_is_told(name):
    base, now = changed(name)
    words = (WHEN.get(name) or THEN[name])[1]
    assert words in sentence(now, NAMES) and words not in sentence(base, NAMES)
    told = diff([base], [now], NAMES)
    assert len(told) == 1 and told[0].startswith("“Usual”: ") and ", instead of " in told[0], told
    assert diff([now], [now], NAMES) == []


def test_a_sentence_a_plumber_would_say():
    rule = Rule(
        "x", "After hours", True,
        When(lines=frozenset({"+13125550100"}), outcomes=frozenset({"no_answer"}),
             states=frozenset({"closed"}), callers=frozenset({"new"})),
        Then(template="closed", delay=120),
    )  # fmt: skip
    assert sentence(rule, NAMES) == (
        "When a call to Main is missed because nobody answers, while you are closed, from somebody "
        "new: text “After hours” after 2 min, then pause 12 h."
    )
    skip = Rule("y", "Third", True, When(nth_from=3, nth_within=3600), Then("skip", notify=True))
    assert sentence(skip, NAMES) == (
        "When a call is missed, on their 3rd call or a later one within 1 h: send no text, and tell you."
    )


def test_added_removed_renamed_switched_and_moved_are_told_once_each():
    a, b, c, d = (Rule(i, i.upper(), True, When(), Then(template="open")) for i in "abcd")
    told = diff([a, b, c], [c, a, b], NAMES)
    assert told == ["“C” moves to the top."]
    assert diff([a, b, c], [b, c, a], NAMES) == ["“A” moves below “C”."]
    told = diff([a, b], [replace(a, name="New", is_on=False), d], NAMES)
    assert told[:3] == ["“B” is removed.", "“A” is now called “New”.", "“New” is switched off."]
    assert told[3].startswith("“D” is added as rule 2. When a call is missed: text “While open”")


def test_a_long_list_is_counted_and_its_change_named():
    many = frozenset(str(code) for code in range(300, 312))
    was = replace(USUAL, when=When(area_codes=many))
    now = replace(USUAL, when=When(area_codes=many | {"773"}))
    assert "and 6 more" not in sentence(was, NAMES) and "or 6 more" in sentence(was, NAMES)
    assert "(added 773)" in diff([was], [now], NAMES)[0]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45, "45 s"), (90, "1 min 30 s"), (43_200, "12 h"), (93_600, "1 day 2 h")],
)
def test_spans_are_exact(seconds, words):
    assert span(seconds) == words


def test_ordinals():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
