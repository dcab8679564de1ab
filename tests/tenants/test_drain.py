"""The worker's drain: what it does when the database goes away under it."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.db import OperationalError, connection
from django.utils import timezone

from tenants import agenda
from tenants.drain import Drain
from tenants.models import AgendaItem
from tests.support.hooks import texts_to


def test_a_database_that_was_away_is_no_failure_of_the_row(plumber):
    """Each of a worker's threads meets its own dead connection; the call must not wait for that."""
    agenda.put(
        "calls.settle", "1", lane="realtime", business_id=plumber.business.pk, due_at=timezone.now()
    )
    drain = Drain("realtime", stop=threading.Event())
    for _ in range(agenda.MAX_ATTEMPTS + 1):
        AgendaItem.objects.update(due_at=timezone.now())
        (item,) = agenda.claim("realtime", "me", 1)
        drain._failed(item, OperationalError("the connection is closed"))
    row = AgendaItem.objects.get()
    assert row.state == "waiting" and row.due_at - timezone.now() < timedelta(seconds=5)


def _connections() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {row[0] for row in cursor.fetchall()}


def test_connections_cut_under_a_running_drain(twilio, stand_in):
    """The server ends the drain's connections again and again; each call is one text all the same."""
    stop, others = threading.Event(), _connections()
    thread = threading.Thread(
        target=lambda: (Drain("realtime", stop=stop).run(), connection.close())
    )
    thread.start()
    calls = []
    try:
        for _ in range(5):
            calls.append(twilio.call())
            assert calls[-1].dial_ends("no-answer").status_code == 200
            with connection.cursor() as cursor:
                for pid in _connections() - others:
                    cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        until = timezone.now() + timedelta(seconds=90)
        while timezone.now() < until and AgendaItem.objects.exists():
            stop.wait(0.1)
    finally:
        stop.set()
        thread.join(30)
    assert [len(texts_to(stand_in.requests, call.caller)) for call in calls] == [1] * 5
