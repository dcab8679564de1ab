"""A business's rows go to the thread that knows its schema, unless that one is much busier than others."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from django.conf import settings

from tenants.drain import OWN_QUEUE, Drain


@pytest.fixture
def drain(plumber, dentist):
    made = Drain("realtime", stop=threading.Event())
    yield made
    made._db_then_io_shutdown()


def row(business_id):
    return SimpleNamespace(business_id=business_id)


def test_under_a_burst_of_many_businesses_each_stays_with_its_own(drain):
    threads = settings.DRAIN_DB_THREADS
    for _ in range(10):
        for business_id in range(1, 101):
            own = drain._thread_for(row(business_id))
            assert own is drain._db[business_id % threads]
            own.waiting += 1
    for thread in drain._db:
        assert thread.waiting == 1000 // threads
        thread.waiting = 0


def test_one_busy_business_is_worked_by_all(drain, plumber):
    met = set()
    for _ in range(OWN_QUEUE * settings.DRAIN_DB_THREADS * 2):
        thread = drain._thread_for(row(plumber.business.pk))
        thread.waiting += 1
        met.add(id(thread))
    assert len(met) == settings.DRAIN_DB_THREADS
    most = max(thread.waiting for thread in drain._db)
    assert most - min(thread.waiting for thread in drain._db) <= OWN_QUEUE
    for thread in drain._db:
        thread.waiting = 0
