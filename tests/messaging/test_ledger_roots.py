"""A day's root is kept once the day is over, outside the schema, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from structlog.testing import capture_logs

from messaging import consent, ledger_roots
from messaging.models import ConsentEvent
from tenants.agenda import Item, Later
from tenants.models import AgendaItem, LedgerRoot
from tests.support.ledgers import append, checked

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def item(biz, day: str) -> Item:
    return Item(
        1, "housekeeping", "messaging.anchor", biz.business.pk, biz.schema, day, DAY, None, 1
    )


def anchored(biz, day: str) -> Later | None:
    with biz.scope():
        return ledger_roots.anchor(item(biz, day))


def roots(biz) -> list[tuple[str, int]]:
    return [(root["day"], root["seq"]) for root in ledger_roots.roots(biz.business.pk)]


def append_at(biz, at: datetime, count: int = 1) -> None:
    """Append as if the database's clock, which tells when a row is recorded, stood at `at`."""
    there = f"timestamptz '{at.isoformat()}'"
    with pytest.MonkeyPatch.context() as patched, time_machine.travel(at, tick=False):
        patched.setattr(consent, "APPEND", consent.APPEND.replace("clock_timestamp()", there))
        append(biz, count)


def test_a_day_with_appends_is_anchored_after_midnight(plumber, dentist, work):
    append_at(plumber, DAY, 3)
    append_at(dentist, DAY, 1)
    (wish,) = AgendaItem.objects.filter(kind="messaging.anchor", business=plumber.business)
    assert (wish.subject, wish.lane) == ("2026-03-01", "housekeeping")
    assert wish.due_at == datetime(2026, 3, 2, 0, 5, tzinfo=UTC)
    # Real time is later than that by far; the test's clock made it the first of March.
    with capture_logs() as said:
        work()
    assert roots(plumber) == [("2026-03-01", 3)]
    assert roots(dentist) == [("2026-03-01", 1)]
    assert not AgendaItem.objects.filter(kind="messaging.anchor").exists()
    with plumber.scope():
        last = ConsentEvent.objects.get(seq=3)
    (logged,) = [
        line for line in said if line["event"] == "ledger_root" and line["schema"] == plumber.schema
    ]
    assert (logged["day"], logged["seq"], logged["row_hash"]) == ("2026-03-01", 3, last.row_hash)
    (kept,) = ledger_roots.roots(plumber.business.pk)
    assert set(kept) == {"day", "seq", "row_hash", "recorded_at"}
    assert kept["row_hash"] == last.row_hash
    assert checked(plumber).roots == 1


def test_one_wish_a_day(plumber):
    append_at(plumber, DAY, 3)
    append_at(plumber, DAY + timedelta(hours=11, minutes=59))
    append_at(plumber, DAY + timedelta(days=1))
    wishes = AgendaItem.objects.filter(kind="messaging.anchor").values_list("subject", flat=True)
    assert sorted(wishes) == ["2026-03-01", "2026-03-02"]


def test_the_last_row_before_midnight_in_utc(plumber, dentist):
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    append_at(plumber, DAY)
    append_at(plumber, midnight - timedelta(microseconds=1))
    append_at(plumber, midnight)
    assert anchored(plumber, "2026-03-01") is None
    assert anchored(plumber, "2026-03-02") is None
    assert roots(plumber) == [("2026-03-01", 2), ("2026-03-02", 3)]
    assert roots(dentist) == []


def test_anchoring_again_changes_nothing_even_late(plumber):
    append_at(plumber, DAY, 2)
    anchored(plumber, "2026-03-01")
    (first,) = LedgerRoot.objects.all()
    append_at(plumber, DAY, 2)  # a clock that was wrong
    with capture_logs() as said:
        anchored(plumber, "2026-03-01")
    assert list(LedgerRoot.objects.all()) == [first]
    assert LedgerRoot.objects.get().seq == 2
    assert said == []
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerRoot.objects.create(
            business=plumber.business, day="2026-03-01", seq=4, row_hash="x", recorded_at=DAY
        )


def test_a_day_that_is_not_over_waits(plumber):
    append_at(plumber, DAY)
    with time_machine.travel(DAY + timedelta(hours=1), tick=False):
        assert anchored(plumber, "2026-03-01") == Later(datetime(2026, 3, 2, tzinfo=UTC))
    assert roots(plumber) == []


def test_a_day_before_everything_has_no_root(plumber):
    append_at(plumber, DAY)
    assert anchored(plumber, "2026-02-01") is None
    assert roots(plumber) == []
    with pytest.raises(ValueError, match="isoformat"):
        anchored(plumber, "yesterday")
