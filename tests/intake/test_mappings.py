"""Every system's examples (tests/payloads) are read in our words; anything else is refused by its field."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.intake.events import (
    BadReport,
    CallReport,
    Skipped,
    Unreadable,
    dump,
    load,
    parse,
    storable,
)
from calls.intake.facts import call_key, event_key
from calls.intake.mappings import MAPPINGS

PAYLOADS = Path(__file__).resolve().parents[1] / "payloads"
BEGAN = datetime(2026, 11, 21, 16, 4, 2, tzinfo=UTC)
NOW = BEGAN + timedelta(minutes=2)
CALLER = "3125550142"


def payload(system: str, name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / system / f"{name}.json").read_text())


def read(system: str, name: str) -> CallReport | Skipped:
    return MAPPINGS[system].read(payload(system, name), NOW, "")


# system, example -> type, outcome, direction, seconds from the call's start to its end or None
EXPECTED = {
    ("generic", "missed"): ("ended", "no_answer", "inbound", 23),
    ("generic", "answered"): ("ended", "answered", "inbound", 23),
    ("generic", "voicemail"): ("ended", "voicemail", "inbound", 23),
    ("generic", "outbound"): ("ended", "answered", "outbound", 23),
    ("generic", "ringing"): ("ringing", "", "inbound", None),
    ("generic", "caller_hung_up"): ("ended", "caller_hung_up", "inbound", 3),
    ("generic", "test"): ("test", "", "inbound", None),
    ("ringcentral", "ringing"): ("ringing", "", "inbound", None),
    ("ringcentral", "answered"): ("answered", "answered", "inbound", None),
    ("ringcentral", "answered_ended"): ("ended", "answered", "inbound", 38),
    ("ringcentral", "missed"): ("ended", "no_answer", "inbound", 23),
    ("ringcentral", "missed_caller_hung_up"): ("ended", "caller_hung_up", "inbound", 7),
    ("ringcentral", "voicemail"): ("ended", "voicemail", "inbound", 20),
    ("ringcentral", "outbound"): ("ended", "answered", "outbound", 23),
    ("aircall", "created"): ("ringing", "", "inbound", None),
    ("aircall", "answered"): ("answered", "answered", "inbound", None),
    ("aircall", "answered_ended"): ("ended", "answered", "inbound", 38),
    ("aircall", "missed"): ("ended", "no_answer", "inbound", 23),
    ("aircall", "missed_ended"): ("ended", "no_answer", "inbound", 23),
    ("aircall", "missed_short"): ("ended", "caller_hung_up", "inbound", 3),
    ("aircall", "missed_closed"): ("ended", "no_answer", "inbound", 6),
    ("aircall", "voicemail"): ("ended", "voicemail", "inbound", 34),
    ("aircall", "outbound"): ("ended", "answered", "outbound", 30),
    ("aircall", "withheld"): ("ended", "no_answer", "inbound", 23),
    ("quo", "ringing"): ("ringing", "", "inbound", None),
    ("quo", "answered"): ("ended", "answered", "inbound", 39),
    ("quo", "missed"): ("ended", "no_answer", "inbound", 23),
    ("quo", "missed_event"): ("ended", "no_answer", "inbound", 23),
    ("quo", "in_app"): ("ended", "no_answer", "inbound", 23),
    ("quo", "voicemail"): ("ended", "voicemail", "inbound", 23),
    ("quo", "outbound"): ("ended", "answered", "outbound", 28),
    ("quo", "abandoned"): ("ended", "caller_hung_up", "inbound", 3),
    ("dialpad", "ringing"): ("ringing", "", "inbound", None),
    ("dialpad", "connected"): ("answered", "answered", "inbound", None),
    ("dialpad", "answered_hangup"): ("ended", "answered", "inbound", 39),
    ("dialpad", "missed"): ("ended", "no_answer", "inbound", 23),
    ("dialpad", "missed_ivr"): ("ended", "caller_hung_up", "inbound", 4),
    ("dialpad", "voicemail"): ("ended", "voicemail", "inbound", 31),
    ("dialpad", "outbound"): ("ended", "answered", "outbound", 20),
    ("3cx", "missed"): ("ended", "no_answer", "inbound", 23),
    ("3cx", "missed_other_agent"): ("ended", "no_answer", "inbound", 23),
    ("3cx", "answered"): ("ended", "answered", "inbound", 23),
    ("3cx", "outbound"): ("ended", "answered", "outbound", 68),
    ("3cx", "outbound_not_answered"): ("ended", "no_answer", "outbound", 23),
    ("3cx", "old_version"): ("ended", "no_answer", "inbound", 23),
}
SKIPPED = {
    ("ringcentral", "moved"), ("ringcentral", "subscription_notice"), ("aircall", "tagged"),
    ("quo", "message"), ("dialpad", "missed_leg"), ("dialpad", "recap"), ("dialpad", "internal"),
}  # fmt: skip
ALL = sorted((path.parent.name, path.stem) for path in PAYLOADS.glob("*/*.json"))


def test_every_example_is_expected_and_every_system_has_some():
    assert set(ALL) == set(EXPECTED) | SKIPPED
    assert {system for system, _ in ALL} == set(MAPPINGS)
    for system in MAPPINGS:
        outcomes = {EXPECTED[key][1] for key in EXPECTED if key[0] == system}
        assert {"answered", "no_answer"} <= outcomes, system


@pytest.mark.parametrize(("system", "name"), sorted(EXPECTED))
def test_an_example_in_our_words(system, name):
    report = read(system, name)
    assert isinstance(report, CallReport)
    kind, outcome, direction, seconds = EXPECTED[(system, name)]
    assert (report.type, report.outcome, report.direction) == (kind, outcome, direction)
    assert report.event_id
    assert report.call_id
    if kind == "test":
        return
    assert report.started_at == BEGAN
    if seconds is None:
        assert report.ended_at is None
    else:
        assert (report.ended_at - BEGAN).total_seconds() == seconds
    digits = "".join(c for c in report.caller if c.isdigit())
    if name == "withheld":
        assert report.caller == "anonymous"
    elif direction == "inbound":
        assert digits.endswith(CALLER)
    assert load(json.loads(json.dumps(dump(report)))) == report


@pytest.mark.parametrize(("system", "name"), sorted(SKIPPED))
def test_what_tells_nothing_of_an_answer_is_left_aside_with_a_reason(system, name):
    assert read(system, name).why


def test_events_of_one_call_share_its_id_and_have_their_own():
    for system, names in {
        "aircall": ("created", "answered", "missed"),
        "dialpad": ("ringing", "connected", "answered_hangup"),
        "ringcentral": ("ringing", "answered", "answered_ended"),
        "quo": ("ringing", "answered"),
        "3cx": ("missed", "missed_other_agent", "answered"),
        "generic": ("ringing", "answered"),
    }.items():
        reports = [read(system, name) for name in names]
        assert len({report.call_id for report in reports}) == 1, system
        assert len({report.event_id for report in reports}) == len(names), system


def test_how_long_they_talked():
    assert read("aircall", "answered_ended").talk_seconds == 29
    assert read("quo", "answered").talk_seconds == 30
    assert read("dialpad", "answered_hangup").talk_seconds == 30
    assert read("3cx", "answered").talk_seconds == 14
    assert read("generic", "answered").talk_seconds == 14


# --- the matrix of what is wrong -----------------------------------------------------------------
WRONG = [
    ("generic", {"event_id": None}, "event_id"),
    ("generic", {"event_id": "x" * 201}, "event_id"),
    ("generic", {"event_id": ["x"]}, "event_id"),
    ("generic", {"event_id": "a\x00b"}, "event_id"),
    ("generic", {"call_id": ""}, "call_id"),
    ("generic", {"call_id": True}, "call_id"),
    ("generic", {"type": "call.exploded"}, "type"),
    ("generic", {"type": None}, "type"),
    ("generic", {"type": {}}, "type"),
    ("generic", {"direction": "sideways"}, "direction"),
    ("generic", {"from": None}, "from"),
    ("generic", {"from": "front desk"}, "from"),
    ("generic", {"from": {"number": "1"}}, "from"),
    ("generic", {"to": "front desk"}, "to"),
    ("generic", {"line": "main"}, "line"),
    ("generic", {"outcome": "abducted"}, "outcome"),
    ("generic", {"outcome": None}, "outcome"),
    ("generic", {"type": "call.missed", "outcome": "answered"}, "outcome"),
    ("generic", {"started_at": None}, "started_at"),
    ("generic", {"started_at": "yesterday"}, "started_at"),
    ("generic", {"started_at": "2026-11-21T16:04:02"}, "started_at"),
    ("generic", {"started_at": 1e300}, "started_at"),
    ("generic", {"started_at": "2026-11-21T17:04:02Z"}, "started_at"),
    ("generic", {"started_at": "2020-11-21T16:04:02Z"}, "started_at"),
    ("generic", {"started_at": True}, "started_at"),
    ("generic", {"ended_at": "2026-11-21T17:04:02Z"}, "ended_at"),
    ("generic", {"ended_at": "2026-11-21T16:04:01Z"}, "ended_at"),
    ("generic", {"ended_at": []}, "ended_at"),
    ("generic", {"talk_seconds": -1}, "talk_seconds"),
    ("generic", {"talk_seconds": "long"}, "talk_seconds"),
    ("generic", {"ring_seconds": 1e9}, "ring_seconds"),
    ("generic", {"voicemail_seconds": True}, "voicemail_seconds"),
    ("ringcentral", {"uuid": None}, "uuid"),
    ("ringcentral", {"body": None}, "body"),
    ("ringcentral", {"timestamp": "soon"}, "timestamp"),
    ("aircall", {"event": None}, "event"),
    ("aircall", {"data": []}, "data"),
    ("aircall", {"timestamp": None}, "timestamp"),
    ("quo", {"id": None}, "id"),
    ("quo", {"data": {"object": 1}}, "data.object"),
    ("dialpad", {"state": None}, "state"),
    ("dialpad", {"call_id": None}, "call_id"),
    ("dialpad", {"direction": "up"}, "direction"),
    ("dialpad", {"date_ended": 99999999999999}, "date_ended"),
    ("dialpad", {"event_timestamp": None}, "event_timestamp"),
    ("3cx", {"call_type": "Lost"}, "call_type"),
    ("3cx", {"started_at": ""}, "started_at"),
    ("3cx", {"duration": "a while"}, "duration"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "change", "field"), WRONG)
def test_what_is_wrong_is_named(system, change, field):
    body = payload(system, "missed") | change
    with pytest.raises(BadReport) as bad:
        MAPPINGS[system].read(body, NOW, "")
    assert bad.value.field == field
    assert bad.value.sentence
    assert bad.value.code


@pytest.mark.parametrize(
    ("system", "change", "field"),
    [
        ("generic", {"started_at": "9999-12-31T23:59:59Z", "ended_at": None, "ring_seconds": 20}, "started_at"),
        ("generic", {"answered_at": "0001-01-01T00:00:00Z"}, "answered_at"),
        ("3cx", {"started_at": "9999-12-31T23:59:59Z", "duration": "00:10:00"}, "started_at"),
        ("dialpad", {"date_started": 253402300799000}, "date_started"),
    ],
)  # fmt: skip
def test_a_time_outside_ours_is_a_wrong_entry(system, change, field):
    with pytest.raises(BadReport) as bad:
        MAPPINGS[system].read(payload(system, "missed") | change, NOW, "")
    assert bad.value.field == field


@pytest.mark.parametrize("never", [0, "0", None, ""])
def test_programs_write_never_as_nothing(never):
    body = payload("generic", "missed") | {"answered_at": never}
    assert MAPPINGS["generic"].read(body, NOW, "").answered_at is None
    body = payload("dialpad", "missed") | {"date_connected": never}
    assert MAPPINGS["dialpad"].read(body, NOW, "").is_missed


def test_an_answer_before_the_call_is_no_moment():
    for system, answered in (
        ("generic", "2026-11-20T16:04:25Z"),
        ("generic", "2026-11-21T18:00:00Z"),
    ):
        body = payload(system, "answered") | {"answered_at": answered}
        report = MAPPINGS[system].read(body, NOW, "")
        assert (report.outcome, report.answered_at) == ("answered", None)


def test_a_nested_field_is_named_in_full():
    body = payload("aircall", "missed")
    body["data"]["direction"] = "up"
    with pytest.raises(BadReport) as bad:
        MAPPINGS["aircall"].read(body, NOW, "")
    assert bad.value.field == "data.direction"
    body = payload("quo", "missed")
    body["data"]["object"]["createdAt"] = "soon"
    with pytest.raises(BadReport) as bad:
        MAPPINGS["quo"].read(body, NOW, "")
    assert bad.value.field == "data.object.createdAt"
    body = payload("ringcentral", "missed")
    body["body"]["parties"][0]["status"]["code"] = "Exploded"
    with pytest.raises(BadReport) as bad:
        MAPPINGS["ringcentral"].read(body, NOW, "")
    assert bad.value.field == "body.parties[0].status.code"


def test_what_people_send_is_understood():
    body = payload("generic", "missed") | {"from": 3125550142, "started_at": 1795277042}
    report = MAPPINGS["generic"].read(body, NOW, "")
    assert (report.caller, report.started_at) == ("3125550142", BEGAN)
    short = {"event_id": 7, "call_id": 8, "type": "call.missed", "from": "(312) 555-0142"}
    report = MAPPINGS["generic"].read({**short, "started_at": "1795277042"}, NOW, "")
    assert (report.event_id, report.call_id, report.outcome) == ("7", "8", "no_answer")
    assert report.ended_at == BEGAN
    for withheld in ("anonymous", "Unknown", "private", "+266696687"):
        assert MAPPINGS["generic"].read(body | {"from": withheld}, NOW, "").caller == ""


def test_a_clock_a_little_ahead_is_believed():
    ahead = (NOW + timedelta(minutes=4)).isoformat()
    report = MAPPINGS["generic"].read(payload("generic", "missed") | {"ended_at": ahead}, NOW, "")
    assert report.ended_at == NOW + timedelta(minutes=4)


# --- hostile input: refused by its field, or read; never anything else -----------------------------
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from(["2026-11-21T16:04:02Z", "inbound", "call.ended", "+13125550142", "NaN", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += paths(inner, (*at, name))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            found += paths(inner, (*at, number))
    return found


PLACES = [(s, n, path) for s, n in ALL for path in paths(payload(s, n))]


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(PLACES), VALUES)
def test_anything_anywhere_is_read_or_refused(place, value):
    system, name, path = place
    body: Any = copy.deepcopy(payload(system, name))
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    try:
        result = MAPPINGS[system].read(body, NOW, "")
    except BadReport as bad:
        assert bad.sentence
    else:
        assert isinstance(result, CallReport | Skipped)
        if isinstance(result, CallReport):
            assert json.dumps(dump(result))
            assert len(call_key(2**62, result.call_id)) <= 64
            assert len(event_key(2**62, result.event_id)) <= 200


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(raw):
    try:
        assert isinstance(parse(raw), dict)
    except (Unreadable, BadReport) as refused:
        assert str(refused)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": ' + b"[" * 100_000, b'{"a": 1' + b"0" * 5000],
)
def test_what_is_no_json_is_unreadable(raw):
    with pytest.raises(Unreadable):
        parse(raw)


@pytest.mark.parametrize("raw", [b"[]", b"[{}]", b'"text"', b"1", b"null"])
def test_what_is_no_object_is_refused(raw):
    with pytest.raises(BadReport) as bad:
        parse(raw)
    assert bad.value.field == ""


def test_what_is_kept_can_be_stored():
    deep: Any = "x"
    for _ in range(50):
        deep = {"in": deep}
    kept = storable({"a\x00": "b\x00c\ud800", "deep": deep, "list": [1, None, True]})
    assert kept["a"] == "bc?"
    assert "nested deeper" in json.dumps(kept)
    assert kept["list"] == [1, None, True]
