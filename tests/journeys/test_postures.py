"""The consent posture on a call: what the caller hears, and when a text leaves, or that none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.db import connection

from calls import flow
from calls.consented import heard
from calls.models import Call
from messaging.models import ConsentEvent, Contact, Message
from tenants.models import Agency, Business, ProviderEvent
from tests.support import hooks
from tests.support.hooks import Provider, a_caller, texts_to
from tests.support.moved import alerts


@pytest.fixture
def posture(world) -> Iterator[Callable[..., None]]:
    """Choose a business's posture; web processes know of it at once, here and afterwards."""
    from config.asgi import hub

    def choose(biz: Any, key: str) -> None:
        Business.objects.filter(pk=biz.business.pk).update(posture=key)
        hub.directory._kept.clear()

    yield choose
    hub.directory._kept.clear()


def presses(call: hooks.Call, digit: str) -> Any:
    """The caller presses a key after the offer."""
    fields = call.fields(CallStatus="in-progress", Digits=digit)
    return call.provider.post("voice/consent", fields)


def ends_after(call: hooks.Call, seconds: int) -> None:
    """The call is over, so many seconds after our last answer."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    assert call.ends("completed", seconds, Timestamp=format_datetime(at)).status_code == 200


def row_of(call: hooks.Call) -> Call:
    with call.provider.biz.scope():
        return Call.objects.get(provider_id=call.sid)


def level_of(call: hooks.Call) -> int:
    return heard(row_of(call).facts, ended=True).level


def test_implied_tells_in_the_greeting_and_texts_as_soon_as_it_rang_out(twilio, work, stand_in):
    call = twilio.call()
    assert b"<Say" not in call.arrives().content
    assert flow.TEXT_NOTICE.encode() in call.dial_ends("no-answer").content
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1 and level_of(call) == 1
    ends_after(call, 30)
    work()
    facts = row_of(call).facts
    # Hanging up would have declined nothing, so staying agreed to nothing.
    assert (facts["posture"], facts["notice"], level_of(call)) == ("implied", "greeting", 1)
    assert len(texts_to(stand_in.requests, call.caller)) == 1


def test_notice_is_heard_before_it_rings_and_texts_as_soon_as_it_rang_out(
    twilio, work, stand_in, posture, dentist
):
    posture(twilio.biz, "notice")
    call = twilio.call(StirVerstat="TN-Validation-Passed-A")
    answer = call.arrives().content
    assert answer.index(flow.FIRST_NOTICE.encode()) < answer.index(b"<Dial")
    assert b"we may text" not in call.dial_ends("no-answer").content
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    told = heard(row_of(call).facts, ended=False)
    assert (told.level, told.channel, told.evidence["stir"]) == (
        2,
        "call",
        "TN-Validation-Passed-A",
    )
    assert told.evidence["disclosure"] == flow.FIRST_NOTICE
    with dentist.scope():
        assert not Call.objects.exists() and not Message.objects.exists()


def test_whoever_hangs_up_in_the_notice_is_not_texted(twilio, work, stand_in, posture, pass_time):
    posture(twilio.biz, "notice")
    call = twilio.call()
    call.arrives()
    ends_after(call, 3)
    work()
    pass_time(300)
    work()
    assert stand_in.requests == [] and row_of(call).decision == "skip" and level_of(call) == 1


@pytest.mark.parametrize(("seconds", "texts"), [(25, 1), (4, 0)])
def test_a_forwarded_call_is_texted_once_the_notice_was_stayed_for(
    seconds, texts, twilio, work, stand_in, posture, dentist
):
    posture(dentist, "notice")
    call = Provider(dentist, twilio.base_url).call()
    assert call.arrives().content.count(b"<Say") == 3
    work()
    assert stand_in.requests == [] and not row_of(call).decision
    call.ends("completed", seconds)
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == texts
    if not texts:
        assert row_of(call).decision_reason == "CONSENT_LEVEL_TOO_LOW"


def test_press_one_texts_at_the_key_and_takes_the_message_after_it(twilio, work, stand_in, posture):
    posture(twilio.biz, "press_one")
    call = twilio.call()
    assert b"<Say" not in call.arrives().content
    offered = call.dial_ends("no-answer").content
    assert b"<Gather" in offered and b"press 1" in offered and b"we may text" not in offered
    work()
    assert stand_in.requests == [] and row_of(call).outcome == "missed"
    assert not row_of(call).decision
    thanks = presses(call, "1").content
    assert b"Thank you" in thanks and b"<Record" in thanks
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    told = heard(row_of(call).facts, ended=False)
    assert (told.level, told.channel, told.evidence["dtmf"]) == (3, "ivr", "1")
    assert "Lakeside Plumbing" in told.evidence["prompt"] and told.evidence["prompt_hash"]
    call.leaves_voicemail()
    ends_after(call, 60)
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    with twilio.biz.scope():
        consent = ConsentEvent.objects.get(kind="consent")
        assert (consent.level, consent.channel) == (3, "ivr")
        assert consent.evidence["prompt_hash"] == told.evidence["prompt_hash"]


@pytest.mark.parametrize("digit", ["", "2", "*"])
def test_whoever_does_not_press_one_is_not_texted(digit, twilio, work, stand_in, posture):
    posture(twilio.biz, "press_one")
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    if digit:
        answer = presses(call, digit).content
        assert b"Thank you" not in answer and b"<Record" in answer
    call.leaves_voicemail()
    ends_after(call, 60)
    work()
    assert stand_in.requests == [] and level_of(call) == 1
    assert row_of(call).decision_reason == "CONSENT_LEVEL_TOO_LOW"


def test_a_forwarded_call_is_texted_at_the_key(twilio, work, stand_in, posture, dentist):
    posture(dentist, "press_one")
    call = Provider(dentist, twilio.base_url).call()
    assert b"Desert Dental, press 1" in call.arrives().content
    work()
    assert stand_in.requests == []
    presses(call, "1")
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    assert row_of(call).missed_because == "forwarded"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (3, 1, 0, 2)])
def test_a_pressed_one_is_texted_in_whatever_order_it_is_worked_on(
    order, twilio, work, stand_in, posture, pass_time
):
    posture(twilio.biz, "press_one")
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    presses(call, "1")
    presses(call, "1")  # delivered twice is stored once
    ends_after(call, 40)
    events = list(ProviderEvent.objects.filter(subject=call.sid).order_by("pk"))
    assert [event.kind for event in events] == [
        "voice",
        "voice.dial",
        "voice.consent",
        "voice.status",
    ]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.tenants_agendaitem SET due_at = now() + interval '1 hour'")
        for position in order:
            cursor.execute(
                "UPDATE public.tenants_agendaitem SET due_at = now() WHERE unique_key = %s",
                [f"event:{events[position].pk}"],
            )
            work()
    pass_time(10)
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1 and level_of(call) == 3


def test_an_end_nobody_reported_is_decided_all_the_same(twilio, work, stand_in, posture, pass_time):
    posture(twilio.biz, "press_one")
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    work()
    assert not row_of(call).decision
    pass_time(200)
    work()
    assert row_of(call).decision_reason == "CONSENT_LEVEL_TOO_LOW" and stand_in.requests == []
    # The key was late, not missing.
    presses(call, "1")
    work()
    assert row_of(call).decision == "send" and len(texts_to(stand_in.requests, call.caller)) == 1


def test_an_agency_s_floor_is_heard_too(twilio, work, stand_in, posture, dentist):
    Agency.objects.filter(pk=twilio.biz.business.agency_id).update(posture_floor="press_one")
    posture(twilio.biz, "implied")
    call = twilio.call()
    assert b"<Gather" in call.dial_ends("no-answer").content
    work()
    assert stand_in.requests == [] and row_of(call).facts["posture"] == "press_one"
    other = Provider(dentist, twilio.base_url).call()
    assert b"<Gather" not in other.arrives().content
    other.ends("completed", 20)
    work()
    assert len(texts_to(stand_in.requests, other.caller)) == 1


WASHINGTON, ANY_STATE = "206", "729"


@pytest.mark.parametrize("area", [WASHINGTON, ANY_STATE])
def test_implied_refuses_at_once_whoever_may_be_in_washington(area, twilio, work, stand_in):
    """The greeting's notice proves nothing, however long they stay: nothing to wait for."""
    call = twilio.call(a_caller(area))
    call.arrives()
    call.dial_ends("no-answer")
    work()
    assert row_of(call).decision_reason == "CONSENT_LEVEL_TOO_LOW"
    call.leaves_voicemail()
    ends_after(call, 60)
    work()
    assert stand_in.requests == [] and level_of(call) == 1
    (alert,) = alerts(twilio.biz, "CONSENT_LEVEL_TOO_LOW")
    assert alert.times == 1


@pytest.mark.parametrize("area", [WASHINGTON, ANY_STATE])
def test_under_notice_and_press_one_whoever_may_be_in_washington_is_texted(
    area, twilio, work, stand_in, posture
):
    posture(twilio.biz, "notice")
    stays, hangs_up = twilio.call(a_caller(area)), twilio.call(a_caller(area))
    stays.arrives()
    stays.dial_ends("no-answer")
    hangs_up.arrives()
    ends_after(hangs_up, 3)
    posture(twilio.biz, "press_one")
    presses_it = twilio.call(a_caller(area))
    presses_it.arrives()
    presses_it.dial_ends("no-answer")
    presses(presses_it, "1")
    posture(twilio.biz, "notice")
    work()
    for call, texts in ((stays, 1), (hangs_up, 0), (presses_it, 1)):
        assert len(texts_to(stand_in.requests, call.caller)) == texts


@pytest.mark.parametrize(
    ("area", "state", "waits"), [("312", "WA", True), (WASHINGTON, "IL", False)]
)
def test_a_milder_posture_chosen_meanwhile_waits_for_the_key_only_in_washington(
    area, state, waits, twilio, work, stand_in, posture
):
    """Waiting goes by the places the gate goes by, and by what the call itself offered."""
    posture(twilio.biz, "press_one")
    call = twilio.call(a_caller(area))
    call.arrives()
    call.dial_ends("no-answer")
    posture(twilio.biz, "implied")
    now = datetime.now(UTC)
    with twilio.biz.scope():
        Contact.objects.create(
            phone=call.caller, created_at=now - timedelta(days=9), state=state,
            zone="America/Los_Angeles" if state == "WA" else "America/Chicago",
            place_source="stated", place_at=now,
        )  # fmt: skip
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == (0 if waits else 1)
    assert bool(row_of(call).decision) is not waits
    presses(call, "1")
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1


def test_a_posture_changed_before_the_work_is_done_proves_nothing_that_was_not_said(
    twilio, work, stand_in, posture
):
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    posture(twilio.biz, "notice")
    ends_after(call, 2)
    work()
    assert stand_in.requests == [] and row_of(call).facts["posture"] == "implied"
    assert row_of(call).decision_reason == "CONSENT_LEVEL_TOO_LOW"


def test_what_was_said_cannot_be_told_from_outside(twilio, work):
    call = twilio.call(
        **{"ringback:said": f"say {flow.FIRST_NOTICE}", "ringback:posture": "notice"}
    )
    call.arrives()
    call.dial_ends("no-answer")
    call.ends("completed", 60)
    work()
    facts = row_of(call).facts
    assert facts["posture"] == "implied" and facts["notice"] == "greeting"


def test_a_forged_caller_is_never_texted(twilio, work, stand_in, posture):
    posture(twilio.biz, "press_one")
    call = twilio.call(StirVerstat="TN-Validation-Failed-B")
    call.arrives()
    call.dial_ends("no-answer")
    presses(call, "1")
    work()
    assert stand_in.requests == [] and level_of(call) == 0
    assert row_of(call).facts["stir"] == "TN-Validation-Failed-B"


@pytest.mark.parametrize("digits", ["", "1\x00", "１", "1" * 500, "<1>"])
def test_keys_no_phone_has_are_no_consent(digits, twilio, work, stand_in, posture):
    posture(twilio.biz, "press_one")
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    assert presses(call, digits).status_code in (200, 400)
    ends_after(call, 40)
    work()
    assert stand_in.requests == [] and level_of(call) == 1


def test_the_key_is_checked_like_every_webhook(twilio, posture, stand_in):
    posture(twilio.biz, "press_one")
    call = twilio.call()
    fields = call.fields(CallStatus="in-progress", Digits="1")
    forged = twilio.post("voice/consent", fields, signature="forged")
    assert forged.status_code == 403 and not ProviderEvent.objects.exists()


def test_a_notice_is_no_ringing(twilio, work, posture):
    posture(twilio.biz, "notice")
    call = twilio.call()
    call.arrives()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_providerevent SET received_at = received_at - interval '20 s'"
        )
    call.dial_ends("canceled", CallStatus="completed")
    work()
    assert row_of(call).ring_seconds == 11
