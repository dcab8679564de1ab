"""The events of one call in every order, twice, and with any of them lost: always the same end.

Every row of telephony.md 1.4, told by each provider in its own tongue over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import connection

from calls.models import Call
from messaging.models import Message
from tenants.models import PhoneNumber, ProviderEvent
from tests.support.hooks import texts_to
from tests.support.rules import change_rule

ARRIVES = ("arrives", (), {})
ENDS = ("ends", ("completed", 9), {})
CANCELED = ("ends", ("canceled",), {})
PRESSES_1 = ("screened", ("1",), {})
VOICEMAIL = ("leaves_voicemail", (12,), {})


def dial(
    status: str, bridged: str | None = "false", **more: str
) -> tuple[str, tuple[Any, ...], dict[str, str]]:
    return ("dial_ends", (status, bridged), more)


def leg(status: str) -> tuple[str, tuple[Any, ...], dict[str, str]]:
    return ("staff_leg_ends", (status,), {})


BRIDGED = dial("completed", "true", DialCallDuration="64")
# Situation: (line's press-1, events in natural order, outcome, because, texts). telephony.md 1.4.
SITUATIONS: dict[str, tuple[bool, list[Any], str, str, int]] = {
    "caller hangs up while ringing": (
        True,
        [ARRIVES, dial("canceled", CallStatus="completed"), CANCELED],
        "missed",
        "caller_hung_up",
        1,
    ),
    "caller hangs up, said as no-answer": (
        True,
        [ARRIVES, dial("no-answer", CallStatus="completed"), ("ends", ("no-answer",), {})],
        "missed",
        "caller_hung_up",
        1,
    ),
    "caller hangs up, no Dial action": (
        True,
        [ARRIVES, leg("canceled"), CANCELED],
        "missed",
        "caller_hung_up",
        1,
    ),
    "staff busy": (True, [ARRIVES, leg("busy"), dial("busy"), ENDS], "missed", "busy", 1),
    "no answer": (True, [ARRIVES, dial("no-answer"), ENDS], "missed", "no_answer", 1),
    "no answer, not screened": (
        False,
        [ARRIVES, dial("no-answer"), ENDS],
        "missed",
        "no_answer",
        1,
    ),
    "staff unreachable": (True, [ARRIVES, dial("failed"), ENDS], "missed", "unreachable", 1),
    "staff voicemail, not screened": (
        False,
        [ARRIVES, dial("completed", "true", DialCallDuration="30"), ENDS],
        "answered",
        "",
        0,
    ),
    "staff voicemail, screened": (
        True,
        [ARRIVES, dial("completed", "false", DialCallDuration="8"), ENDS],
        "missed",
        "not_accepted",
        1,
    ),
    "staff presses 1": (True, [ARRIVES, PRESSES_1, BRIDGED, ENDS], "answered", "", 0),
    "answered, very short": (
        True,
        [ARRIVES, PRESSES_1, dial("completed", "true", DialCallDuration="2"), ENDS],
        "answered",
        "",
        0,
    ),
    "1 pressed, caller gone": (
        True,
        [ARRIVES, PRESSES_1, dial("completed", "false", DialCallDuration="3"), ENDS],
        "missed",
        "not_accepted",
        1,
    ),
    "voicemail": (True, [ARRIVES, dial("no-answer"), VOICEMAIL, ENDS], "voicemail", "no_answer", 1),
    "only the number's callback": (True, [ARRIVES, ENDS], "missed", "caller_hung_up", 1),
    "several ring, one accepts": (
        True,
        [ARRIVES, leg("canceled"), PRESSES_1, BRIDGED],
        "answered",
        "",
        0,
    ),
}
# TeXML says nothing of a bridge: a 1 that was pressed is all the proof there is (telephony.md 4.2).
TOLD_OTHERWISE = {("telnyx", "1 pressed, caller gone"): ("answered", "", 0)}


def wanted(provider: str, name: str) -> tuple[bool, list[Any], str, str, int]:
    press_one, events, *end = SITUATIONS[name]
    kind, because, texts = TOLD_OTHERWISE.get((provider, name), end)
    return press_one, events, kind, because, texts


@pytest.fixture(params=["twilio", "telnyx"])
def carrier(request):
    """Who posts the plumber's webhooks: each provider in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def provider(carrier) -> str:
    """Its name."""
    return str(carrier.path_prefix.rpartition("/")[2])


@pytest.fixture
def place(carrier, pass_time, work, stand_in) -> Callable[..., Any]:
    """Make the events of a situation happen and return the call, once everything has settled."""
    with carrier.biz.scope():
        change_rule(ring_at_least=timedelta(0))

    def run(press_one: bool, events: list[Any], order: list[int] | None = None) -> Any:
        PhoneNumber.objects.filter(e164=carrier.biz.number).update(press_one=press_one)
        call = carrier.call()
        for name, positional, named in events:
            assert getattr(call, name)(*positional, **named).status_code == 200
        if order is None:
            work()
        else:
            _process_in_order(call.sid, order, work)
        pass_time(200)
        work()
        return call

    return run


def _process_in_order(sid: str, order: list[int], work: Callable[..., int]) -> None:
    """Work on a call's stored webhooks in an order of our own, as several workers might."""
    waiting = list(
        ProviderEvent.objects.filter(subject=sid, state="stored")
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    with connection.cursor() as cursor:
        keys = [f"event:{waiting[position]}" for position in order]
        cursor.execute(
            "UPDATE public.tenants_agendaitem SET due_at = now() + interval '1 hour' WHERE unique_key = ANY(%s)",
            [keys],
        )
        for key in keys:
            cursor.execute(
                "UPDATE public.tenants_agendaitem SET due_at = now() WHERE unique_key = %s", [key]
            )
            assert cursor.rowcount == 1
            work()


def check(call: Any, requests: Any, kind: str, because: str, texts: int) -> None:
    with call.provider.biz.scope():
        row = Call.objects.get(provider_id=call.sid)
        assert (row.outcome, row.missed_because) == (kind, because)
        assert len(texts_to(requests, call.caller)) == texts
        assert (row.decision == "send") is bool(texts)
        assert Message.objects.filter(call=row.pk).exclude(status="cancelled").count() == texts


@pytest.mark.parametrize("name", SITUATIONS)
def test_in_every_order(name, provider, place, stand_in, dentist):
    press_one, events, kind, because, texts = wanted(provider, name)
    for order in permutations(range(len(events))):
        call = place(press_one, events, list(order))
        check(call, stand_in.requests, kind, because, texts)
    with dentist.scope():
        assert not Call.objects.exists() and not Message.objects.exists()


@pytest.mark.parametrize("name", SITUATIONS)
def test_with_every_webhook_delivered_twice(name, provider, carrier, place, stand_in, monkeypatch):
    press_one, events, kind, because, texts = wanted(provider, name)
    posted = carrier.post
    monkeypatch.setattr(
        type(carrier), "post", lambda self, *a, **k: (posted(*a, **k), posted(*a, **k))[1]
    )
    check(place(press_one, events), stand_in.requests, kind, because, texts)


@pytest.mark.parametrize("name", SITUATIONS)
def test_with_any_one_webhook_lost(name, provider, place, stand_in, pass_time, work):
    """A missed call stays one text as long as one word of its end arrives; an answered one stays quiet."""
    press_one, events, _, _, texts = wanted(provider, name)
    for lost in range(len(events)):
        left = events[:lost] + events[lost + 1 :]
        if lost == 0:  # a staff leg is known only by its caller's arrival
            left = [event for event in left if event[0] not in ("screened", "staff_leg_ends")]
        if not {"dial_ends", "ends"} & {event[0] for event in left}:
            continue
        words = {event[0] for event in left}
        call = place(press_one, left)
        found = len(texts_to(stand_in.requests, call.caller))
        if (texts == 0 and press_one and "screened" not in words) or (
            # Connected for a while, and only the lost word could tell by whom.
            "dial_ends" not in words and (not press_one or "screened" in words)
        ):
            # What was lost is the only word of who talked: it is decided all the same, once.
            pass_time(400)
            work()
            found = len(texts_to(stand_in.requests, call.caller))
            with call.provider.biz.scope():
                row = Call.objects.get(provider_id=call.sid)
            assert row.decision and row.outcome != "in_progress", f"without {events[lost]}"
            assert found == (1 if row.decision == "send" else 0), f"without {events[lost]}"
            continue
        assert found == texts, f"without {events[lost]}"


@pytest.mark.parametrize(
    "name", ["no answer", "staff presses 1", "voicemail", "caller hangs up while ringing"]
)
def test_arriving_backwards(name, provider, place, stand_in):
    press_one, events, kind, because, texts = wanted(provider, name)
    ordered = [
        event for event in reversed(events) if event[0] not in ("screened", "staff_leg_ends")
    ]
    if name == "staff presses 1":
        ordered = [BRIDGED, ENDS, ARRIVES, PRESSES_1]
    check(place(press_one, ordered), stand_in.requests, kind, because, texts)
