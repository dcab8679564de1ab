"""Systems that tell of each phone they ring: nobody who is being answered is told that he was missed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

import pytest

from calls.intake.events import CallReport
from calls.intake.legs import RINGS_AT_MOST, Told, is_overtaken, rings_on_until
from calls.intake.mappings import MAPPINGS
from messaging.models import Message
from tenants.models import AgendaItem, EventState, ProviderEvent
from tests.intake.conftest import calls_of, nobody_else, payload, told_now
from tests.support.hooks import a_caller, texts_to
from tests.support.rules import change_rule

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(number: int, seconds: float, leg: str, kind: str, outcome: str = "") -> Told:
    report = CallReport(f"e{number}", "c", kind, outcome=outcome, leg=leg)
    return Told(number, report, NOW + timedelta(seconds=seconds))


MISS = told(1, 0, "a", "ended", "no_answer")


@pytest.mark.parametrize(
    ("mine", "others", "waits"),
    [
        (MISS, [], False),
        (MISS, [told(2, -20, "a", "ringing")], False),
        (MISS, [told(2, 1, "b", "ringing")], True),
        (MISS, [told(2, -20, "b", "ringing")], True),
        (MISS, [told(2, 1, "b", "ringing"), told(3, 4, "b", "ended", "busy")], False),
        (MISS, [told(2, -95, "b", "ringing")], False),
        (told(1, 0, "", "ended", "no_answer"), [told(2, 1, "b", "ringing")], False),
        (told(1, 0, "a", "ended", "answered"), [told(2, 1, "b", "ringing")], False),
    ],
)
def test_a_miss_waits_while_another_phone_rings(mine, others, waits):
    until = rings_on_until(mine, others, NOW + timedelta(seconds=5))
    assert until == (max(o.at for o in others) + RINGS_AT_MOST if waits else None)


@pytest.mark.parametrize(
    ("others", "overtaken"),
    [
        ([], False),
        ([told(2, -5, "b", "ended", "no_answer")], False),
        ([told(2, 5, "b", "ended", "no_answer")], True),
        ([told(2, 0, "b", "ended", "no_answer")], True),
        ([told(2, -5, "b", "answered", "answered")], True),
        ([told(2, -5, "", "ended", "voicemail")], True),
        ([told(2, 5, "b", "ringing")], False),
    ],
)
def test_the_last_phone_decides(others, overtaken):
    assert is_overtaken(MISS, others) == overtaken
    assert not is_overtaken(told(1, 0, "", "ended", "no_answer"), others)


def ringcentral(caller: str, name: str, leg: str, uuid: str) -> dict:
    body = told_now(payload("ringcentral", name), caller)
    body = copy.deepcopy(body) | {"uuid": uuid}
    body["body"]["parties"][0]["id"] = leg
    return body


def test_the_call_rings_on_elsewhere_and_is_answered(
    system, work, pass_time, stand_in, dentist, plumber
):
    pbx, caller = system("ringcentral"), a_caller()
    pbx.send(ringcentral(caller, "ringing", "p-1", "u1"))
    pbx.send(ringcentral(caller, "missed", "p-1", "u2"))
    pbx.send(ringcentral(caller, "ringing", "p-2", "u3"))
    pass_time(MAPPINGS["ringcentral"].settles)
    work()
    assert calls_of(plumber) == [] and stand_in.requests == []
    # It is asked again when the second phone can ring no longer.
    waiting = AgendaItem.objects.get(kind="calls.reported_event")
    assert waiting.due_at > datetime.now(UTC) + timedelta(seconds=60)
    pbx.send(ringcentral(caller, "answered", "p-2", "u4"))
    pbx.send(ringcentral(caller, "answered_ended", "p-2", "u5"))
    pass_time(100)
    work()
    [call] = calls_of(plumber)
    assert (call.outcome, call.decision_reason) == ("answered", "ANSWERED")
    assert stand_in.requests == [] and not AgendaItem.objects.filter(kind="calls.reported_event")
    nobody_else(dentist)


def test_two_phones_that_were_missed_are_one_text(system, work, pass_time, stand_in, plumber):
    pbx, caller = system("ringcentral"), a_caller()
    for leg in ("p-1", "p-2"):
        pbx.send(ringcentral(caller, "ringing", leg, f"r{leg}"))
        pbx.send(ringcentral(caller, "missed", leg, f"m{leg}"))
    pass_time(MAPPINGS["ringcentral"].settles + 1)
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    [call] = calls_of(plumber)
    assert call.missed_because == "no_answer"
    notes = ProviderEvent.objects.filter(provider="reported", state=EventState.PROCESSED)
    assert sum("One phone of several" in note for note in notes.values_list("note", flat=True)) == 1


def test_a_late_answer_calls_off_what_has_not_left(system, work, pass_time, stand_in, plumber):
    pbx, caller = system("3cx"), a_caller()
    with plumber.scope():
        change_rule(delay=60)
    pbx.send(told_now(payload("3cx", "missed"), caller))
    pass_time(30)
    work()
    assert calls_of(plumber) == []  # a colleague may still be talking to them
    pass_time(31)
    work()
    [call] = calls_of(plumber)
    assert call.decision == "hold"
    pbx.send(told_now(payload("3cx", "answered"), caller))
    work()
    pass_time(120)
    work()
    [call] = calls_of(plumber)
    assert (call.outcome, call.decision_reason) == ("answered", "ANSWERED")
    assert texts_to(stand_in.requests, caller) == []
    with plumber.scope():
        assert Message.objects.get(author="rule").status == "cancelled"


def test_where_a_recording_lies_is_not_kept(pbx, work, plumber):
    link = "https://pbx.example/recordings/1.mp3"
    answer = pbx.send(pbx.event(a_caller(), recording_url=link))
    assert answer.status_code == 202
    work()
    [call] = calls_of(plumber)
    event = ProviderEvent.objects.get(provider="reported")
    assert link not in f"{event.params} {call.facts} {call.receipt}"
