"""What a log says: figures by hand, and the same however the calls come."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from calls.audit import findings, heat, value
from calls.audit.examine import examine
from calls.audit.hours import spans_of, week_of, written
from calls.audit.ordering import RUN, ordered
from calls.audit.shapes import Logged
from calls.audit.value import Assumptions
from calls.hours import Span, Week
from calls.rules import dump, load

CHICAGO = ZoneInfo("America/Chicago")
WEEK = Week(CHICAGO, tuple(Span(day, time(9), time(17)) for day in range(5)))
MONDAY = datetime(2026, 1, 5, 10, tzinfo=CHICAGO)  # ten in the morning
ANN, BOB, CAL = "+13125550101", "+13125550102", "+13125550103"
_PLAIN = Assumptions(short_seconds=0, window_hours=24)


def call(
    minutes: float, caller: str = ANN, outcome: str = "missed", *, out: bool = False,
    because: str = "no_answer", talk: int | None = None, ring: int | None = 10, row: int = 2,
) -> Logged:  # fmt: skip
    answered = outcome == "answered"
    return Logged(
        row, (MONDAY + timedelta(minutes=minutes)).astimezone(UTC), caller, "+13125550100", outcome,
        "" if answered else because, ring, (60 if talk is None else talk) if answered else None, not out,
    )  # fmt: skip


def look(*calls: Logged, assumptions: Assumptions = _PLAIN) -> dict:
    return examine(calls, WEEK, assumptions)


def test_counts_by_hour_cause_and_opening_are_local():
    found = look(
        call(0), call(5, BOB, "answered"), call(600, CAL, "voicemail"), call(601, CAL, because="busy")
    )  # fmt: skip
    assert (found["calls"], found["answered"], found["missed"], found["voicemail"]) == (4, 1, 3, 1)
    assert found["grid"][0][10] == [2, 1] and found["grid"][0][20] == [2, 2]
    assert found["open_hours"][10] == [2, 1] and found["open_hours"][20] == [0, 0]
    assert found["causes"] == {"no_answer": 2, "busy": 1}
    assert (found["open"], found["closed"]) == ([2, 1], [2, 2])


def test_answers_of_no_second_are_missed_and_said_to_be():
    empty = replace(call(0, because="caller_hung_up"), talk_seconds=0)
    found = look(empty, call(5, BOB, "answered"), call(9, CAL, because="caller_hung_up"))
    assert (found["answered"], found["missed"], found["empty"], found["short"]) == (1, 2, 1, 0)
    assert found["causes"] == {"empty": 1, "caller_hung_up": 1}
    said = {each.code: each for each in findings.findings(found)}
    assert said["empty_answers"].headline == "1 call the log calls answered lasts 0 seconds."
    assert said["empty_answers"].tone == "warn"
    none = findings.findings(look(call(0), call(5, BOB, "answered")))
    assert "empty_answers" not in {each.code for each in none}


def test_calls_during_a_conversation_are_counted_at_their_level():
    found = look(
        call(0, ANN, "answered", talk=600), call(1, BOB), call(2, CAL, "answered", talk=600),
        call(3, BOB), call(30, BOB, "answered"),
    )  # fmt: skip
    assert found["levels"][:3] == [[2, 0], [2, 1], [1, 1]]
    assert found["most_at_once"] == 2


def test_a_short_answer_is_a_voicemail_as_assumed():
    calls = [call(0, ANN, "answered", talk=3), call(1, BOB, "answered", talk=30)]
    assert look(*calls)["missed"] == 0
    found = look(*calls, assumptions=Assumptions(short_seconds=5))
    assert (found["missed"], found["short"], found["causes"]) == (1, 1, {"short": 1})


@pytest.mark.parametrize(
    ("calls", "end"),
    [
        ([call(0), call(10)], "lost"),
        ([call(0), call(10, ANN, "answered")], "reached_later"),
        ([call(0), call(30, ANN, "answered", out=True)], "called_back"),
        ([call(0), call(30, ANN, "missed", out=True)], "tried"),
    ],
)
def test_everybody_who_was_missed_has_one_end(calls, end):
    found = look(*calls, call(3 * 1440, BOB, "answered"))
    ends = {name: found[name] for name in ("lost", "reached_later", "called_back", "tried")}
    assert ends == {**dict.fromkeys(ends, 0), end: 1}
    assert found["people"] == 1


def test_who_called_just_before_the_log_ends_is_not_lost_yet():
    found = look(call(0), call(60, BOB))
    assert (found["lost"], found["undecided"]) == (0, 2)


def test_repeat_callers_who_gave_up_are_named_by_their_row():
    found = look(call(0, row=2), call(9, row=7), call(20, BOB, row=8), call(4000, CAL, "answered"))
    assert (found["gave_up"], found["gave_up_calls"], found["gave_up_rows"]) == (1, 2, [[7, 2]])
    assert found["lost"] == 2


def test_time_to_call_back_is_from_the_first_missed_call():
    found = look(call(0), call(5), call(20, ANN, "answered", out=True), call(50, BOB),
                 call(52, BOB, "missed", out=True), call(60, BOB, "answered", out=True))  # fmt: skip
    assert found["call_back"]["count"] == 2
    assert (found["call_back"]["median"], found["call_back"]["p90"]) == (120, 1200)
    assert found["call_back"]["within_5_minutes"] == 1


def test_a_withheld_caller_is_counted_and_followed_by_nobody():
    found = look(call(0, ""), call(1, ""), call(5000, BOB, "answered"))
    assert (found["missed"], found["withheld"], found["people"]) == (2, 2, 0)


def test_an_empty_log_has_a_result_and_a_finding():
    found = look()
    assert found["calls"] == 0 and findings.findings(found)[0].code == "empty"
    assert value.worth(found, Assumptions()).high == 0


def test_calls_of_more_than_a_run_come_back_in_order():
    dice = random.Random(3)
    calls = [call(dice.randrange(10**6), row=n + 2, ring=None) for n in range(RUN + 500)]
    dice.shuffle(calls)
    found = list(ordered(calls))
    assert len(found) == len(calls) and set(found) == set(calls)
    assert all(a.started_at <= b.started_at for a, b in pairwise(found))


def test_the_value_is_a_range_of_what_is_assumed():
    found = {"days": 30.4, "lost": 100}
    worth = value.worth(found, Assumptions(50, 20, 40, 100, 300))
    assert (worth.lost_a_month, worth.low, worth.high, worth.is_short) == (100, 1000, 6000, False)
    short = value.worth({"days": 2.0, "lost": 10}, Assumptions())
    assert short.is_short and short.lost_a_month == round(10 * 30.4 / 7, 1)


@pytest.mark.parametrize(
    ("raw", "fields"),
    [({"new_share": "101"}, {"new_share"}), ({"ticket_low": "-1"}, {"ticket_low"}),
     ({"book_low": "50", "book_high": "40"}, {"book_high"}), ({"ticket_low": "many"}, {"ticket_low"}),
     ({"ticket_low": "٣"}, {"ticket_low"}), ({"ticket_low": "900", "ticket_high": "100"}, {"ticket_high"})],
)  # fmt: skip
def test_wrong_assumptions_name_their_fields(raw, fields):
    with pytest.raises(value.AssumptionError) as wrong:
        value.assumed(raw)
    assert set(wrong.value.problems) == fields


def test_money_is_read_as_people_write_it():
    assert value.assumed({"ticket_low": "$1,200", "ticket_high": "5000"}).ticket_low == 1200


def test_suggested_rules_are_rules_and_answer_the_findings():
    lunch = [
        call(120 + n * 9 + day * 1440, f"+1312555{n:04d}") for day in range(5) for n in range(12)
    ]
    morning = [
        call(n + day * 1440, f"+1312556{n:04d}", "answered") for day in range(5) for n in range(20)
    ]
    night = [call(700 + n + day * 1440, f"+1312557{n:04d}") for day in range(5) for n in range(8)]
    calls = sorted(lunch + morning + night, key=lambda each: each.started_at)
    found = look(*calls, call(20_000, BOB), call(20_010, BOB), call(40_000, CAL, "answered"))
    rules = [each.rule for each in findings.suggestions(found)]
    assert [rule.id for rule in rules] == [
        "audit-second-call", "audit-worst-hours", "audit-closed", "audit-all",
    ]  # fmt: skip
    assert load(dump(rules)) == tuple(rules)
    worst = rules[1].when
    assert worst.from_time is not None and worst.from_time.hour == 12


def test_nothing_is_suggested_where_nothing_was_missed():
    assert findings.suggestions(look(call(0, ANN, "answered"))) == []


def test_hours_on_one_line():
    assert written("mon-fri 9:00-17:00, sat 9:00-12:00") == [
        *[[day, "09:00", "17:00"] for day in range(5)], [5, "09:00", "12:00"],
    ]  # fmt: skip
    assert written("sat-mon 8:00 to 12:00") == [[0, "08:00", "12:00"], [5, "08:00", "12:00"], [6, "08:00", "12:00"]]  # fmt: skip
    assert written("weekdays") is None and written("mon 17:00-9:00") is None
    assert written("never") == [] and len(written("always") or []) == 7


@pytest.mark.parametrize(
    "raw", ["x", [[7, "9:00", "10:00"]], [[0, "10:00", "9:00"]], [[0, "x", "9"]], [1]]
)
def test_wrong_hours_are_none(raw):
    assert spans_of(raw) is None


def test_hours_of_a_stored_log_are_a_week():
    week = week_of("America/Chicago", spans_of([[0, "9:00", "17:00"]]) or [])
    assert week.spans == (Span(0, time(9), time(17)),)


def test_the_picture_shades_shares_and_leaves_empty_hours_empty():
    assert [heat.step_of(*pair) for pair in ((2, 2), (100, 0), (100, 5), (100, 29), (100, 30), (100, 50))] == [-1, 0, 1, 2, 3, 4]  # fmt: skip
    found = look(*(call(n, f"+1312555{n:04d}") for n in range(4)))
    cell = heat.cells(found["grid"])[0][10]
    assert (cell.step, cell.words) == (4, "Monday 10 AM: 4 of 4 calls missed (100%)")
    assert "Monday 10 AM: 4 of 4" in heat.in_words(found)
