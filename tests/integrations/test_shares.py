"""Slow endpoints never hold up others: nor many of them, nor a host that went down, nor a mute resolver."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.utils import timezone

from integrations import endpoints, posting, retrying, shares, telling
from integrations.crm import connections
from integrations.endpoints import Owner
from integrations.models import CrmPush, Delivery, Endpoint
from integrations.shares import HOST_MOST, HOST_MOST_SLOW, Shares, pace
from tenants import agenda, outgoing
from tenants.drain import Drain
from tenants.models import AgendaItem
from tests.support.endpoints import listening_client
from tests.support.hubspot import TOKEN, hubspot

THREADS = 16
DATA = {"contact": {"id": 1, "phone": "+13125550142", "name": "Dana"}}


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self):
        return self.now


def tell(biz, count=1, kind="contact.created", data=DATA):
    with biz.scope():
        for number in range(count):
            with transaction.atomic():
                telling.tell(kind, f"{kind}:{number}:{timezone.now()}", data, timezone.now())


def bad_endpoints(biz, client, hosts, *, each=1):
    """Endpoints of one business at so many hosts of a client."""
    port = client.url.rsplit(":", 1)[1]
    for number in range(hosts):
        for _ in range(each):
            url = f"http://h{number}.faces.example:{port}"
            made = endpoints.make(Owner(business=biz.business), url, [])
            yield made.pk


@contextmanager
def a_worker():
    stop = threading.Event()
    thread = threading.Thread(target=Drain("hooks", stop=stop).run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(timeout=60)
    assert not thread.is_alive()


@pytest.fixture
def many_faces(settings, monkeypatch):
    """A client whose machine has as many names as one likes, and which answers nobody before it may."""
    real = socket.getaddrinfo

    def looked_up(host, *rest, **more):
        return real("127.0.0.1" if host.endswith(".faces.example") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    settings.NOTICES_MAY_BE_PRIVATE = True
    settings.HOOKS_IO_THREADS = THREADS
    with listening_client() as client:
        client.may_answer.clear()
        yield client


@pytest.fixture
def few_businesses(monkeypatch):
    monkeypatch.setattr(endpoints, "MOST", 1000)


def test_many_that_hang_hold_up_neither_fast_ones_nor_a_crm(
    plumber, dentist, many_faces, other_client, few_businesses, settings
):
    """Four times as many as there are threads; the others arrive before a single one of them is answered."""
    good = endpoints.make(Owner(business=dentist.business), other_client.url, [])
    Endpoint.objects.filter(pk=good.pk).update(took_ms=20)
    list(bad_endpoints(plumber, many_faces, 4 * THREADS))
    with hubspot() as hub:
        settings.HUBSPOT_API_BASE_URL = hub.url
        tell(plumber)
        connections.connect(dentist.business, "hubspot", TOKEN)
        with a_worker():
            for _ in range(THREADS // 2):
                assert many_faces.came.acquire(timeout=30)
            tell(dentist, 40)
            for _ in range(40):
                assert other_client.came.acquire(timeout=30)
            text = {
                "contact": DATA["contact"], "text": {"body": "Hello", "our_number": "+13125550100"}
            }  # fmt: skip
            tell(dentist, 1, "reply.received", text)
            assert other_client.came.acquire(timeout=30)
            while not CrmPush.objects.filter(state="delivered").exists():
                assert not many_faces.may_answer.is_set()
                threading.Event().wait(0.02)
            assert len(many_faces.got) <= THREADS // 2, "they share half of the threads"
            assert not Delivery.objects.filter(
                endpoint__business=plumber.business, state="delivered"
            ).exists()
            many_faces.may_answer.set()
    assert not CrmPush.objects.filter(connection__business=plumber.business).exists()


def test_a_host_that_goes_down_holds_up_itself_alone(
    plumber, dentist, many_faces, other_client, few_businesses, settings
):
    """Fifty subscriptions that all lead to it, all fast till this moment."""
    settings.HOOKS_IO_THREADS = 48
    good = endpoints.make(Owner(business=dentist.business), other_client.url, [])
    down = list(bad_endpoints(plumber, many_faces, 1, each=50))
    Endpoint.objects.filter(pk__in=[good.pk, *down]).update(took_ms=20)
    tell(plumber)
    with a_worker():
        for _ in range(HOST_MOST):
            assert many_faces.came.acquire(timeout=30)
        tell(dentist, 40)
        for _ in range(40):
            assert other_client.came.acquire(timeout=30)
        assert len(many_faces.got) == HOST_MOST and not many_faces.may_answer.is_set()
        many_faces.may_answer.set()


def test_whoever_waits_for_a_place_gets_one(plumber, dentist, many_faces, few_businesses, work):
    """The rows that found none come again; none of them was tried, and nothing is lost."""
    list(bad_endpoints(plumber, many_faces, 1, each=3))
    many_faces.may_answer.set()
    taken = [shares.here().enter("slow", "h0.faces.example") for _ in range(HOST_MOST_SLOW)]
    tell(plumber)
    assert agenda.run_due("hooks") == 3
    assert many_faces.got == [] and not Delivery.objects.exclude(attempts=0).exists()
    for place in taken:
        shares.here().leave(place)
    AgendaItem.objects.filter(lane="hooks").update(due_at=timezone.now())
    work()
    assert Delivery.objects.filter(state="delivered").count() == 3 == len(many_faces.got)
    assert set(Endpoint.objects.values_list("took_ms", flat=True)) != {0}
    assert not shares.here()._places


def test_whoever_answers_well_and_late_rests_and_the_log_says_so(
    plumber, endpoint, client_at, work, monkeypatch
):
    monkeypatch.setattr(posting, "_since", lambda began: 14_000)
    tell(plumber, 3)
    work()
    delivered = Delivery.objects.filter(state="delivered")
    assert [row.problem for row in delivered] == [
        "Delivered, but it took 14 s, so the address rests as long. Answer first, work afterwards."
    ]
    row = Endpoint.objects.get()
    assert row.rests_until > timezone.now() and row.failing_since is None and row.took_ms == 14_000
    assert Delivery.objects.filter(state="waiting").count() == 2, "not before its rest is over"
    monkeypatch.setattr(posting, "_since", lambda began: 4)
    Endpoint.objects.update(rests_until=timezone.now())
    AgendaItem.objects.filter(lane="hooks").update(due_at=timezone.now())
    work()
    assert delivered.all().count() == 3 and Endpoint.objects.get().rests_until is None
    endpoints.change(endpoint, url=client_at.url + "/new")
    assert Endpoint.objects.get().took_ms == 0, "of a new address nobody knows anything"


def test_a_name_that_is_looked_up_for_ever_is_given_up(plumber, dentist, work, monkeypatch):
    endpoints.make(Owner(business=plumber.business), "https://mute.example/x", [])
    over = threading.Event()
    monkeypatch.setattr(outgoing, "LOOKUP_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    try:
        tell(plumber)
        agenda.run_due("hooks")
        assert Delivery.objects.get().problem == "The address was not found within 0.2 s."
        assert Endpoint.objects.get().rests_until > timezone.now()
        monkeypatch.setattr(outgoing, "_lookups", threading.BoundedSemaphore(1))
        for sentence in ("The address was not found within 0.2 s.",
                         "Too many addresses are being looked up."):  # fmt: skip
            with pytest.raises(outgoing.NoAnswer) as refused:
                outgoing.found("https://mute.example/")
            assert refused.value.sentence == sentence
    finally:
        over.set()


def test_places_go_to_the_fast_first():
    clock = Clock()
    here = Shares(48, clock)
    slow = [here.enter("slow", f"s{n}") for n in range(100)]
    assert sum(place is not None for place in slow) == 12
    new = [here.enter("new", f"n{n}") for n in range(100)]
    assert sum(place is not None for place in new) == 12, "half of all together"
    fast = [here.enter("fast", f"f{n}") for n in range(100)]
    assert sum(place is not None for place in fast) == 12, "three quarters of all"
    crm = [here.enter("crm", "hubspot") for _ in range(100)]
    assert sum(place is not None for place in crm) == 6
    here.leave(slow[0])
    here.leave(slow[0])
    assert here.enter("slow", "s") is not None and here.enter("slow", "t") is None


def test_a_fast_one_that_lets_one_wait_counts_as_slow_as_long_as_that_lasts():
    clock = Clock()
    here = Shares(48, clock)
    held = [here.enter("fast", f"f{n}") for n in range(24)]
    probe = here.enter("new", "n")
    assert probe is not None
    here.leave(probe)
    clock.now += 1.5
    assert here.enter("new", "n") is None and here.enter("slow", "n") is None
    assert here.enter("fast", "other") is not None
    held[0].moved()
    assert here.enter("new", "n") is not None


def test_one_host_holds_few():
    here = Shares(400, Clock())
    assert sum(here.enter("slow", "one") is not None for _ in range(40)) == HOST_MOST_SLOW
    assert sum(here.enter("new", "one") is not None for _ in range(40)) == 0
    assert sum(here.enter("fast", "one") is not None for _ in range(40)) == (
        HOST_MOST - HOST_MOST_SLOW
    )
    assert here.enter("slow", "two") is not None


def test_what_is_expected_of_an_endpoint():
    now = timezone.now()
    assert pace(took_ms=0, failing_since=None) == "new"
    assert pace(took_ms=40, failing_since=None) == "fast"
    assert pace(took_ms=1000, failing_since=None) == "slow"
    assert pace(took_ms=40, failing_since=now) == "slow"
    assert retrying.typical_ms(0, []) == 0 and retrying.typical_ms(0, [0, 0]) == 1
    assert retrying.typical_ms(100, [100, 100, 9000]) == 100
    assert retrying.typical_ms(0, [6000]) == 6000 and retrying.typical_ms(100, [900]) == 500
    assert retrying.tired_seconds([]) == retrying.tired_seconds([4999]) == 0
    assert retrying.tired_seconds([14_000, 14_000, 20]) == 14
    assert retrying.slow_words(4999) == "" and "took 6 s" in retrying.slow_words(6000)
