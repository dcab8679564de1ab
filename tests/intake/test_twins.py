"""One call by two ways, forwarded to our line and reported by the phone system: one text, one entry."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from calls.intake import facts
from calls.intake.events import CallReport
from calls.intake.facts import Span, answered_by_us, is_same
from calls.models import Call
from inbox.thread import reading
from messaging.models import Alert, Contact, Conversation, Message
from tenants.models import AgendaItem, ProviderEvent
from tests.intake.conftest import Pbx, calls_of, connect
from tests.journeys.test_postures import posture
from tests.journeys.test_simultaneous import at_once, drain
from tests.support.hooks import Provider, a_caller, texts_to
from tests.support.rules import change_rule

__all__ = ["posture"]  # a fixture
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def line(world, web_url, stand_in) -> Provider:
    """The dentist's line here, which unanswered calls are forwarded to; no pause between texts."""
    with world.dentist.scope():
        change_rule(cool_down=0)
    return Provider(world.dentist, web_url)


@pytest.fixture
def pbx(line) -> Pbx:
    """The dentist's phone system, which forwards to the line and reports each call."""
    return connect(line.biz, line.base_url)


def forwarded(line: Provider, caller: str, *, seconds: int = 6):
    """A call that reaches our line, hears the greeting and ends."""
    call = line.call(caller)
    assert call.arrives().status_code == 200
    assert call.ends("completed", seconds).status_code == 200
    return call


def ours(biz) -> dict[str, Call]:
    """The forwarded call and the reported one."""
    return {"reported" if c.provider == "reported" else "ours": c for c in calls_of(biz)}


def entries(biz) -> list:
    with biz.scope():
        found = reading.page(Conversation.objects.get(), timezone.get_default_timezone()).entries
    return [entry for entry in found if entry.kind == "call"]


def shift(biz, seconds: float) -> None:
    """Let everything the business knows be so many seconds older."""
    with biz.scope(), connection.cursor() as cursor:
        for table, columns in {
            "calls_call": ("started_at", "ended_at", "decided_at"),
            "messaging_contact": ("created_at", "last_text_back_at"),
            "messaging_message": ("created_at",),
        }.items():
            sets = ", ".join(f"{c} = {c} - make_interval(secs => %s)" for c in columns)
            cursor.execute(f"UPDATE {table} SET {sets}", [seconds] * len(columns))


# --- both orders -----------------------------------------------------------------------------------
def test_forwarded_first_then_reported(line, pbx, work, stand_in, plumber):
    caller = a_caller()
    forwarded(line, caller)
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    pbx.send(pbx.event(caller, ago=20, lasts=20))
    work()
    both = ours(line.biz)
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert both["reported"].decision_reason == "SAME_CALL"
    assert both["reported"].same_as_id == both["ours"].pk
    assert (both["ours"].decision_reason, both["ours"].same_as_id) == ("SEND", None)
    assert len(entries(line.biz)) == 1
    with line.biz.scope():
        assert Conversation.objects.get().unread == 1
    assert calls_of(plumber) == []


def test_reported_first_then_forwarded(line, pbx, work, stand_in, plumber):
    caller = a_caller()
    pbx.send(pbx.event(caller, ago=21, lasts=20))
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    forwarded(line, caller)
    work()
    both = ours(line.biz)
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert both["ours"].decision_reason == "SAME_CALL"
    assert both["ours"].same_as_id == both["reported"].pk
    assert (both["reported"].decision_reason, both["reported"].same_as_id) == ("SEND", None)
    assert len(entries(line.biz)) == 1
    with line.biz.scope():
        assert Conversation.objects.get().unread == 1
        assert Conversation.objects.get().last_line != "Calling now"
    assert calls_of(plumber) == []


@pytest.mark.parametrize("reported_first", [True, False])
def test_of_a_vip_who_reached_us_twice_one_call_is_told(line, pbx, work, reported_first):
    caller = a_caller()
    with line.biz.scope():
        Contact.objects.create(phone=caller, vip_at=timezone.now(), created_at=timezone.now())
    if reported_first:
        pbx.send(pbx.event(caller, ago=21, lasts=20))
        work()
    forwarded(line, caller)
    work()
    if not reported_first:
        pbx.send(pbx.event(caller, ago=20, lasts=20))
        work()
    with line.biz.scope():
        alert = Alert.objects.get(code="VIP_CALLED")
        assert alert.times == 1 and "times since" not in alert.sentence


def test_reported_while_the_greeting_still_speaks(line, pbx, work, stand_in):
    caller = a_caller()
    call = line.call(caller)
    call.arrives()
    work()
    pbx.send(pbx.event(caller, ago=20, lasts=20))
    work()
    assert ours(line.biz)["reported"].decision_reason == "SAME_CALL"
    assert stand_in.requests == []
    call.leaves_voicemail(9)
    call.ends("completed", 15)
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert ours(line.biz)["ours"].decision_reason == "SEND"
    [entry] = entries(line.biz)
    assert entry.voicemail_seconds == 9


def test_a_voicemail_left_with_us_shows_at_the_entry_that_stands(line, pbx, work):
    caller = a_caller()
    pbx.send(pbx.event(caller, ago=21, lasts=20))
    work()
    call = line.call(caller)
    call.arrives()
    call.leaves_voicemail(9)
    call.ends("completed", 15)
    work()
    [entry] = entries(line.biz)
    assert entry.voicemail_seconds == 9


def test_many_at_once_by_both_ways(line, pbx, work, stand_in, plumber):
    callers = [a_caller() for _ in range(10)]
    calls = [line.call(caller) for caller in callers]
    events = [pbx.event(caller, ago=20, lasts=20) for caller in callers]
    for call in calls:
        call.arrives()

    def one(number: int) -> None:
        if number % 2:
            pbx.send(events[number // 2])
        else:
            calls[number // 2].ends("completed", 6)

    at_once(len(callers) * 2, one)
    at_once(6, drain)
    work()
    assert Counter(r["form"]["To"] for r in stand_in.requests) == dict.fromkeys(callers, 1)
    with line.biz.scope():
        assert Counter(Call.objects.values_list("decision_reason", flat=True)) == {
            "SEND": 10,
            "SAME_CALL": 10,
        }
        folded = Call.objects.exclude(same_as=None)
        assert folded.count() == 10
        assert all(call.same_as.contact_id == call.contact_id for call in folded)
    assert calls_of(plumber) == []


def test_two_phone_systems_tell_of_one_call(line, pbx, work, stand_in):
    caller = a_caller()
    crm = connect(line.biz, line.base_url, "quo", "The CRM")
    began = timezone.now() - timedelta(seconds=30)
    pbx.send(pbx.event(caller, ago=30, lasts=20))
    crm.send({
        "id": "EV1", "type": "call.completed", "createdAt": began.isoformat(), "data": {"object": {
            "id": "AC1", "direction": "incoming", "createdAt": (began + timedelta(seconds=2)).isoformat(),
            "completedAt": (began + timedelta(seconds=21)).isoformat(), "answeredAt": None,
            "participants": [caller, "+16025550199"], "status": "no-answer"}},
    })  # fmt: skip
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert sorted(c.decision_reason for c in calls_of(line.biz)) == ["SAME_CALL", "SEND"]


# --- answered after all ------------------------------------------------------------------------------
def test_answered_by_the_staff_after_all_calls_the_waiting_text_off(line, pbx, work, stand_in):
    """Ringing here and at the desk at once: the desk takes it, our leg ends at that moment."""
    with line.biz.scope():
        change_rule(delay=120)
    caller = a_caller()
    forwarded(line, caller, seconds=1)
    work()
    with line.biz.scope():
        assert Message.objects.get().status in ("queued", "held")
    pbx.send(pbx.event(caller, "answered", ago=1, lasts=1, talk_seconds=0))
    work()
    with line.biz.scope():
        message = Message.objects.get()
    assert message.status == "cancelled"
    assert "answered" in message.error_sentence
    both = ours(line.biz)
    assert both["ours"].same_as_id == both["reported"].pk
    assert both["reported"].outcome == "answered"
    assert stand_in.requests == []


def test_answered_by_the_staff_before_our_call_is_decided(line, pbx, work, stand_in):
    caller = a_caller()
    call = line.call(caller)
    call.arrives()
    work()
    began = timezone.now()
    shift(line.biz, 8)
    # Answered before it was passed on to us.
    pbx.send(pbx.event(caller, "answered", ago=20, lasts=20, talk_seconds=15))
    work()
    assert ours(line.biz)["reported"].outcome == "answered"
    call.ends("completed", 4)
    work()
    assert stand_in.requests == []
    both = ours(line.biz)
    assert both["ours"].decision_reason == "SAME_CALL"
    assert "answered" in both["ours"].receipt["questions"][0]["input"]
    assert both["ours"].same_as_id == both["reported"].pk
    assert began


def test_what_the_phone_system_took_for_an_answer_was_our_greeting(line, pbx, work, stand_in):
    caller = a_caller()
    call = line.call(caller)
    call.arrives()
    work()
    shift(line.biz, 15)
    call.ends("completed", 15)
    pbx.send(pbx.event(caller, "answered", ago=35, lasts=35, talk_seconds=15))
    work()
    both = ours(line.biz)
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert (both["reported"].outcome, both["reported"].decision_reason) == ("missed", "SAME_CALL")
    assert both["reported"].same_as_id == both["ours"].pk


def test_the_same_when_it_is_reported_first(line, pbx, work, stand_in):
    caller = a_caller()
    call = line.call(caller)
    call.arrives()  # a quarter of a minute ago, and worked on last
    ProviderEvent.objects.update(received_at=timezone.now() - timedelta(seconds=15))
    AgendaItem.objects.update(due_at=timezone.now() + timedelta(minutes=5))
    pbx.send(pbx.event(caller, "answered", ago=35, lasts=35, talk_seconds=15))
    work()
    assert ours(line.biz)["reported"].outcome == "answered"
    AgendaItem.objects.update(due_at=timezone.now())
    call.leaves_voicemail(9)
    work()
    both = ours(line.biz)
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert both["ours"].decision_reason == "SEND"
    assert both["reported"].same_as_id == both["ours"].pk


# --- no more than one call is one call ---------------------------------------------------------------
def test_a_second_real_call_minutes_later_is_not_swallowed(line, pbx, work, plumber):
    caller = a_caller()
    forwarded(line, caller)
    pbx.send(pbx.event(caller, ago=20, lasts=20))
    work()
    shift(line.biz, 180)
    pbx.send(pbx.event(caller, ago=20, lasts=20))
    work()
    reported = [c for c in calls_of(line.biz) if c.provider == "reported"]
    assert [c.decision_reason == "SAME_CALL" for c in reported] == [True, False]
    assert reported[1].same_as_id is None
    assert len(entries(line.biz)) == 2
    forwarded(line, caller)
    work()
    assert calls_of(line.biz)[-1].same_as_id in (None, reported[1].pk)
    assert len(entries(line.biz)) == 2


def test_a_redial_half_a_minute_later_is_its_own_call(line, pbx, work):
    caller = a_caller()
    forwarded(line, caller)
    pbx.send(pbx.event(caller, ago=20, lasts=20))
    work()
    shift(line.biz, 45)
    forwarded(line, caller)
    pbx.send(pbx.event(caller, ago=20, lasts=20))
    work()
    calls = calls_of(line.biz)
    pairs = {c.pk: c.same_as_id for c in calls if c.provider == "reported"}
    mine = [c.pk for c in calls if c.provider != "reported"]
    assert sorted(pairs.values()) == sorted(mine)
    assert len(entries(line.biz)) == 2


def test_a_call_of_somebody_else_at_the_same_moment(line, pbx, work, stand_in):
    one, other = a_caller(), a_caller()
    forwarded(line, one)
    pbx.send(pbx.event(other, ago=20, lasts=20))
    work()
    assert {r["form"]["To"] for r in stand_in.requests} == {one, other}
    assert all(call.same_as_id is None for call in calls_of(line.biz))


def test_the_same_caller_at_another_business(line, pbx, plumber, web_url, work, stand_in):
    theirs, caller = connect(plumber, web_url), a_caller()
    forwarded(line, caller)
    theirs.send(theirs.event(caller, ago=20, lasts=20))
    work()
    [call] = calls_of(plumber)
    assert call.same_as_id is None
    assert call.decision_reason != "SAME_CALL"


def test_a_report_that_allowed_no_text_does_not_keep_our_own_line_from_it(
    line, pbx, work, stand_in, posture
):
    """The report proves no notice; on our line the greeting gave it."""
    posture(line.biz, "notice")
    caller = a_caller()
    pbx.send(pbx.event(caller, ago=21, lasts=20))
    work()
    assert ours(line.biz)["reported"].decision_reason == "CONSENT_LEVEL_TOO_LOW"
    assert stand_in.requests == []
    call = line.call(caller)
    call.arrives()
    call.leaves_voicemail(9)
    call.ends("completed", 30)
    work()
    both = ours(line.biz)
    assert both["ours"].decision_reason == "SEND", both["ours"].receipt
    assert both["reported"].same_as_id == both["ours"].pk
    assert len(texts_to(stand_in.requests, caller)) == 1


# --- pure ----------------------------------------------------------------------------------------------
def a_report(lasts: float = 20, **more) -> CallReport:
    told = {"outcome": "no_answer", **more}
    return CallReport(
        "e", "c", "ended", started_at=NOON, ended_at=NOON + timedelta(seconds=lasts), **told
    )


@pytest.mark.parametrize(
    ("seconds", "same"), [(-6, False), (-4, True), (0, True), (20, True), (34, True), (36, False)]
)
def test_a_forwarded_call_begins_while_it_rings_or_soon_after(seconds, same):
    assert is_same(a_report(), NOON + timedelta(seconds=seconds)) is same


def test_where_the_start_is_not_known_it_rang_a_while_at_most():
    unknown = a_report(lasts=0, started_known=False)
    assert is_same(unknown, NOON - timedelta(seconds=80))
    assert not is_same(unknown, NOON - timedelta(seconds=100))


@pytest.mark.parametrize(
    ("answered", "began", "ended", "by_us"),
    [
        (20, 20, 60, True),  # forwarded at 20, our greeting answers
        (21, 20, None, True),  # still talking to our greeting
        (10, 0, 10, False),  # rang at both: the desk took it, our leg ended
        (10, 0, 11, False),
        (5, 20, 40, False),  # the desk took it and passed it on to us later
        (None, 20, 60, True),
        (None, 20, 21, False),
        (None, 20, None, True),
    ],
)  # fmt: skip
def test_who_answered(answered, began, ended, by_us):
    def at(seconds):
        return None if seconds is None else NOON + timedelta(seconds=seconds)

    report = a_report(60, outcome="answered", answered_at=at(answered))
    assert answered_by_us(report, Span(at(began), at(ended))) is by_us


@given(st.integers(-200, 200), st.integers(0, 120), st.booleans())
def test_calls_that_do_not_touch_are_never_one(offset, lasts, known):
    report = a_report(lasts, started_known=known)
    if is_same(report, NOON + timedelta(seconds=offset)):
        assert offset <= lasts + facts.SET_UP.total_seconds()
        least = 0 if known else min(0, lasts - facts.RANG_AT_MOST.total_seconds())
        assert offset >= least - facts.CLOCKS.total_seconds()
