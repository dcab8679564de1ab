"""Who is told now, in his morning, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inbox.notices import rules
from inbox.notices.answers import Open, choose, free_slot, is_join
from inbox.notices.plain import LINK, defanged, shortened
from inbox.notices.rules import Facts, Member

CHICAGO = ZoneInfo("America/Chicago")
NOON = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)  # a Wednesday, noon in Chicago
NIGHT = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)  # Thursday, 2:30 in the night there
OFFICE = {"push": {"on": True, "from": "08:00", "to": "18:00", "days": [0, 1, 2, 3, 4]}}


def member(**fields):
    return Member(7, CHICAGO, **fields)


def test_the_last_to_be_told_is_told_at_night_and_while_away_but_never_by_what_is_switched_off():
    def asked(**fields):
        return rules.when("push", "waiting", member(**fields), "mine", NIGHT, must_reach=True)

    away = NIGHT + timedelta(days=2)
    assert asked(notices=OFFICE, away_until=away) == rules.NOW
    assert asked(notices={"push": {**OFFICE["push"], "days": []}}) == rules.NOW
    assert asked(notices={"push": {"on": False}}).is_dropped
    assert asked(is_present=False).is_dropped


def test_who_chose_nothing_is_told_of_everything_at_once():
    for channel in rules.CHANNELS:
        for kind in rules.KINDS:
            assert rules.when(channel, kind, member(), "unassigned", NIGHT) == rules.NOW


def test_outside_his_hours_it_waits_for_his_morning():
    asked = rules.when("push", "waiting", member(notices=OFFICE), "mine", NIGHT)
    assert asked.at == datetime(2026, 11, 19, 14, 0, tzinfo=UTC)  # 8:00 in Chicago
    assert rules.when("push", "waiting", member(notices=OFFICE), "mine", NOON) == rules.NOW


def test_friday_evening_waits_for_monday():
    friday = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # 21:00 on Friday there
    asked = rules.when("push", "alert", member(notices=OFFICE), "none", friday)
    assert asked.at == datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def test_hours_past_midnight_belong_to_the_day_they_began_on():
    night = {"sms": {"from": "22:00", "to": "06:00", "days": [2]}}  # Wednesday night
    asked = rules.when("sms", "alert", member(notices=night), "none", NIGHT)
    assert asked == rules.NOW
    later = rules.when("sms", "alert", member(notices=night), "none", NIGHT + timedelta(hours=4))
    assert later.at == datetime(2026, 11, 26, 4, 0, tzinfo=UTC)  # next Wednesday at 22:00


def test_an_hour_the_clock_leaves_out_is_no_hour_lost():
    begins = {"push": {"from": "02:30", "to": "05:00", "days": [6]}}
    before = datetime(2026, 3, 8, 7, 0, tzinfo=UTC)  # 1:00; at 2:00 the clocks go to 3:00
    asked = rules.when("push", "waiting", member(notices=begins), "mine", before)
    assert asked.at is not None
    assert asked.at.astimezone(UTC) == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "kind", "relation", "reason"),
    [
        ({"is_present": False}, "alert", "none", "No longer a member."),
        ({"wants": ("mine",)}, "waiting", "unassigned", "not want"),
        ({"wants": ("nothing",)}, "mention", "mine", "not want"),
        ({"wants": ("mine",)}, "mention", "mine", "not want"),
        ({"notices": {"push": {"on": False}}}, "waiting", "mine", "switched this way off"),
        ({"notices": {"digest": False}}, "digest", "none", "switched this way off"),
        ({"away_until": NOON + timedelta(hours=1)}, "waiting", "mine", "away"),
        ({"notices": {"push": {"days": []}}}, "waiting", "mine", "no hours"),
    ],
)
def test_who_is_not_told_and_why(fields, kind, relation, reason):
    asked = rules.when("push", kind, member(**fields), relation, NOON)
    assert asked.is_dropped and reason in asked.reason


def test_the_bell_shows_what_he_does_not_want_to_be_disturbed_by():
    assert rules.when("live", "waiting", member(wants=("nothing",)), "mine", NIGHT) == rules.NOW
    gone = rules.when("live", "waiting", member(is_present=False), "mine", NOON)
    assert gone.is_dropped


def test_nonsense_in_the_settings_tells_rather_than_hides():
    odd = member(notices={"push": {"from": "soon", "to": None, "days": "all"}, "email": "yes"})
    assert rules.when("push", "waiting", odd, "mine", NIGHT) == rules.NOW
    assert rules.when("email", "waiting", odd, "mine", NIGHT) == rules.NOW


@pytest.mark.parametrize(
    ("kind", "facts", "over"),
    [
        ("waiting", Facts(wait_open=True, actionable=True), False),
        ("waiting", Facts(wait_open=False, actionable=True), True),
        ("waiting", Facts(actionable=False), True),
        ("alert", Facts(actionable=False), True),
        ("alert", Facts(), False),
        ("promise", Facts(promise_open=False), True),
        ("assigned", Facts(actionable=False, assignee=7), False),
        ("assigned", Facts(actionable=True, assignee=8), True),
        ("mention", Facts(mention_open=False), True),
        ("waiting", Facts(wait_open=True, seen=True), True),
        ("waiting", Facts(wait_open=True, newer=True), True),
        ("waiting", Facts(wait_open=True, hidden=True), True),
        ("test", Facts(seen=True), False),
    ],
)
def test_what_is_no_longer_true_is_not_told(kind, facts, over):
    assert bool(rules.still_true(kind, 7, facts)) is over


def test_a_way_that_fails_is_tried_again_later_each_time_and_given_up():
    until = NOON + timedelta(hours=2)
    tries = [rules.try_again(n, NOON, until) for n in range(1, 8)]
    assert tries[-1] is None
    kept = [at for at in tries if at is not None]
    assert kept == sorted(kept) and kept[0] == NOON + timedelta(seconds=5)
    assert rules.try_again(5, NOON, NOON + timedelta(minutes=1)) is None


def test_a_callers_words_mention_nobody_and_link_nowhere():
    words = "<!channel> @here *hi* [click](https://evil.example/x) www.evil.com/a?b http://a.b\u202e\x07"
    plain = defanged(words)
    assert plain.count(LINK) == 3
    for harmful in ("<", ">", "@", "http", "evil", "\u202e", "\x07", "\n"):
        assert harmful not in plain
    assert defanged("Call me.Thanks, at 8.30 for $4.50") == "Call me. Thanks, at 8.30 for $4.50"
    assert shortened("a leak in the kitchen", 12) == "a leak in…"
    assert shortened("short", 12) == "short"


MARIA = Open(1, 11, 5, "Maria", True)
JOHN = Open(2, 12, 6, "John", True)
DONE = Open(1, 13, 7, "Ann", False)


@pytest.mark.parametrize(
    ("body", "callers", "what", "who", "words"),
    [
        ("On my way", [MARIA], "send", 11, "On my way"),
        ("2: on my way", [JOHN, MARIA], "send", 12, "on my way"),
        ("#2 - on my way", [JOHN, MARIA], "send", 12, "on my way"),
        ("On my way", [JOHN, MARIA], "ask", None, ""),
        ("2 hours", [JOHN, MARIA], "ask", None, ""),
        ("8:30 works", [MARIA], "send", 11, "8:30 works"),
        ("8.30 works", [MARIA], "send", 11, "8.30 works"),
        ("7: hello", [MARIA], "ask", None, ""),
        ("OK", [MARIA], "seen_to", 11, ""),
        ("ok.", [JOHN, MARIA], "ask", None, ""),
        ("1", [MARIA], "seen_to", 11, ""),
        ("2", [JOHN, MARIA], "seen_to", 12, ""),
        ("1", [JOHN], "seen_to", 12, ""),
        ("3", [JOHN, MARIA], "ask", None, ""),
        ("hello", [], "ask", None, ""),
        ("hello", [DONE], "send", 13, "hello"),
        ("hello", [JOHN, DONE], "send", 12, "hello"),
    ],
)
def test_an_answer_from_the_handset_is_never_guessed(body, callers, what, who, words):
    choice = choose(body, callers)
    assert choice.what == what
    assert (choice.caller.conversation if choice.caller else None) == who
    assert choice.words == words


def test_numbers_and_the_word_join():
    assert free_slot(11, [MARIA, JOHN]) == 1
    assert free_slot(99, [MARIA, JOHN]) == 3
    assert free_slot(99, [JOHN]) == 1
    assert is_join(" Join. ") and is_join("“JOIN”") and not is_join("join us at 8")
