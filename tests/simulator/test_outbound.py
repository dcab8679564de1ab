"""Calls the platform places on the simulated network, its list of calls, its lookups, its sounds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from calls.models import Call
from messaging.plan import Hangup, Say
from messaging.providers import provider
from messaging.providers.base import BadRecording, Credentials, PlacedCall
from tenants.models import PhoneNumber
from tests.support.hooks import a_caller

HELLO = (Say("This is a check of your line."), Hangup())


def signed_in(biz) -> Credentials:
    return Credentials(biz.account_sid, biz.token)


def listed(biz) -> list:
    now = datetime.now(UTC)
    day = timedelta(hours=1)
    return list(provider("simulator").list_calls(signed_in(biz), now - day, now + day))


def ended(biz, call_id: str):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = [call for call in listed(biz) if call.call_id == call_id and call.ended_at]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"the call did not end: {listed(biz)}")


def test_a_placed_call_arrives_as_any_caller_s(simulator, plumber, dentist, work):
    caller = a_caller()
    placed = provider("simulator").place_call(
        signed_in(plumber), PlacedCall(caller, plumber.number, HELLO, rehearse="busy+fast")
    )
    assert placed.kind == "accepted", placed
    leg = ended(plumber, placed.call_id)
    assert (leg.direction, leg.caller, leg.called) == ("outbound-api", caller, plumber.number)
    time.sleep(0.2)
    work()
    with plumber.scope():
        call = Call.objects.get(contact__phone=caller)
        assert (call.outcome, call.missed_because) == ("missed", "busy")
        assert call.provider_id != placed.call_id  # the leg that arrives has an id of its own
    arrived = [call for call in listed(plumber) if call.direction == "inbound"]
    assert [(call.caller, call.status) for call in arrived] == [(caller, "completed")]
    with dentist.scope():
        assert not Call.objects.exists()
    assert listed(dentist) == []


@pytest.mark.parametrize("lost", [False, True])
def test_a_number_that_forwards_reaches_the_line_unless_the_forwarding_is_off(
    simulator, plumber, work, lost
):
    PhoneNumber.objects.filter(e164=plumber.number).update(forwards_from="+13125550177")
    caller = a_caller()
    placed = provider("simulator").place_call(
        signed_in(plumber),
        PlacedCall(caller, "+13125550177", HELLO, rehearse="fast+lost" if lost else "fast"),
    )
    leg = ended(plumber, placed.call_id)
    assert leg.status == ("no-answer" if lost else "completed")
    time.sleep(0.2)
    work()
    with plumber.scope():
        assert Call.objects.filter(contact__phone=caller).exists() is not lost


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender": "+16025550100"}, "21210"),  # the dentist's
        ({"to": "+1"}, "21211"),
        ({"sender": "13"}, "21212"),
        ({"to": "+13125550100", "sender": "+13125550100"}, "21266"),
        ({"steps": (), "answer_url": "http://elsewhere.example/x"}, "21205"),
        ({"rehearse": "nonsense"}, "20001"),
    ],
)
def test_what_the_network_refuses(simulator, plumber, changes, code):
    call = {"sender": "+17735569999", "to": plumber.number, "steps": HELLO, **changes}
    result = provider("simulator").place_call(signed_in(plumber), PlacedCall(**call))
    assert (result.kind, result.code, result.http_status) == ("refused", code, 400)
    assert listed(plumber) == []


def test_a_list_of_several_pages_gives_each_call_once(simulator, plumber, monkeypatch):
    from messaging.providers import twilio_calls

    monkeypatch.setattr(twilio_calls, "_PAGE", 2)
    adapter, placed = provider("simulator"), set()
    for _ in range(5):
        call = PlacedCall(a_caller(), "+13125550188", HELLO, ring_seconds=1)
        placed.add(adapter.place_call(signed_in(plumber), call).call_id)
    assert {call.call_id for call in listed(plumber)} == placed
    assert len(listed(plumber)) == 5
    old = datetime.now(UTC) - timedelta(days=2)
    assert list(adapter.list_calls(signed_in(plumber), old, old + timedelta(days=1))) == []


def test_lookups_and_sounds(simulator, plumber, settings):
    adapter = provider("simulator")
    kinds = {
        number: adapter.lookup(signed_in(plumber), number).line_type
        for number in ("+17735561234", "+17735560006", "+17735560005", "+18005551234")
    }
    assert list(kinds.values()) == ["mobile", "landline", "nonFixedVoip", "tollFree"]
    wrong = Credentials(plumber.account_sid, "wrong")
    failed = adapter.lookup(wrong, "+17735561234")
    assert (failed.line_type, failed.answered, failed.code) == ("unknown", False, "20003")
    url = f"{settings.SIMULATOR_API_BASE_URL}/2010-04-01/Accounts/{plumber.account_sid}/Recordings"
    sound = adapter.fetch_recording(signed_in(plumber), f"{url}/RE1-2")
    assert sound.content_type == "audio/x-wav" and sound.content[:4] == b"RIFF"
    with pytest.raises(BadRecording):
        adapter.fetch_recording(signed_in(plumber), "http://127.0.0.1:1/RE1-2")
