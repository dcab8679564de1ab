"""Lines in use: emergencies, other keys, hours, a stricter line; and answers while a schema is away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.utils import timezone

from calls import flow
from calls.consented import heard
from calls.models import Call, OpeningHours
from messaging.models import Alert, ConsentEvent, Message
from tenants.models import AgendaItem, Business, CompiledHours, PhoneNumber, ProviderEvent
from tests.support import hooks
from tests.support.hooks import a_sid, texts_to

ON_CALL = "+13125550199"


@pytest.fixture
def line(world) -> Iterator[Callable[..., None]]:
    """Set a business's line; web processes know of it at once, here and afterwards."""
    from config.asgi import hub

    def choose(biz: Any, **values: Any) -> None:
        PhoneNumber.objects.filter(e164=biz.number).update(**values)
        hub.directory._kept.clear()

    yield choose
    hub.directory._kept.clear()


@pytest.fixture
def urgent(line, plumber) -> None:
    """The plumber's line has a key for emergencies."""
    line(plumber, emergency_digit="9", emergency_number=ON_CALL)


def tags(answer: Any) -> list[str]:
    return [child.tag for child in ElementTree.fromstring(answer.content)]


def presses(call: hooks.Call, path: str, digit: str) -> Any:
    fields = call.fields(CallStatus="in-progress", Digits=digit)
    return call.provider.post(path, fields)


def on_call_leg(call: hooks.Call, digits: str | None = None) -> Any:
    """The on-call phone picked up, or pressed something."""
    fields = {
        "AccountSid": call.provider.biz.account_sid, "ApiVersion": "2010-04-01",
        "CallSid": a_sid(), "CallStatus": "in-progress", "Direction": "outbound-dial",
        "From": call.caller, "ParentCallSid": call.sid, "To": ON_CALL,
    }  # fmt: skip
    return call.provider.post(
        "voice/oncall/screen", {**fields, **({"Digits": digits} if digits is not None else {})}
    )


def on_call_ends(call: hooks.Call, status: str, bridged: str, seconds: int = 0) -> Any:
    fields = call.fields(
        CallStatus="in-progress", DialCallStatus=status, DialCallSid=a_sid(),
        DialBridged=bridged, DialCallDuration=str(seconds),
    )  # fmt: skip
    return call.provider.post("voice/oncall", fields)


def row_of(call: hooks.Call) -> Call:
    with call.provider.biz.scope():
        return Call.objects.get(provider_id=call.sid)


def rang_earlier(call: hooks.Call, seconds: int) -> None:
    """Set the end of the staff's ringing back."""
    with call.provider.biz.scope():
        row = Call.objects.get(provider_id=call.sid)
        rang = datetime.fromisoformat(row.facts["first_ring_end_at"]) - timedelta(seconds=seconds)
        Call.objects.filter(pk=row.pk).update(
            facts={**row.facts, "first_ring_end_at": rang.isoformat()}
        )


def alerts_of(biz: Any) -> list[Alert]:
    with biz.scope():
        return list(Alert.objects.filter(code="EMERGENCY_UNANSWERED"))


def test_an_emergency_that_is_taken_is_an_answered_call(twilio, urgent, work, stand_in, dentist):
    call = twilio.call()
    call.arrives()
    greeting = call.dial_ends("no-answer")
    assert tags(greeting) == ["Gather", "Say", "Record", "Hangup"]
    assert b"If this is an emergency, press 9." in greeting.content
    ringing = presses(call, "voice/keys", "9").content
    assert b"/voice/oncall" in ringing and ON_CALL.encode() in ringing
    assert b"Emergency call for Lakeside Plumbing" in on_call_leg(call).content
    assert tags(on_call_leg(call, "1")) == []
    assert tags(on_call_ends(call, "completed", "true", 45)) == ["Hangup"]
    call.ends("completed", 90)
    work()
    row = row_of(call)
    assert (row.outcome, row.talk_seconds) == ("answered", 45)
    assert row.decision_reason == "ANSWERED" and alerts_of(twilio.biz) == []
    assert texts_to(stand_in.requests, call.caller) == []
    with dentist.scope():
        assert not Call.objects.exists()


def test_on_a_forwarded_line_an_emergency_that_is_taken_is_not_texted(
    twilio, line, dentist, work, pass_time, stand_in
):
    line(dentist, emergency_digit="*", emergency_number=ON_CALL)
    call = hooks.Provider(dentist, twilio.base_url).call()
    assert b"press star" in call.arrives().content
    presses(call, "voice/keys", "*")
    work()
    on_call_leg(call, "1")
    work()
    pass_time(300)  # they talk for longer than any greeting lasts
    work()
    assert row_of(call).outcome == "answered" and not row_of(call).decision
    on_call_ends(call, "completed", "true", 400)
    call.ends("completed", 430)
    work()
    assert (row_of(call).decision_reason, row_of(call).talk_seconds) == ("ANSWERED", 400)
    assert stand_in.requests == []


def test_no_text_leaves_while_the_key_of_an_emergency_may_be_pressed(
    twilio, urgent, work, pass_time, stand_in, dentist
):
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    work()
    pass_time(20)
    work()
    assert stand_in.requests == [] and not row_of(call).decision
    presses(call, "voice/keys", "9")
    work()
    on_call_leg(call, "1")
    work()
    pass_time(600)
    work()
    assert row_of(call).outcome == "answered" and stand_in.requests == []
    on_call_ends(call, "completed", "true", 45)
    call.ends("completed", 700)
    work()
    assert row_of(call).decision_reason == "ANSWERED" and stand_in.requests == []
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_text_waits_until_they_hang_up_and_no_longer_than_a_greeting(
    twilio, urgent, work, pass_time, stand_in
):
    hangs_up, stays, speaks = (twilio.call() for _ in range(3))
    for call in (hangs_up, stays, speaks):
        call.arrives()
        call.dial_ends("no-answer")
    work()
    assert stand_in.requests == []
    hangs_up.ends("completed", 40)
    speaks.leaves_voicemail(7)
    work()
    # Nobody is offered a key after the voicemail.
    assert [len(texts_to(stand_in.requests, c.caller)) for c in (hangs_up, stays, speaks)] == [
        1, 0, 1,
    ]  # fmt: skip
    for seconds, texts in ((170, 0), (11, 1)):
        rang_earlier(stays, seconds)
        pass_time(seconds)
        work()
        assert len(texts_to(stand_in.requests, stays.caller)) == texts
    assert alerts_of(twilio.biz) == []


def _reports(call: hooks.Call, taken: bool) -> dict[str, Callable[[], Any]]:
    """Every webhook of a call that pressed the key after the staff did not answer."""
    ends = ("completed", "true", 45) if taken else ("no-answer", "false", 0)
    return {
        "dial": lambda: call.dial_ends("no-answer"),
        "key": lambda: presses(call, "voice/keys", "9"),
        "screen": lambda: on_call_leg(call, "1" if taken else None),
        "on call": lambda: on_call_ends(call, *ends),
        "end": lambda: call.ends("completed", 90),
    }


def _stored_only(call: hooks.Call, order: Iterable[str], taken: bool) -> None:
    """Let the webhooks come as they do, and have them read in another order."""
    read_in = list(order)
    reports = _reports(call, taken)
    call.arrives()
    for name in reports:
        if name in read_in:
            reports[name]()
    ids = dict(
        zip(
            ("voice", *(name for name in reports if name in read_in)),
            ProviderEvent.objects.filter(subject=call.sid).order_by("pk").values_list("pk", flat=True),
            strict=True,
        )
    )  # fmt: skip
    for position, name in enumerate(("voice", *read_in)):
        AgendaItem.objects.filter(subject=str(ids[name])).update(
            due_at=timezone.now() - timedelta(seconds=30 - position)
        )


@pytest.mark.parametrize("taken", [True, False])
def test_in_whatever_order_it_is_read_an_emergency_comes_to_the_same(
    taken, twilio, urgent, work, pass_time, stand_in, dentist
):
    names = ("dial", "key", "screen", "on call", "end")
    calls = [(twilio.call(), order) for order in permutations(names)][:: 1 if taken else 5]
    for call, order in calls:
        _stored_only(call, order, taken)
    for _ in range(3):
        work()
    wrong = {}
    for call, order in calls:
        row, texts = row_of(call), len(texts_to(stand_in.requests, call.caller))
        found = (row.outcome, texts)
        if found != (("answered", 0) if taken else ("missed", 1)):
            wrong[order] = found
    assert wrong == {}
    with twilio.biz.scope():
        alerts = Alert.objects.filter(code="EMERGENCY_UNANSWERED", resolved_at=None)
        assert alerts.count() == (0 if taken else len(calls))
    with dentist.scope():
        assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("lost", "outcome", "texts", "alerted"),
    [
        ("dial", "answered", 0, 0),
        ("key", "answered", 0, 0),
        ("screen", "missed", 1, 1),  # nothing says that a 1 was pressed: then somebody looks
        ("on call", "answered", 0, 0),
        ("end", "answered", 0, 0),
    ],
)
def test_one_lost_report_leaves_no_emergency_in_the_air(
    lost, outcome, texts, alerted, twilio, urgent, work, pass_time, stand_in
):
    call = twilio.call()
    call.arrives()
    for name, report in _reports(call, taken=True).items():
        if name != lost:
            report()
            work()
    pass_time(600)
    work()
    row = row_of(call)
    assert (row.outcome, bool(row.decision)) == (outcome, True)
    assert len(texts_to(stand_in.requests, call.caller)) == texts
    assert len(alerts_of(twilio.biz)) == alerted


def test_a_pressed_one_that_is_read_late_settles_the_alert(twilio, urgent, work, stand_in):
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    presses(call, "voice/keys", "9")
    on_call_ends(call, "completed", "true", 45)
    call.ends("completed", 90)
    work()
    (alert,) = alerts_of(twilio.biz)
    assert alert.resolved_at is None
    on_call_leg(call, "1")
    work()
    (alert,) = alerts_of(twilio.biz)
    assert (alert.resolved_by, row_of(call).outcome) == ("the person on call", "answered")


def test_an_emergency_nobody_takes_alerts_the_staff_once(twilio, urgent, work, stand_in, dentist):
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    presses(call, "voice/keys", "9")
    on_call_leg(call)  # its voicemail picks up and presses nothing
    sorry = on_call_ends(call, "completed", "false", 6)
    assert (
        tags(sorry) == ["Say", "Say", "Record", "Hangup"]
        and b"cannot take your call right now" in sorry.content
    )
    work()
    (alert,) = alerts_of(twilio.biz)
    assert "pressed the emergency key" in alert.sentence and "Phone them now" in alert.fix
    call.leaves_voicemail(9)
    call.ends("completed", 80)
    work()
    (alert,) = alerts_of(twilio.biz)
    assert alert.times == 1 and row_of(call).outcome == "voicemail"
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    assert alerts_of(dentist) == []


def test_whoever_hangs_up_while_the_one_on_call_rings_is_told_of_too(twilio, urgent, work):
    call = twilio.call()
    call.arrives()
    call.dial_ends("busy")
    presses(call, "voice/keys", "9")
    call.ends("completed", 12)
    work()
    assert len(alerts_of(twilio.biz)) == 1 and row_of(call).outcome == "missed"


def test_the_emergency_key_at_the_offer_is_no_consent(twilio, urgent, line, work, stand_in):
    line(twilio.biz, posture="press_one")
    call = twilio.call()
    call.arrives()
    offered = call.dial_ends("no-answer")
    assert tags(offered) == ["Gather", "Gather", "Say", "Record", "Hangup"]
    assert b"/voice/oncall" in presses(call, "voice/consent", "9").content
    # Nobody was reached: the offer is made again, and now they take it.
    again = on_call_ends(call, "no-answer", "false")
    assert tags(again) == ["Say", "Gather", "Say", "Record", "Hangup"]
    work()
    assert stand_in.requests == [] and heard(row_of(call).facts, ended=False).level == 1
    assert b"Thank you" in presses(call, "voice/consent", "1").content
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    told = heard(row_of(call).facts, ended=True)
    assert (told.level, told.evidence["dtmf"]) == (3, "1")


def test_an_unknown_on_call_leg_is_hung_up_never_connected(twilio, urgent):
    assert tags(on_call_leg(twilio.call())) == ["Hangup"]  # of a call that never arrived


def test_another_key_says_yes_and_stands_in_the_ledger_with_its_words(
    twilio, line, work, stand_in, dentist
):
    words = "Press {key} and {business} will text you. Reply STOP to opt out."
    line(twilio.biz, posture="press_one", consent_digit="5", consent_prompt=words)
    call = twilio.call()
    call.arrives()
    spoken = "Press 5 and Lakeside Plumbing will text you. Reply STOP to opt out."
    assert spoken.encode() in call.dial_ends("no-answer").content
    # Changed in the very moment: what was offered is what counts.
    line(twilio.biz, consent_digit="7")
    assert b"Thank you" not in presses(call, "voice/consent", "5").content
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    with twilio.biz.scope():
        event = ConsentEvent.objects.select_related("detail").get(level=3)
    proof = str(event.__dict__) + str(event.detail.__dict__ if event.detail else "")
    assert spoken in proof and heard(row_of(call).facts, ended=True).evidence["dtmf"] == "5"
    with dentist.scope():
        assert not ConsentEvent.objects.exists()


def test_a_line_stricter_than_its_business_waits_for_its_key(twilio, line, work, stand_in, dentist):
    line(twilio.biz, posture="press_one")
    call = twilio.call()
    call.arrives()
    assert b"press 1" in call.dial_ends("no-answer").content
    work()
    assert stand_in.requests == [] and not row_of(call).decision
    call.ends("completed", 30)
    work()
    assert row_of(call).decision_reason == "CONSENT_LEVEL_TOO_LOW" and stand_in.requests == []
    # The same caller's call to a line that is as the policy says would do.
    other = hooks.Provider(dentist, twilio.base_url).call()
    other.arrives()
    other.ends("completed", 30)
    work()
    assert len(texts_to(stand_in.requests, other.caller)) == 1


def test_a_line_is_never_milder_than_its_business(twilio, line, work, stand_in):
    line(twilio.biz, posture="implied")
    Business.objects.filter(pk=twilio.biz.business.pk).update(posture="press_one")
    line(twilio.biz)
    call = twilio.call()
    call.arrives()
    assert b"<Gather" in call.dial_ends("no-answer").content
    call.ends("completed", 30)
    work()
    assert stand_in.requests == []


@pytest.mark.parametrize(("is_open", "first"), [(True, "Dial"), (False, "Say")])
def test_by_hours_the_public_row_knows_whether_it_is_open(
    is_open, first, twilio, line, work, stand_in
):
    line(twilio.biz, answering="by_hours")
    with twilio.biz.scope():
        OpeningHours.objects.all().delete()
        if is_open:
            OpeningHours.objects.bulk_create(
                OpeningHours(weekday=day, opens="00:00", closes="23:59:59.999999")
                for day in range(7)
            )
    assert bool(CompiledHours.objects.get(business=twilio.biz.business.pk).spans) is is_open
    call = twilio.call()
    assert tags(call.arrives())[0] == first
    if is_open:
        call.screened()
        call.screened("1")
        call.dial_ends("completed", "true", DialCallDuration="30")
        work()
        assert row_of(call).outcome == "answered" and stand_in.requests == []
    else:
        call.ends("completed", 9)
        work()
        assert (row_of(call).outcome, row_of(call).missed_because) == ("missed", "forwarded")
        assert row_of(call).facts["answered_as"] == "greeting"
        assert len(texts_to(stand_in.requests, call.caller)) == 1


def test_a_call_from_the_line_itself_is_refused_and_nothing_comes_of_it(twilio, work, stand_in):
    call = twilio.call(twilio.biz.number)
    assert tags(call.arrives()) == ["Reject"]
    call.ends("busy", 0)
    work()
    assert stand_in.requests == []


def test_a_phone_that_became_a_line_or_costs_extra_is_not_rung(twilio, line, dentist):
    staff = [dentist.number, "+19005550123", "+13125550190"]
    line(twilio.biz, staff_numbers=staff, emergency_digit="9", emergency_number="+882161234567")
    call = twilio.call()
    dialled = ElementTree.fromstring(call.arrives().content).findall(".//Number")
    assert [number.text for number in dialled] == ["+13125550190"]
    assert b"emergency" not in call.dial_ends("no-answer").content
    line(twilio.biz, emergency_number=dentist.number)
    assert b"emergency" not in call.falls_back().content
    line(twilio.biz, staff_numbers=[dentist.number])
    assert "Dial" not in tags(twilio.call().arrives())


def test_a_suspended_business_still_answers_and_promises_nothing(twilio, line, work, stand_in):
    from django.utils import timezone

    Business.objects.filter(pk=twilio.biz.business.pk).update(
        suspended_at=timezone.now(), posture="press_one"
    )
    line(twilio.biz)
    call = twilio.call()
    assert tags(call.arrives()) == ["Dial"]
    unanswered = call.dial_ends("no-answer")
    assert tags(unanswered) == ["Say", "Say", "Record", "Hangup"]
    assert b"text" not in unanswered.content.lower().replace(b"response", b"")
    call.ends("completed", 20)
    work()
    assert stand_in.requests == []


# --- while a schema is away ----------------------------------------------------------------------


@pytest.fixture
def moved_away(world) -> Iterator[Callable[[Any], Callable[[], None]]]:
    """Take a business's schema away, and give back what brings it home."""
    away: list[str] = []

    def back() -> None:
        with connection.cursor() as cursor:
            while away:
                schema = away.pop()
                cursor.execute(f"ALTER SCHEMA {schema}_away RENAME TO {schema}")

    def take(biz: Any) -> Callable[[], None]:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER SCHEMA {biz.schema} RENAME TO {biz.schema}_away")
        away.append(biz.schema)
        return back

    yield take
    back()


def test_the_phone_is_answered_while_the_schema_is_away_and_nothing_is_lost(
    twilio, urgent, line, moved_away, work, pass_time, stand_in, dentist
):
    line(twilio.biz, answering="by_hours", greeting="We open {next_open}. {business}")
    call = twilio.call()
    back = moved_away(twilio.biz)
    arrived = call.arrives()
    assert arrived.status_code == 200 and tags(arrived)[0] in ("Dial", "Gather")
    fell = call.falls_back()
    assert fell.status_code == 200
    assert tags(fell) == ["Gather", "Say", "Record", "Hangup"]
    assert b"Lakeside Plumbing" in fell.content and b"{next_open}" not in fell.content
    assert flow.TEXT_NOTICE.encode() in fell.content
    assert b"/voice/oncall" in presses(call, "voice/keys", "9").content
    left = call.leaves_voicemail(8)
    assert (left.status_code, tags(left)) == (200, ["Hangup"])
    call.ends("completed", 25)
    events = ProviderEvent.objects.filter(subject=call.sid)
    assert set(events.values_list("state", flat=True)) == {"stored"} and events.count() == 5
    work()  # the worker fails at it, and does not forget
    assert AgendaItem.objects.filter(kind="calls.voice_event").count() == 5
    assert stand_in.requests == []
    back()
    pass_time(600)
    work()
    row = row_of(call)
    assert (row.outcome, row.voicemail_seconds) == ("voicemail", 8)
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    assert set(events.values_list("state", flat=True)) == {"processed"}
    assert not AgendaItem.objects.filter(kind="calls.voice_event").exists()
    assert len(alerts_of(twilio.biz)) == 1
    with dentist.scope():
        assert not Call.objects.exists() and not Message.objects.exists()
