"""Several drains against each other, really at once: one text a person, none lost, none twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from calls.models import Call
from messaging.models import Contact, Message
from tenants import agenda
from tenants.models import AgendaItem
from tests.support.agenda import unfinished
from tests.support.hooks import Provider, a_caller, texts_to


def at_once(count: int, work: Callable[[int], object]) -> None:
    """Run work in so many threads that all begin together; each gives its connection back."""
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(run, number) for number in range(count)]:
            done.result()


def drain(_: int) -> None:
    for lane in ("realtime", "bulk", "realtime"):
        agenda.run_due(lane)


def test_two_calls_of_one_person_at_once_are_one_text(twilio, stand_in, work, dentist):
    callers = [a_caller() for _ in range(12)]
    calls = [twilio.call(caller) for caller in callers for _ in range(2)]
    at_once(len(calls), lambda n: calls[n].dial_ends("no-answer"))
    at_once(6, drain)
    work()
    assert Counter(r["form"]["To"] for r in stand_in.requests) == dict.fromkeys(callers, 1)
    with twilio.biz.scope():
        assert Counter(Call.objects.values_list("decision_reason", flat=True)) == {
            "SEND": 12,
            "COOL_DOWN": 12,
        }
        assert Contact.objects.count() == 12
    with dentist.scope():
        assert not Call.objects.exists()


def test_every_event_of_many_calls_at_once(twilio, stand_in, work, pass_time):
    calls = [twilio.call() for _ in range(12)]
    answered = calls[::3]
    for call in calls:
        call.arrives()
        if call in answered:
            call.screened("1")
            call.dial_ends("completed", "true", DialCallDuration="40")
        else:
            call.staff_leg_ends("no-answer")
            call.dial_ends("no-answer")
        call.ends("completed", 12)
    at_once(8, drain)
    pass_time(30)
    at_once(4, drain)
    assert not AgendaItem.objects.exclude(last_error="").exists()
    missed = [call.caller for call in calls if call not in answered]
    assert Counter(r["form"]["To"] for r in stand_in.requests) == dict.fromkeys(missed, 1)


def test_one_person_calls_two_businesses_at_once(twilio, dentist, web_url, stand_in, work):
    caller = a_caller()
    theirs = Provider(dentist, web_url)
    jobs = [
        lambda: twilio.call(caller).dial_ends("no-answer"),
        lambda: theirs.call(caller).ends("completed", 4),
    ]
    at_once(2, lambda n: jobs[n]())
    at_once(4, drain)
    assert {r["form"]["From"] for r in texts_to(stand_in.requests, caller)} == {
        twilio.biz.number,
        dentist.number,
    }
    assert len(stand_in.requests) == 2


def test_stop_against_the_sending_of_what_waits(twilio, stand_in, work):
    """Whoever wins: a text is cancelled or sent once, never both, and nothing stays queued."""
    callers = [a_caller() for _ in range(12)]
    for caller in callers:
        twilio.call(caller).dial_ends("no-answer")

    def race(number: int) -> None:
        if number < 4:
            drain(number)
        else:
            twilio.text(callers[number - 4], "STOP")

    at_once(16, race)
    at_once(4, drain)
    asked = Counter(r["form"]["To"] for r in stand_in.requests)
    with twilio.biz.scope():
        assert Contact.objects.filter(opted_out_at=None).count() == 0
        for caller in callers:
            states = list(
                Message.objects.filter(their_number=caller, author="rule").values_list(
                    "status", flat=True
                )
            )
            assert states in ([], ["cancelled"], ["sent"])
            assert asked[caller] == states.count("sent")
    assert not unfinished().exists()


def test_a_reply_posted_twenty_times_with_one_token_is_one_text(twilio, stand_in, work):
    from messaging.services import send_as

    caller = a_caller()

    def reply(_: int) -> None:
        with twilio.biz.scope():
            send_as(caller, "On my way", author="person", client_token="form-1")

    at_once(12, reply)
    at_once(4, drain)
    assert len(texts_to(stand_in.requests, caller)) == 1
