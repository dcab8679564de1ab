"""A process dies at each step of buying a number and of giving one back: it is bought once, and given back.

Real processes and SIGKILL, before and after the provider was asked (tests/support/killed.py).
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from messaging.senders import buying, releasing
from tenants import agenda
from tenants.models import AgendaItem, PhoneNumber
from tests.agency.test_killed import ROW_GOES, due_now
from tests.senders.conftest import NEW, bought, others_untouched, step_of
from tests.senders.test_buying import posts

pytestmark = pytest.mark.processes

# The step says that the provider is about to be asked; it says what came of it.
BEGINS, ENDS = 'UPDATE "tenants_providerstep"', 'UPDATE "tenants_providerstep" SET .*"external_id"'


def dies(step: str, kind: str, lane: str) -> None:
    from tests.support.killed import killed

    due_now(kind)
    connection.close()  # a child of ours has nothing to wait for
    killed(step, "agenda", lane)


def lines() -> list[tuple[str, bool]]:
    return list(PhoneNumber.objects.filter(e164=NEW).values_list("e164", "is_active"))


def deleted(office) -> int:
    return sum(asked["method"] == "DELETE" for asked in office.asked)


def test_a_number_is_bought_once_wherever_one_dies(plumber, dentist, office):
    buying.buy(plumber.business, NEW, by="Ann")
    step = buying.key_of(NEW)
    dies(BEGINS, buying.KIND, "realtime")
    assert (step_of(plumber.business, step).state, posts(office)) == ("wanted", [])
    for at in ('INSERT INTO "tenants_phonenumber"', ENDS):
        dies(at, buying.KIND, "realtime")
        assert bought(office) == [NEW] and lines() == [], at
        assert step_of(plumber.business, step).state == "trying", at
    assert len(posts(office)) == 1, "whoever came after the dead one found it under our mark"
    dies(ROW_GOES, buying.KIND, "realtime")  # all is written, and the row is not gone yet
    assert lines() == [(NEW, True)] and step_of(plumber.business, step).state == "done"
    due_now(buying.KIND)
    assert agenda.run_due("realtime") == 1
    assert bought(office) == [NEW] and len(posts(office)) == 1 and lines() == [(NEW, True)]
    assert step_of(plumber.business, step).external_id
    assert not AgendaItem.objects.filter(kind=buying.KIND).exists()
    others_untouched(dentist)


def test_a_number_is_given_back_once_wherever_one_dies(plumber, dentist, office, work):
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    line, step = PhoneNumber.objects.get(e164=NEW), releasing.key_of(NEW)
    releasing.release(line, by="Ann", grace=timedelta(0))
    dies(BEGINS, releasing.KIND, "housekeeping")
    assert bought(office) == [NEW] and deleted(office) == 0 and lines() == [(NEW, True)]
    assert step_of(plumber.business, step).state == "wanted"
    for at in ('UPDATE "tenants_phonenumber"', ENDS):
        dies(at, releasing.KIND, "housekeeping")
        assert bought(office) == [] and lines() == [(NEW, True)], at
        assert step_of(plumber.business, step).state == "trying", at
    dies(ROW_GOES, releasing.KIND, "housekeeping")
    assert lines() == [(NEW, False)] and step_of(plumber.business, step).state == "done"
    due_now(releasing.KIND)
    assert agenda.run_due("housekeeping") == 1
    assert deleted(office) == 1, "who found it gone already gave nothing back again"
    assert lines() == [(NEW, False)]
    assert step_of(plumber.business, buying.key_of(NEW)).state == "cancelled"
    assert not AgendaItem.objects.filter(kind=releasing.KIND).exists()
    others_untouched(dentist)
