"""What the rule says is what happens: cool-down, ring, hours, callers, delay, expiry."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from calls.models import Call, Holiday, OpeningHours
from messaging.models import Contact, Message, MessageTemplate
from messaging.services import send_as
from tenants.models import ProviderEvent
from tests.support.hooks import Provider, a_caller, texts_to
from tests.support.rules import change_rule


@pytest.fixture
def miss(twilio, work):
    """Miss a call with these rule settings; return its stored row."""

    def run(
        caller: str | None = None, rings: float = 20, status: str = "no-answer", **rule: Any
    ) -> Call:
        with twilio.biz.scope():
            if rule:
                change_rule(**rule)
        call = twilio.call(caller)
        call.arrives()
        earlier(call.sid, rings)
        call.dial_ends(status)
        work()
        with twilio.biz.scope():
            return Call.objects.get(provider_id=call.sid)

    return run


def earlier(sid: str, seconds: float) -> None:
    """Make what was received about a call older."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_providerevent SET received_at = received_at - make_interval(secs => %s) WHERE subject = %s",
            [seconds, sid],
        )


def test_a_second_call_soon_is_not_texted_again_and_one_much_later_is(miss, twilio, stand_in):
    caller = a_caller()
    assert miss(caller).decision == "send"
    again = miss(caller)
    assert (again.decision, again.decision_reason) == (
        "skip",
        "COOL_DOWN",
    ) and "ago" in again.receipt["sentence"]
    with twilio.biz.scope():
        long_ago = timezone.now() - timedelta(hours=25)
        Message.objects.update(created_at=long_ago)
        Contact.objects.update(last_text_back_at=long_ago)
    assert miss(caller).decision == "send"
    assert len(texts_to(stand_in.requests, caller)) == 2


def test_a_text_that_failed_does_not_cool_down(miss, stand_in):
    caller = a_caller()
    stand_in.control({"mode": "refuse", "code": "30007", "times": 1})
    miss(caller)
    assert miss(caller).decision == "send"


def test_the_cool_down_of_one_business_is_none_of_another_s(miss, dentist, web_url, stand_in, work):
    caller = a_caller()
    miss(caller)
    Provider(dentist, web_url).call(caller).ends("completed", 5)
    work()
    assert {r["form"]["From"] for r in texts_to(stand_in.requests, caller)} == {
        "+13125550100",
        "+16025550100",
    }


@pytest.mark.parametrize(("rings", "code"), [(3, "RING_TOO_SHORT"), (5, "SEND")])
def test_who_hangs_up_at_once_has_misdialled(rings, code, miss):
    row = miss(rings=rings, status="canceled")
    assert row.decision_reason == code and abs(row.ring_seconds - rings) <= 1


def test_who_hangs_up_and_is_known_only_by_the_number_s_callback(twilio, work, pass_time, stand_in):
    """The ring is measured between arrival and end, whichever is worked on first."""
    for rings, texts in ((2, 0), (15, 1)):
        for backwards in (False, True):
            call = twilio.call()
            call.arrives()
            earlier(call.sid, rings)
            call.ends("canceled")
            if backwards:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE public.tenants_agendaitem SET due_at = now() + interval '1 minute' WHERE unique_key = %s",
                        [f"event:{ProviderEvent.objects.get(subject=call.sid, kind='voice').pk}"],
                    )
                work()
                pass_time(60)
                with (
                    connection.cursor() as cursor
                ):  # the settling waits; only the arrival is worked on
                    cursor.execute(
                        "UPDATE public.tenants_agendaitem SET due_at = now() + interval '4 s' WHERE kind = 'calls.settle'"
                    )
            work()
            pass_time(60)
            work()
            assert len(texts_to(stand_in.requests, call.caller)) == texts, (rings, backwards)


@pytest.mark.parametrize(
    ("open_now", "words"), [(True, "out on a job"), (False, "get back to you")]
)
def test_the_text_fits_the_hour(open_now, words, miss, twilio, stand_in):
    with twilio.biz.scope():
        OpeningHours.objects.all().delete()
        days = range(7) if open_now else []
        OpeningHours.objects.bulk_create(
            [OpeningHours(weekday=d, opens=time(0), closes=time(23, 59, 59, 999999)) for d in days]
        )
    row = miss()
    assert words in stand_in.requests[0]["form"]["Body"] and row.decision == "send"
    with twilio.biz.scope():
        assert (miss(states=["open"]).decision == "send") is open_now
        assert (miss(states=["closed"]).decision == "send") is not open_now


def test_a_holiday_is_closed(miss, twilio):
    today = datetime.now(ZoneInfo("America/Chicago")).date()
    with twilio.biz.scope():
        OpeningHours.objects.all().delete()
        OpeningHours.objects.bulk_create(
            [
                OpeningHours(weekday=d, opens=time(0), closes=time(23, 59, 59, 999999))
                for d in range(7)
            ]
        )
        Holiday.objects.create(date=today, name="Founders' day")
        Holiday.objects.create(date=today - timedelta(days=1), name="The day before")
    assert miss(states=["open"]).decision_reason == "HOURS_NOT_IN_RULE"


def test_a_call_worked_on_too_late_is_not_texted(twilio, work, stand_in):
    call = twilio.call()
    call.arrives()
    call.dial_ends("no-answer")
    earlier(call.sid, 31 * 60)
    work()
    with twilio.biz.scope():
        assert Call.objects.get().decision_reason == "EXPIRED"
    assert stand_in.requests == []


def test_ignored_callers_and_rules_switched_off(miss, twilio, stand_in):
    caller = a_caller()
    with twilio.biz.scope():
        Contact.objects.create(phone=caller, created_at=timezone.now(), ignored_at=timezone.now())
    assert miss(caller).decision_reason == "IGNORED_CALLER"
    assert miss(outcomes=["busy"]).decision_reason == "OUTCOME_NOT_IN_RULE"
    assert miss(status="busy").decision == "send"
    assert miss(is_on=False).decision_reason == "RULE_OFF"
    assert len(stand_in.requests) == 1


def test_new_and_known_callers(miss, twilio):
    known = a_caller()
    miss(known, is_on=False)
    assert miss(known, is_on=True, callers=["new"]).decision_reason == "CALLER_NOT_IN_RULE"
    assert miss(callers=["new"]).decision == "send"
    assert miss(callers=["known"]).decision_reason == "CALLER_NOT_IN_RULE"
    assert miss(known, callers=["known"]).decision == "send"


def test_a_member_who_is_writing_is_not_talked_over(miss, twilio, stand_in):
    caller = a_caller()
    with twilio.biz.scope():
        send_as(caller, "I'll call you back", author="person")
    assert miss(caller).decision_reason == "IN_CONVERSATION"
    assert len(texts_to(stand_in.requests, caller)) == 1


def test_a_delay_waits_and_then_sends(miss, pass_time, work, stand_in):
    row = miss(delay=timedelta(seconds=60))
    assert (row.decision, row.decision_reason) == ("hold", "DELAY") and stand_in.requests == []
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE lakeside_plumbing.messaging_message SET send_after = send_after - interval '61 s'"
        )
    pass_time(61)
    work()
    assert len(stand_in.requests) == 1


def test_a_call_to_the_greeting_whose_end_nobody_tells(
    dentist, world, web_url, stand_in, work, pass_time
):
    twilio = Provider(dentist, web_url)
    call = twilio.call()
    assert b"Say" in call.arrives().content
    work()
    assert stand_in.requests == []
    pass_time(200)
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1
    with dentist.scope():
        row = Call.objects.get()
        assert (row.outcome, row.missed_because) == ("missed", "forwarded")


def test_a_template_that_comes_out_empty_is_a_reason_not_an_error(miss, twilio, stand_in):
    from tenants.models import AgendaItem

    with twilio.biz.scope():
        MessageTemplate.objects.update(body="{caller_name}")
    row = miss()
    assert row.decision == "skip" and row.receipt["sentence"].startswith("No text")
    assert stand_in.requests == [] and not AgendaItem.objects.exclude(last_error="").exists()
