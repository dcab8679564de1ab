"""Handing over: signed, tried again, never twice at once, and one that hangs holds up itself alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks.webhooks import WebhookVerificationError

from integrations import endpoints, handing, posting, retrying, sweeping, telling, waking
from integrations.endpoints import EndpointError, Owner
from integrations.models import Delivery, Endpoint, Event
from tenants import agenda
from tenants.drain import Drain
from tenants.models import AgendaItem


def tell(biz, count=1, name="contact.created"):
    """Let so many events happen at a business."""
    with biz.scope():
        for number in range(count):
            with transaction.atomic():
                data = {"contact": {"id": number, "phone": "+13125550142", "name": "Dana"}}
                assert telling.tell(name, f"{name}:{number}:{timezone.now()}", data, timezone.now())


def rows():
    return AgendaItem.objects.filter(lane="hooks")


def claimed():
    """Claim the one row of the lane, as a worker does."""
    [item] = agenda.claim("hooks", "me", 10)
    return item


def test_a_delivery_is_signed_and_any_library_verifies_it(plumber, endpoint, client_at, work):
    tell(plumber)
    work()
    [got] = client_at.got
    event = Event.objects.get()
    assert got.verified(endpoint.secret)["id"] == str(event.pk) == got.headers["webhook-id"]
    assert got.headers["Content-Type"] == "application/json"
    assert abs(int(got.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    with pytest.raises(WebhookVerificationError):
        got.verified(endpoints.new_secret())
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)
    assert not rows().exists(), "nothing waits: nothing is on the agenda"


def test_while_a_secret_is_replaced_both_sign(plumber, endpoint, client_at, work):
    old = endpoint.secret
    new = endpoints.rotate(endpoint, timezone.now()).secret
    tell(plumber)
    work()
    assert old != new and client_at.got[0].verified(old) == client_at.got[0].verified(new)
    Endpoint.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    tell(plumber)
    work()
    assert client_at.got[1].verified(new)
    with pytest.raises(WebhookVerificationError):
        client_at.got[1].verified(old)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, previous_secret, url FROM integrations_endpoint")
        assert not {old, new, client_at.url} & set(cursor.fetchone())


def test_what_failed_is_tried_again_under_the_same_id(
    plumber, endpoint, client_at, work, pass_time
):
    client_at.answers, client_at.body = (
        [500, 302, 404],
        b"token rb_abcdefgh12345 of +1 312 555 0142",
    )
    client_at.headers = {"Location": "https://elsewhere.example/"}
    tell(plumber)
    for expected in (
        "Not just now (HTTP 500).",
        "A redirect is not followed (HTTP 302).",
        "Refused (HTTP 404).",
    ):
        work()
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.problem) == ("waiting", expected)
        assert "[secret]" in delivery.answer and "555" not in delivery.answer
        assert rows().get().due_at > timezone.now()
        Delivery.objects.update(due_at=timezone.now())
        Endpoint.objects.update(rests_until=timezone.now())
        pass_time(30 * 3600)
    work()
    assert Delivery.objects.get().state == "delivered" and len(client_at.got) == 4
    assert len({each.headers["webhook-id"] for each in client_at.got}) == 1
    assert Endpoint.objects.get().failing_since is None


def test_after_ten_attempts_it_is_given_up(plumber, endpoint, client_at, work, pass_time):
    client_at.answers = [500] * 20
    tell(plumber)
    for _ in range(12):
        work()
        Delivery.objects.filter(state="waiting").update(due_at=timezone.now())
        Endpoint.objects.update(rests_until=timezone.now())
        pass_time(30 * 3600)
    assert Delivery.objects.get().state == "gave_up" and len(client_at.got) == 10
    assert not rows().exists()


def test_410_ends_it_and_the_other_business_is_not_concerned(
    plumber, dentist, endpoint, client_at, other_client, work
):
    theirs = endpoints.make(Owner(business=dentist.business), other_client.url, [])
    client_at.answers = [410]
    tell(plumber, 3)
    tell(dentist)
    work()
    off = Endpoint.objects.get(pk=endpoint.pk)
    assert (off.is_active, off.disabled_why) == (False, "gone") and off.disabled_at
    states = Delivery.objects.filter(endpoint=endpoint.pk).values_list("state", flat=True)
    assert set(states) <= {"dropped", "waiting", "delivered"} and "dropped" in states
    assert Endpoint.objects.get(pk=theirs.pk).is_active and len(other_client.got) == 1
    with pytest.raises(EndpointError):
        endpoints.send_test(off, timezone.now())


def test_retry_after_is_respected(plumber, endpoint, client_at, work):
    client_at.answers, client_at.headers = [429], {"Retry-After": "600"}
    tell(plumber)
    work()
    rests = Endpoint.objects.get().rests_until
    assert timedelta(seconds=590) < rests - timezone.now() <= timedelta(seconds=600)
    Delivery.objects.update(due_at=timezone.now())
    tell(plumber)
    work()
    assert len(client_at.got) == 1 and rows().get().due_at >= rests


def test_after_five_days_without_an_answer_it_is_switched_off(
    plumber, endpoint, client_at, work, settings
):
    heard = settings.ENDPOINT_OFF_HANDLERS = ["tests.integrations.test_handing.hear"]
    HEARD.clear()
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=5, minutes=1))
    client_at.answers = [503]
    tell(plumber)
    work()
    off = Endpoint.objects.get()
    assert (off.is_active, off.disabled_why) == (False, "failing")
    assert [off.pk] == HEARD and heard


HEARD: list[object] = []


def hear(endpoint):
    HEARD.append(endpoint.pk)


def test_a_sender_that_died_delivers_again_under_the_same_id(plumber, endpoint, client_at):
    tell(plumber)
    work = handing.hand_over(claimed())
    work.act()  # and dies before he wrote it down
    assert Delivery.objects.get().state == "waiting" and len(client_at.got) == 1
    assert agenda.claim("hooks", "other", 10) == [], "the lease holds"
    rows().update(due_at=timezone.now())  # it is over
    assert agenda.run_due("hooks") == 1
    assert Delivery.objects.get().state == "delivered"
    assert len({each.headers["webhook-id"] for each in client_at.got}) == 1 < len(client_at.got)


def test_whoever_lost_his_lease_writes_over_nobody(plumber, endpoint, client_at):
    tell(plumber)
    item = claimed()
    work = handing.hand_over(item)
    client_at.answers = [500]
    late = work.act()
    rows().update(due_at=timezone.now())
    agenda.run_due("hooks")
    assert work.settle(late) is None
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("delivered", 1)


def test_an_event_that_comes_while_others_are_handed_over_takes_no_second_thread(
    plumber, endpoint, client_at
):
    tell(plumber)
    item = claimed()
    work = handing.hand_over(item)
    tell(plumber)
    assert agenda.claim("hooks", "other", 10) == [], "the endpoint is worked on"
    assert work.settle(work.act()) is None
    agenda.finish([item])  # what the drain does afterwards takes nothing away
    assert Delivery.objects.filter(state="waiting").count() == 1
    assert agenda.run_due("hooks") == 1 and not Delivery.objects.exclude(state="delivered").exists()


def test_one_that_hangs_holds_up_itself_alone(
    plumber, dentist, endpoint, client_at, other_client, monkeypatch
):
    """Both in one worker, whose threads are few: the other business's are all delivered meanwhile."""
    endpoints.make(Owner(business=dentist.business), other_client.url, [])
    client_at.may_answer.clear()
    stop = threading.Event()
    drain = threading.Thread(target=Drain("hooks", stop=stop).run, daemon=True)
    tell(plumber, 30)
    drain.start()
    try:
        assert client_at.came.acquire(timeout=20)
        tell(dentist, 40)
        for _ in range(40):
            assert other_client.came.acquire(timeout=20)
        assert not client_at.may_answer.is_set() and len(client_at.got) <= posting.IN_FLIGHT
    finally:
        client_at.may_answer.set()
        stop.set()
        drain.join(timeout=30)
    assert not drain.is_alive()


def test_an_address_that_does_not_answer_in_time_rests(
    plumber, endpoint, client_at, monkeypatch, work
):
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    client_at.may_answer.clear()
    tell(plumber, 20)
    work()
    row = Endpoint.objects.get()
    assert row.rests_until > timezone.now() and row.failing_since is not None
    tried = Delivery.objects.filter(attempts__gt=0)
    number = tried.count()
    assert 1 <= number <= posting.IN_FLIGHT
    assert set(tried.values_list("problem", flat=True)) == {"No answer within 0.3 s."}
    client_at.may_answer.set()
    count = len(client_at.got)
    Endpoint.objects.update(rests_until=timezone.now())
    rows().update(due_at=timezone.now())
    work()
    assert len(client_at.got) == count + 20 - number, "one asked, then all the others came"
    assert Endpoint.objects.get().failing_since is None


def test_what_was_never_asked_for_is_found_by_the_sweep(plumber, endpoint, client_at, work):
    tell(plumber)
    rows().delete()  # the process died between its commit and its word to the lane
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=11))
    sweeping.prepared()
    work()
    assert len(client_at.got) == 1


def test_after_thirty_days_it_is_forgotten(plumber, endpoint, client_at, work):
    tell(plumber, 2)
    work()
    old = Event.objects.order_by("pk").first()
    Event.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    sweeping.prepared()
    work()
    assert Event.objects.count() == Delivery.objects.count() == 1


def test_the_test_event_and_a_delivery_by_hand(plumber, endpoint, client_at, work):
    endpoints.change(endpoint, events=["call.missed"])
    delivery = endpoints.send_test(endpoint, timezone.now())
    work()
    assert client_at.got[0].verified(endpoint.secret)["type"] == "webhook.test"
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    endpoints.redeliver(delivery, timezone.now())
    work()
    assert [each.headers["webhook-id"] for each in client_at.got] == [str(delivery.event_id)] * 2


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/x", "https://hooks.example:8443/", "ftp://x.example/", "",
     "https://u:p@hooks.example/", "https://hooks.example/a\nb"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_by_its_form(plumber, url):
    with pytest.raises(EndpointError) as refused:
        endpoints.make(Owner(business=plumber.business), url, [])
    assert refused.value.field == "url" and not Endpoint.objects.exists()


def test_a_name_that_leads_into_a_private_network_is_not_posted_to(plumber, work, monkeypatch):
    made = endpoints.make(Owner(business=plumber.business), "https://inside.example/x", [])
    answers = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("169.254.169.254", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    tell(plumber)
    agenda.run_due("hooks")
    delivery = Delivery.objects.get()
    assert delivery.problem == "The address leads into a private network."
    assert delivery.state == "waiting" and Endpoint.objects.get(pk=made.pk).rests_until


def test_the_schedule_is_that_of_standard_webhooks():
    now = datetime(2026, 11, 22, tzinfo=UTC)
    waits = [retrying.again_at(n, now, 0.5) for n in range(1, 11)]
    assert [(at - now).total_seconds() for at in waits[:-1]] == list(retrying.WAITS)
    assert waits[-1] is None
    assert retrying.again_at(1, now, 0.0) < retrying.again_at(1, now, 1.0)
    assert retrying.rests_until(now, 0, now) == now + retrying.SHORTEST_REST
    assert retrying.rests_until(now - timedelta(days=2), 0, now) == now + retrying.LONGEST_REST
    assert not retrying.is_over(now - timedelta(days=4), now)


def test_one_commit_wakes_once_and_a_rollback_does_no_harm(plumber, endpoint, client_at, work):
    data, now = {"contact": {"id": 1, "phone": "+13125550142", "name": ""}}, timezone.now()
    with plumber.scope():
        with suppress(RuntimeError), transaction.atomic():
            telling.tell("contact.created", "lost", data, now)
            raise RuntimeError
        assert not rows().exists()
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            for number in range(3):
                telling.tell("contact.created", f"contact.created:{number}", data, now)
    assert len([q for q in asked if "tenants_agendaitem" in q["sql"]]) == 1
    work()
    assert len(client_at.got) == 3


def test_waking_again_and_again_leaves_one_row(plumber, endpoint):
    for _ in range(3):
        waking.wake("endpoint", [str(endpoint.pk)])
    assert rows().count() == 1


_WORKER = """
import threading
import django
django.setup()
from tenants.drain import Drain
Drain("hooks", stop=threading.Event()).run()
"""


def test_a_worker_that_is_killed_loses_nothing(plumber, endpoint, client_at):
    """SIGKILL while the other side has the event and has not answered yet."""
    client_at.may_answer.clear()
    tell(plumber)
    env = os.environ | {"NOTICES_MAY_BE_PRIVATE": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    worker = subprocess.Popen([sys.executable, "-c", _WORKER], env=env)
    try:
        assert client_at.came.acquire(timeout=60)
    finally:
        worker.kill()
        worker.wait()
    assert Delivery.objects.get().state == "waiting" and rows().get().claimed_by
    client_at.may_answer.set()
    rows().update(due_at=timezone.now())  # the lease is over
    assert agenda.run_due("hooks") == 1
    assert Delivery.objects.get().state == "delivered"
    assert [each.headers["webhook-id"] for each in client_at.got] == [
        str(Event.objects.get().pk)
    ] * 2
