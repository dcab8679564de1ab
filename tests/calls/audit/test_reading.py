"""Rows of many systems become calls: times, durations, outcomes, legs, and lines that are broken."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from calls.audit import columns, sheet
from calls.audit.legs import Merger
from calls.audit.moments import DAY_FIRST, MONTH_FIRST, UNCLEAR, Clock, DateOrder, seconds_of
from calls.audit.reading import Reader, number_of
from calls.audit.rows import Lines, Row, delimiter_of, rows, tell_apart
from calls.audit.shapes import Logged, Problem

CHICAGO = ZoneInfo("America/Chicago")


def read(text: str, order: str = MONTH_FIRST) -> tuple[list[Logged], list[Problem], Reader]:
    """Read a whole file as the import does."""
    layout = sheet.look([text])
    mapping = columns.guess(layout.headings)
    columns.check(mapping.columns)
    zone = ZoneInfo("UTC") if mapping.is_utc else CHICAGO
    reader, merger = Reader(mapping, Clock(zone, order), len(layout.headings)), Merger()
    calls, problems = [], []
    for row in sheet.body([text], layout)[1]:
        found = row if isinstance(row, Problem) else reader.read(row)
        if isinstance(found, Problem):
            problems.append(found)
        elif found is not None:
            calls += merger.add(found)
    return calls + list(merger.rest()), problems, reader


def brief(calls: list[Logged]) -> list[tuple]:
    return [(c.outcome, c.because, c.caller, c.is_inbound, c.talk_seconds) for c in calls]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-01-02 15:04:05", "2026-01-02T21:04:05+00:00"),
        ("2026-01-02T15:04:05Z", "2026-01-02T15:04:05+00:00"),
        ("2026-01-02T15:04:05.123-06:00", "2026-01-02T21:04:05.123000+00:00"),
        ("1/2/2026 3:04 PM", "2026-01-02T21:04:00+00:00"),
        ("1/2/26 15:04", "2026-01-02T21:04:00+00:00"),
        ("01/02/2026, 12:00 a.m.", "2026-01-02T06:00:00+00:00"),
        ("1767366245", "2026-01-02T15:04:05+00:00"),
        ("1767366245000", "2026-01-02T15:04:05+00:00"),
        ("20260102150405", "2026-01-02T21:04:05+00:00"),
        ("15:04:05 CDT 2026-07-02", "2026-07-02T20:04:05+00:00"),
        ("Fri, 02 Jan 2026 15:04:05 +0000", "2026-01-02T15:04:05+00:00"),
        ("January 2, 2026 at 3:04 PM", "2026-01-02T21:04:00+00:00"),
        ("Friday, 2 Jan 2026 15:04", "2026-01-02T21:04:00+00:00"),
        ("2026-07-02 15:04:05", "2026-07-02T20:04:05+00:00"),  # daylight saving
    ],
)
def test_times_as_systems_write_them(written, read_as):
    found = Clock(CHICAGO).read(written)
    assert found is not None and found.isoformat() == read_as


@pytest.mark.parametrize(
    "junk",
    ["", "Total", "13/13/2026 3:00", "1/2/2026", "1/2/2026 25:00", "1/2/2026 13:00 PM", "5",
     "2026-02-30 10:00", "x 1/2/2026 3:04", "99999999999999", "=1+1"],
)  # fmt: skip
def test_what_is_no_time_is_none(junk):
    assert Clock(CHICAGO).read(junk) is None


@pytest.mark.parametrize(
    ("dates", "order", "contradicts"),
    [
        (["1/13/2026 9:00", "1/2/2026 9:00"], MONTH_FIRST, False),
        (["13.1.2026 9:00", "2.1.2026 9:00"], DAY_FIRST, False),
        (["1/2/2026 9:00", "3/4/2026 9:00"], UNCLEAR, False),
        (["1/13/2026 9:00", "14/1/2026 9:00", "15/1/2026 9:00"], DAY_FIRST, True),
        (["2026-01-13 9:00"], UNCLEAR, False),
    ],
)
def test_the_order_of_dates_is_told_by_the_whole_file(dates, order, contradicts):
    seen = DateOrder()
    for text in dates:
        seen.see(text)
    assert (seen.order, seen.contradicts) == (order, contradicts)


def test_an_order_nobody_can_see_is_said_to_matter():
    seen = DateOrder()
    seen.see("1/2/2026 9:00")
    assert seen.matters and seen.order == UNCLEAR and seen.example == "1/2/2026"
    same = DateOrder()
    same.see("2/2/2026 9:00")
    assert not same.matters


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("0:35", "s", 35), ("35", "s", 35), ("35 s", "s", 35), ("00:00:35", "s", 35),
        ("1:02:03", "s", 3723), ("1m 5s", "s", 65), ("PT1M5S", "s", 65), ("2", "min", 120),
        ("1.5", "min", 90), ("35000", "ms", 35), ("12 min", "s", 720), ("-", "s", None),
        ("", "s", None), ("abc", "s", None), ("1e9", "s", None),
    ],
)  # fmt: skip
def test_durations(text, unit, seconds):
    assert seconds_of(text, unit) == seconds


@pytest.mark.parametrize(
    ("raw", "number", "inside"),
    [
        ("+13125550142", "+13125550142", False),
        ("(312) 555-0142", "+13125550142", False),
        ("1-312-555-0142", "+13125550142", False),
        ("tel:+13125550142", "+13125550142", False),
        ('"Ann" <3125550142>', "+13125550142", False),
        ("sip:+13125550142@sip.example.com", "+13125550142", False),
        ("312-555-0142 x12", "+13125550142", False),
        ("101", "", True), ("Ext. 204", "", True),
        ("Anonymous", "", False), ("", "", False), ("=HYPERLINK(1)", "", False),
    ],
)  # fmt: skip
def test_numbers_as_exports_write_them(raw, number, inside):
    assert number_of(raw) == (number, inside)


EXPORTS = {
    "RingCentral": (
        'Type,Phone Number,Name,Date,Time,Action,Action Result,Duration\n'
        'Incoming,(312) 555-0142,Ann,Fri 01/02/2026,3:04 PM,Phone Call,Missed,0:00:20\n'
        'Incoming,(312) 555-0143,Bob,Fri 01/02/2026,3:05 PM,Phone Call,Accepted,0:01:05\n'
        'Outgoing,(312) 555-0142,Ann,Fri 01/16/2026,3:06 PM,VoIP Call,Call connected,0:00:44\n'
        'Incoming,(312) 555-0144,,Fri 01/02/2026,3:07 PM,Phone Call,Voicemail,0:00:30\n',
        [("missed", "no_answer", "+13125550142", True, None),
         ("answered", "", "+13125550143", True, 65),
         ("answered", "", "+13125550142", False, 44),
         ("voicemail", "no_answer", "+13125550144", True, 30)],
    ),
    "Asterisk": (
        'calldate,clid,src,dst,duration,billsec,disposition,lastapp,uniqueid\n'
        '2026-01-02 15:04:05,"Ann <3125550142>",3125550142,3125550100,22,0,NO ANSWER,Dial,1.1\n'
        '2026-01-02 15:05:05,x,3125550143,3125550100,70,60,ANSWERED,Dial,1.2\n'
        '2026-01-02 15:06:05,x,3125550144,3125550100,40,30,ANSWERED,VoiceMail,1.3\n'
        '2026-01-02 15:07:05,x,101,102,40,30,ANSWERED,Dial,1.4\n'
        '2026-01-02 15:08:05,x,3125550145,3125550100,3,0,BUSY,Dial,1.5\n',
        [("missed", "no_answer", "+13125550142", True, None),
         ("answered", "", "+13125550143", True, 60),
         ("voicemail", "no_answer", "+13125550144", True, 30),
         ("missed", "busy", "+13125550145", True, None)],
    ),
    "3CX": (
        'historyid;callid;duration;time-start;time-answered;time-end;reason-terminated;from-no;to-no\n'
        '1;a;00:00:20;2026/01/02 15:04:05;;2026/01/02 15:04:25;TerminatedBySrc;+13125550142;100\n'
        '2;b;00:01:00;2026/01/02 15:05:05;2026/01/02 15:05:10;2026/01/02 15:06:05;TerminatedByDst;+13125550143;100\n',
        [("missed", "caller_hung_up", "+13125550142", True, None),
         ("answered", "", "+13125550143", True, 55)],
    ),
    "Twilio": (
        'Call Sid,Parent Call Sid,From,To,Direction,Status,Start Time,Duration\n'
        'CA1,,+13125550142,+13125550100,inbound,completed,2026-01-02 15:04:05 UTC,40\n'
        'CA2,CA1,+13125550142,+13125550190,outbound-dial,no-answer,2026-01-02 15:04:06 UTC,0\n'
        'CA3,,+13125550143,+13125550100,inbound,completed,2026-01-02 15:05:05 UTC,40\n'
        'CA4,CA3,+13125550143,+13125550190,outbound-dial,completed,2026-01-02 15:05:06 UTC,30\n',
        [("missed", "no_answer", "+13125550142", True, None),
         ("answered", "", "+13125550143", True, 30)],
    ),
    "Aircall": (
        'direction,started_at,from,to,answered_at,missed_call_reason,duration\n'
        'inbound,1767366245,+13125550142,+13125550100,,agents_did_not_answer,20\n'
        'inbound,1767366345,+13125550143,+13125550100,1767366350,,20\n'
        'inbound,1767366445,+13125550144,+13125550100,,short_abandoned,4\n',
        [("missed", "no_answer", "+13125550142", True, None),
         ("answered", "", "+13125550143", True, 15),
         ("missed", "caller_hung_up", "+13125550144", True, None)],
    ),
    "a phone bill": (
        'Wireless statement for 312-555-0100\n\n'
        'Date\tTime\tNumber\tDestination\tMinutes\n'
        '1/13/2026\t3:04 PM\t312-555-0142\tIncoming\t2\n'
        '1/13/2026\t3:09 PM\t312-555-0143\tChicago, IL\t1\n',
        [("answered", "", "+13125550142", True, 120), ("answered", "", "+13125550143", False, 60)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("system", EXPORTS)
def test_exports_of_common_systems_are_known_by_their_headings(system):
    text, wanted = EXPORTS[system]
    calls, problems, _ = read(text)
    assert problems == []
    assert brief(calls) == wanted
    assert columns.system_of(sheet.look([text]).headings) == system


def test_calls_between_own_phones_and_texts_are_left_out_and_counted():
    text = (
        "Start,From,To,Direction,Result,Type\n"
        "2026-01-02 15:04:05,101,102,internal,answered,Voice\n"
        "2026-01-02 15:04:05,+13125550142,+13125550100,in,answered,SMS\n"
        "2026-01-02 15:04:05,+13125550142,+13125550100,in,answered,Voice\n"
    )
    calls, problems, reader = read(text)
    assert (len(calls), problems) == (1, [])
    assert dict(reader.skipped) == {"internal": 1, "not_a_call": 1}


def test_broken_rows_cost_one_line_each_and_are_named():
    text = (
        "Start,From,Result\n"
        "2026-01-02 15:04:05,+13125550142,Answered\n"
        "soon,+13125550142,Answered\n"
        "2026-01-02 15:05:05,+13125550142\n"
        "2026-01-02 15:06:05,Smith, Ann,Answered\n"
        "2026-01-02 15:07:05,+13125550142,Purple\n"
        '2026-01-02 15:08:05,"+13125550142,Answered\n'
        "2026-01-02 15:09:05,+13125550143,Missed\n"
    )
    calls, problems, _ = read(text)
    assert [(p.line, p.code) for p in problems] == [
        (3, "time"), (4, "short"), (5, "long"), (6, "outcome"), (7, "quote"),
    ]  # fmt: skip
    assert [c.row for c in calls] == [2, 8]
    assert "Purple" in problems[3].words


def test_an_answer_of_no_second_is_missed_and_known_as_such():
    text = (
        "Start,From,Direction,Result,Duration\n"
        "2026-01-02 15:04:05,+13125550142,in,Answered,0:00:00\n"
        "2026-01-02 15:05:05,+13125550143,in,Answered,\n"
        "2026-01-02 15:06:05,+13125550144,in,Answered,0:12\n"
        "2026-01-02 15:07:05,+13125550145,in,Missed,0\n"
        "2026-01-02 15:08:05,+13125550146,in,,0\n"
    )
    calls, problems, _ = read(text)
    assert (problems, [c.outcome for c in calls]) == (
        [], ["missed", "missed", "answered", "missed", "missed"],
    )  # fmt: skip
    assert [c.is_empty for c in calls] == [True, True, False, False, False]


def test_an_answer_without_its_moment_is_no_answer_of_no_second():
    text = "Start,From,Result,Answered at,Duration\n2026-01-02 15:04:05,+13125550142,Answered,,30\n"
    calls, _, _ = read(text)
    assert [(c.outcome, c.is_empty) for c in calls] == [("missed", False)]


def test_an_answer_of_no_second_is_known_where_a_call_has_several_legs():
    text = (
        "Call Sid,Parent Call Sid,From,To,Direction,Status,Start Time,Duration\n"
        "CA1,,+13125550142,+13125550100,inbound,completed,2026-01-02 15:04:05 UTC,40\n"
        "CA2,CA1,+13125550142,+13125550190,outbound-dial,completed,2026-01-02 15:04:06 UTC,0\n"
    )
    calls, _, _ = read(text)
    assert [(c.outcome, c.is_empty) for c in calls] == [("missed", True)]


def test_an_open_quote_in_a_long_file_swallows_nothing():
    line = "2026-01-02 15:04:05,+13125550142,Answered\n"
    text = "Start,From,Result\n" + line + 'x,"y,z\n' + line * 300
    calls, problems, _ = read(text)
    assert (len(calls), [(p.line, p.code) for p in problems]) == (301, [(3, "quote")])


def test_quoted_line_ends_belong_to_the_cell_and_lines_stay_true():
    text = 'Start,From,Result,Note\n2026-01-02 15:04:05,+13125550142,Answered,"two\nlines"\nbad,+1,x,\n'
    calls, problems, _ = read(text)
    assert (len(calls), [p.line for p in problems]) == (1, [4])


def test_a_line_without_end_is_cut_and_named():
    text = [
        "Start,From,Result\n",
        *["a" * 50_000] * 40,
        "\n2026-01-02 15:04:05,+13125550142,Answered",
    ]
    results = list(sheet.body(iter(text), sheet.look(iter(text)))[1])
    assert isinstance(results[0], Problem) and results[0].code == "long_line"
    assert isinstance(results[1], Row) and results[1].cells[1] == "+13125550142"
    assert len(results[0].raw) == 500


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [("a,b\n1,2\n", ","), ("a;b\n1,5;2\n3,5;4\n", ";"), ("a\tb\n1\t2\n", "\t"), ("a|b\n1|2\n", "|"),
     ("sep=;\na;b\n", ";"), ("one\ntwo\n", ",")],
)  # fmt: skip
def test_the_delimiter_is_detected(text, delimiter):
    assert delimiter_of(text) == delimiter


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_rows_are_the_same_however_the_text_comes(end, size):
    text = end.join(["a,b", '1,"x', 'y"', "", "2,z"])
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    found = [(row.line, row.cells) for row in rows(Lines(pieces), ",")]
    assert found == [(1, ["a", "b"]), (2, ["1", "x\ny"]), (5, ["2", "z"])]


def test_headings_are_told_apart():
    assert tell_apart(["Date", "Date", "", "Date"]) == ["Date", "Date (2)", "Column 3", "Date (3)"]


@pytest.mark.parametrize(
    ("raw", "field"),
    [({"nothing": "Start"}, "nothing"), ({"started": "Begin"}, "started"), ({"started": 0}, "caller"),
     ({"caller": "From"}, "started"), ({"started": 0, "caller": 1}, "outcome"),
     ({"started": True, "caller": 1}, "started"), ([], "mapping")],
)  # fmt: skip
def test_a_wrong_mapping_names_its_field(raw, field):
    with pytest.raises(columns.MappingError) as wrong:
        columns.read_mapping(raw, ["Start", "From", "Result"])
    assert wrong.value.field == field


def test_reading_goes_on_from_a_line():
    text = "Start,From,Result\n" + "".join(
        f'2026-01-02 15:04:{n:02d},+13125550142,"Answ\nered"\n' for n in range(10)
    )
    layout = sheet.look([text])
    whole = [row.line for row in sheet.body([text], layout)[1]]
    lines, found = sheet.body([text], layout)
    first = [next(found).line for _ in range(4)]
    rest = [row.line for row in sheet.body([text], layout, from_line=lines.line)[1]]
    assert first + rest == whole


def test_legs_far_apart_are_carried_from_portion_to_portion():
    text, _ = EXPORTS["Twilio"]
    layout = sheet.look([text])
    reader = Reader(columns.guess(layout.headings), Clock(CHICAGO), len(layout.headings))
    merger, calls = Merger(), []
    for row in sheet.body([text], layout)[1]:
        calls += merger.add(reader.read(row))
        merger = Merger(merger.carried())
    calls += merger.rest()
    assert [(c.outcome, c.row) for c in calls] == [("missed", 2), ("answered", 4)]
