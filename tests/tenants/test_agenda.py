"""The agenda's rows: wanted once, claimed once, back after a death, dead after eight failures."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tenants import agenda
from tenants.events import process_again
from tenants.models import AgendaItem, ProviderEvent
from tests.support.agenda import unfinished
from tests.support.hooks import texts_to

KIND = "calls.settle"


def put(biz, subject="1", seconds=0.0, **more):
    agenda.put(
        KIND,
        subject,
        lane="realtime",
        business_id=biz.business.pk,
        due_at=timezone.now() + timedelta(seconds=seconds),
        **more,
    )


def test_the_same_thing_is_wanted_once_and_only_ever_sooner(plumber):
    put(plumber, seconds=60)
    put(plumber, seconds=5)
    put(plumber, seconds=90)
    row = AgendaItem.objects.get(kind=KIND)
    assert timedelta(seconds=3) < row.due_at - timezone.now() <= timedelta(seconds=5)
    with pytest.raises(ValueError, match="nobody handles"):
        agenda.put("no.such", "1", lane="realtime", business_id=None, due_at=timezone.now())


def test_a_row_dies_with_its_transaction(plumber):
    with pytest.raises(RuntimeError), transaction.atomic():
        put(plumber)
        raise RuntimeError
    assert not AgendaItem.objects.filter(kind=KIND).exists()


def test_a_claimed_row_is_nobody_else_s_until_its_lease_is_over(plumber, pass_time):
    put(plumber)
    (item,) = agenda.claim("realtime", "one", 10)
    assert (item.schema, item.subject, item.attempts) == (plumber.schema, "1", 1)
    assert agenda.claim("realtime", "two", 10) == []
    pass_time(15)
    agenda.renew([item])
    pass_time(15)
    assert agenda.claim("realtime", "two", 10) == []
    pass_time(30)
    assert [i.attempts for i in agenda.claim("realtime", "two", 10)] == [2]


def test_lanes_do_not_mix_and_what_is_not_due_waits(plumber):
    put(plumber, seconds=30)
    assert agenda.claim("realtime", "me", 10) == []
    put(plumber, "2")
    assert agenda.claim("bulk", "me", 10) == []
    assert [i.subject for i in agenda.claim("realtime", "me", 10)] == ["2"]


def test_many_claiming_at_once_share_without_overlap(plumber):
    for n in range(60):
        put(plumber, str(n))
    got: list[int] = []

    def claim() -> None:
        try:
            while items := agenda.claim("realtime", "x", 5, fair=len(got) % 2 == 0):
                got.extend(item.id for item in items)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 60


def test_a_fair_claim_takes_a_few_of_each_business(plumber, dentist):
    for n in range(50):
        put(plumber, str(n), seconds=-60)
    put(dentist, "their one")
    items = agenda.claim("realtime", "me", 16, fair=True)
    assert "their one" in [item.subject for item in items] and len(items) <= 16
    assert sum(item.business_id == plumber.business.pk for item in items) >= 2


def test_the_oldest_first_claim_takes_what_belongs_to_no_business_too(plumber):
    agenda.put(KIND, "1", lane="realtime", business_id=None, due_at=timezone.now())
    assert [item.schema for item in agenda.claim("realtime", "me", 16)] == [""]


def test_a_waiting_row_can_be_dropped_and_one_in_work_cannot(plumber):
    put(plumber, "a")
    put(plumber, "b")
    (first, _) = agenda.claim("realtime", "me", 10)
    agenda.postpone(first, timezone.now())
    for subject in ("a", "b"):
        agenda.drop(KIND, subject, plumber.business.pk)
    assert AgendaItem.objects.count() == 1


def test_failures_come_back_later_and_later_and_die_with_their_reason(plumber):
    put(plumber)
    pauses = []
    for _ in range(agenda.MAX_ATTEMPTS):
        AgendaItem.objects.update(due_at=timezone.now())
        (item,) = agenda.claim("realtime", "me", 1)
        agenda.fail(item, ValueError("no such thing"))
        pauses.append(round((AgendaItem.objects.get().due_at - timezone.now()).total_seconds(), 1))
    row = AgendaItem.objects.get()
    assert row.state == "dead" and row.last_error == "ValueError: no such thing"
    assert pauses == sorted(pauses) and pauses[0] < 1 and pauses[-1] <= 300
    AgendaItem.objects.update(due_at=timezone.now())
    assert agenda.claim("realtime", "me", 1) == []


def test_support_can_process_a_dead_webhook_again(twilio, stand_in, work, settings):
    call = twilio.call()
    call.dial_ends("no-answer")
    handlers, settings.AGENDA_HANDLERS = (
        settings.AGENDA_HANDLERS,
        {**settings.AGENDA_HANDLERS, "calls.voice_event": "math.sqrt"},
    )
    for _ in range(agenda.MAX_ATTEMPTS):
        AgendaItem.objects.update(due_at=timezone.now())
        work()
    assert AgendaItem.objects.get().state == "dead"
    settings.AGENDA_HANDLERS = handlers
    work()
    assert stand_in.requests == []
    process_again(ProviderEvent.objects.get())
    work()
    assert len(texts_to(stand_in.requests, call.caller)) == 1 and not unfinished().exists()


def test_processing_again_what_was_processed_changes_nothing(twilio, stand_in, work):
    call = twilio.call()
    call.dial_ends("no-answer")
    work()
    for _ in range(2):
        process_again(ProviderEvent.objects.get())
        work()
    assert len(stand_in.requests) == 1
    twilio.text(call.caller, "hello")
    work()
    process_again(ProviderEvent.objects.get(kind="messaging"))
    work()
    from messaging.models import Message

    with twilio.biz.scope():
        assert Message.objects.filter(direction="in").count() == 1


def test_one_failing_row_does_not_hold_up_the_others(twilio, stand_in, work, monkeypatch):
    from calls import services

    good, bad = twilio.call(), twilio.call()
    for call in (bad, good):
        call.dial_ends("no-answer")
    record = services.record_call

    def fragile(voice, *rest):
        if voice.call_id == bad.sid:
            raise RuntimeError("boom")
        return record(voice, *rest)

    monkeypatch.setattr(services, "record_call", fragile)
    work()
    assert len(texts_to(stand_in.requests, good.caller)) == 1 and len(stand_in.requests) == 1
    monkeypatch.undo()
    AgendaItem.objects.update(due_at=timezone.now())
    work()
    assert len(texts_to(stand_in.requests, bad.caller)) == 1


def test_a_drain_needs_nobody_to_start_it_again_and_is_one_a_lane(twilio, stand_in):
    """Beat may be dead for days: a drain goes on until its process is told to stop."""
    from tenants import tasks

    def run() -> None:
        tasks.drain("realtime")
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for _ in range(3):
            call = twilio.call()
            call.dial_ends("no-answer")
            until = time.monotonic() + 15
            while not texts_to(stand_in.requests, call.caller) and time.monotonic() < until:
                time.sleep(0.01)
            assert len(texts_to(stand_in.requests, call.caller)) == 1
        tasks.drain("realtime")  # returns at once: the lane is being drained
        assert thread.is_alive()
    finally:
        tasks._stop.set()
        thread.join(30)
        tasks._stop.clear()
    assert not thread.is_alive()
