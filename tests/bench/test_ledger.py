"""The ledger that is measured is one as the product writes it; and a wiped database has none."""

from __future__ import annotations

import os

from django.db import connection

from bench import database, ledger
from messaging.models import ConsentEvent, Contact, LedgerHead
from tests.support.ledgers import append, checked, exported


def test_the_long_ledger_is_intact_and_goes_on(plumber, dentist):
    append(dentist, 1)
    with plumber.scope():
        ledger.write(60)
    found = checked(plumber)
    assert (found.rows, found.erased, found.problems) == (60, 0, [])
    append(plumber, 1)
    assert checked(plumber).rows == 61
    assert {row["kind"] for row in exported(plumber)} == {"consent", "opt_out"}
    assert checked(dentist).rows == 1


def test_both_kinds_of_transaction_are_timed(plumber, dentist):
    with plumber.scope():
        found = ledger.appends(5)
        assert {name: len(taken) for name, taken in found.items()} == {"with": 5, "without": 5}
    assert checked(plumber).rows == 15  # ten of them to warm up


def test_a_wiped_database_begins_with_empty_ledgers(plumber, dentist, monkeypatch):
    monkeypatch.setattr(database, "url_of", lambda businesses: os.environ["DATABASE_URL"])
    append(plumber, 3)
    try:
        database.wipe(2)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS public.bench_floor")
    for biz in (plumber, dentist):
        with biz.scope():
            assert not ConsentEvent.objects.exists()
            assert not Contact.objects.exists()
            assert LedgerHead.objects.get().seq == 0
    append(plumber, 1)
    assert checked(plumber).intact
