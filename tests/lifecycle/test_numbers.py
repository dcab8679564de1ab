"""The numbers of a business that leaves: none is paid for once it is gone, none is lost while it may stay."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_exists

from calls.simulator import office as desk
from inbox.agency.lifecycle import dropping
from messaging.holds import lift, place
from messaging.senders import bringing, buying, releasing
from messaging.senders.leaving import PORTED_STILL
from messaging.senders.steps import SenderError
from tenants import agenda, lifecycle
from tenants.models import (
    AgendaItem,
    Business,
    Departure,
    PhoneNumber,
    ProviderStep,
    Stage,
)
from tenants.scope import business_scope
from tests.lifecycle.conftest import departure_of
from tests.senders.conftest import NEW, step_of
from tests.support.killed import killed

ANN = {"actor": "Ann", "door": "page"}
PORTED, OTHERS = "+13125550121", "+16025550122"
# The work is committed, and what asked for it is not gone yet.
ROW_GOES = "DELETE FROM public.tenants_agendaitem a USING"


def leave(biz) -> Departure:
    return lifecycle.off_board(biz.business, now=timezone.now(), **ANN)


def stay(biz) -> None:
    assert lifecycle.stay(biz.business, now=timezone.now(), **ANN)


def at_provider(office, biz) -> list[str]:
    """Return what a business's account pays for."""
    mine = [each for each in office.books.held.values() if each["account_sid"] == biz.account_sid]
    return sorted(each["phone_number"] for each in mine)


def orders(office) -> int:
    """Return how often a number was ordered there."""
    asked = [(each["method"], each["path"].rpartition("/")[2]) for each in office.asked]
    return asked.count(("POST", "IncomingPhoneNumbers.json"))


def state(biz, key: str) -> str:
    return step_of(biz.business, key).state


def line(biz, e164: str = "") -> PhoneNumber:
    return PhoneNumber.objects.get(business=biz.business, e164=e164 or biz.number)


def grace_is_over(biz) -> None:
    """Have the day come on which a business is deleted and its numbers were to go."""
    past = timezone.now() - timedelta(minutes=1)
    Departure.objects.filter(business=biz.business, undone_at=None).update(due_at=past)
    for step in releasing.under_way(biz.business):
        step.wanted["due"] = past.isoformat()
        step.save()
    kinds = (dropping.DROP, releasing.KIND)
    rows = AgendaItem.objects.filter(business_id=biz.business.pk, kind__in=kinds)
    rows.update(due_at=past, claimed_by="")


@pytest.fixture
def owned(leaver, office, held) -> object:
    """The business that leaves, whose account holds its number."""
    held(leaver, leaver.number)
    return leaver


@pytest.fixture
def on(work, pass_time):
    """Do what is due within some hours: each row some times."""

    def run(hours: int = 3) -> None:
        for _ in range(hours):
            work()
            pass_time(3600)
        work()

    return run


@pytest.fixture(autouse=True)
def nobody_else(north, south, held, office):
    """Another business of the agency and one of another agency wait for a port and give a number back."""
    others = (north.first, south.first)
    for biz, e164 in zip(others, ("+13125550131", "+16025550131"), strict=True):
        held(biz, biz.number)
        bringing.bring(biz.business, e164, by="Bob")
    before = _facts(others)
    yield
    assert _facts(others) == before
    for biz in others:
        assert at_provider(office, biz) == [biz.number]


def _facts(others) -> list[object]:
    return [
        (
            Business.objects.get(pk=biz.business.pk).stage,
            list(PhoneNumber.objects.filter(business=biz.business).values_list("e164", "is_active")),
            list(ProviderStep.objects.filter(business=biz.business).values_list("key", "state")),
        )
        for biz in others
    ]  # fmt: skip


def asked_now(kind: str, biz):
    """Claim the one row of a kind and begin it; returns what lets it end, as an answer that comes later."""
    AgendaItem.objects.exclude(kind=kind).update(due_at=timezone.now() + timedelta(days=1))
    (item,) = [
        each for each in agenda.claim("realtime", "test", 50) if each.business_id == biz.business.pk
    ]
    with business_scope(item.schema):
        answer = agenda.handler_of(kind)(item)
    result = answer.act()

    def ends() -> None:
        with business_scope(item.schema):
            later = answer.settle(result)
        if later is None:
            agenda.finish([item])
        else:
            agenda.postpone(item, later.at)

    return ends


# --- what is on its way ------------------------------------------------------------------------


def test_what_is_on_its_way_is_called_off_and_said(owned, north, office, on):
    bringing.bring(owned.business, PORTED, by="Ann")
    bringing.bring(owned.business, OTHERS, by="Ann", how="held")
    buying.buy(owned.business, NEW, by="Ann")
    leave(owned)
    for key in (bringing.key_of(PORTED), bringing.key_of(OTHERS), buying.key_of(NEW)):
        assert state(owned, key) == "cancelled", key
    kinds = (bringing.KIND, buying.KIND)
    assert not AgendaItem.objects.filter(
        business_id=owned.business.pk, kind__in=kinds
    ).exists()  # fmt: skip
    desk.add_known(office.books, [(PORTED, owned.account_sid)])
    on()
    assert orders(office) == 0
    assert not PhoneNumber.objects.filter(e164__in=(PORTED, NEW)).exists()
    page = north.boss.get(north.url(f"businesses/{owned.business.pk}/lifecycle/"))
    assert PORTED_STILL in page and "given back when all of it is deleted" in page
    assert "is not brought in any more" in page
    with pytest.raises(SenderError):
        buying.buy(owned.business, NEW, by="Ann")


def test_a_look_for_a_port_that_ends_after_leaving_makes_no_line(owned, office):
    desk.add_known(office.books, [(PORTED, owned.account_sid)])
    bringing.bring(owned.business, PORTED, by="Ann")
    ends = asked_now(bringing.KIND, owned)
    leave(owned)
    ends()
    assert not PhoneNumber.objects.filter(e164=PORTED).exists()
    assert state(owned, bringing.key_of(PORTED)) == "cancelled"


def test_who_stays_waits_for_the_port_again(owned, office, on):
    bringing.bring(owned.business, PORTED, by="Ann", carrier="Old Bell")
    leave(owned)
    desk.add_known(office.books, [(PORTED, owned.account_sid)])
    stay(owned)
    on()
    again = step_of(owned.business, bringing.key_of(PORTED))
    assert (again.state, again.wanted["carrier"]) == ("done", "Old Bell")
    assert line(owned, PORTED).is_active
    assert releasing.leaving(owned.business) == {}


def test_a_purchase_that_ends_after_leaving_goes_with_the_others(owned, office, on):
    buying.buy(owned.business, NEW, by="Ann")
    ends = asked_now(buying.KIND, owned)
    departure = leave(owned)
    assert state(owned, buying.key_of(NEW)) == "trying"
    ends()
    assert state(owned, buying.key_of(NEW)) == "done" and line(owned, NEW).is_active
    assert releasing.leaving(owned.business) == dict.fromkeys(
        (NEW, owned.number), departure.due_at
    )  # fmt: skip
    on()
    assert at_provider(office, owned) == sorted((NEW, owned.number))
    grace_is_over(owned)
    on()
    assert at_provider(office, owned) == [] and orders(office) == 1
    assert Business.objects.get(pk=owned.business.pk).stage == Stage.GONE


def test_who_stays_keeps_what_was_bought_meanwhile(owned, office, on):
    buying.buy(owned.business, NEW, by="Ann")
    ends = asked_now(buying.KIND, owned)
    leave(owned)
    ends()
    stay(owned)
    on()
    assert releasing.leaving(owned.business) == {}
    assert line(owned, NEW).is_active and at_provider(office, owned) == sorted((NEW, owned.number))


def test_a_purchase_that_surely_was_not_made_is_not_made_any_more(owned, office, on):
    office.control({"faults": [{"method": "POST", "path": "Incoming", "mode": "429"}]})
    buying.buy(owned.business, NEW, by="Ann")
    ends = asked_now(buying.KIND, owned)
    leave(owned)
    ends()
    on()
    assert state(owned, buying.key_of(NEW)) == "cancelled"
    assert at_provider(office, owned) == [owned.number]


def test_nothing_is_deleted_while_nobody_knows_whether_a_number_is_paid(
    owned, north, office, on, work
):
    fault = {"method": "POST", "path": "Incoming", "mode": "accept_then_500"}
    silent = {"method": "GET", "path": "IncomingPhoneNumbers", "mode": "500", "times": 9999}
    office.control({"faults": [fault, silent]})
    buying.buy(owned.business, NEW, by="Ann")
    work()
    leave(owned)
    work()
    grace_is_over(owned)
    on()
    assert schema_exists(owned.schema) and departure_of(owned).begun_at is None
    page = north.boss.get(north.url(f"businesses/{owned.business.pk}/lifecycle/"))
    assert "It is deleted once the provider has answered" in page
    assert at_provider(office, owned) == sorted((NEW, owned.number))
    office.control({"faults": []})
    on()
    grace_is_over(owned)
    on()
    assert not schema_exists(owned.schema) and at_provider(office, owned) == []
    assert orders(office) == 1


def test_leaving_and_buying_at_the_same_moment_leave_nothing_paid(owned, office, work, on):
    for turn in range(5):
        e164, failed = f"+13125550{140 + turn}", []
        buying.buy(owned.business, f"+13125550{150 + turn}", by="Ann")
        ready = threading.Barrier(4)

        def at_once(act, ready=ready, failed=failed):
            try:
                ready.wait()
                act()
            except SenderError as refused:
                assert refused.field == "business"
            except Exception as error:
                failed.append(error)
            finally:
                connection.close()

        acts = (
            lambda: leave(owned),
            lambda e164=e164: buying.buy(owned.business, e164, by="Ann"),
            lambda: agenda.run_due("realtime"),
            lambda: releasing.release(line(owned), by="Ann", door="api"),
        )
        threads = [threading.Thread(target=at_once, args=[act]) for act in acts]
        [each.start() for each in threads]
        [each.join() for each in threads]
        assert failed == []
        work()
        lines = PhoneNumber.objects.filter(business=owned.business, is_active=True)
        active = set(lines.values_list("e164", flat=True))
        assert set(releasing.leaving(owned.business)) == active
        assert set(at_provider(office, owned)) == active
        if turn < 4:
            stay(owned)
            releasing.undo(owned.business, owned.number, by="Ann")
    grace_is_over(owned)
    on()
    assert at_provider(office, owned) == [] and not schema_exists(owned.schema)


# --- what is given back, and when --------------------------------------------------------------


def test_while_a_hold_keeps_its_data_its_numbers_stay(owned, north, office, on):
    leave(owned)
    with owned.scope():
        hold = place(owned.number, "A claim", "Ann", timezone.now())
    on(1)
    grace_is_over(owned)
    on(30)
    assert schema_exists(owned.schema) and line(owned).is_active
    assert at_provider(office, owned) == [owned.number]
    assert list(releasing.leaving(owned.business)) == [owned.number]
    with owned.scope():
        lift(hold.pk, "Ann", timezone.now())
    on(30)
    assert at_provider(office, owned) == [] and not line(owned).is_active
    assert not schema_exists(owned.schema) and departure_of(owned).problem == ""
    assert not releasing.under_way(owned.business)


def test_without_its_export_its_numbers_stay(owned, office, on):
    leave(owned)
    on(1)
    Departure.objects.filter(business=owned.business).update(export="")
    grace_is_over(owned)
    on()
    assert at_provider(office, owned) == [owned.number] and line(owned).is_active


def test_its_numbers_go_before_its_data(owned, north, office, on, work, pass_time):
    leave(owned)
    on(1)
    office.control({"faults": [{"method": "DELETE", "path": "Incoming", "mode": "500"}]})
    grace_is_over(owned)
    work()
    assert departure_of(owned).begun_at is not None and schema_exists(owned.schema)
    page = north.boss.get(north.url(f"businesses/{owned.business.pk}/lifecycle/"))
    assert "Its numbers are being given back." in page and "is being given back" in page
    on(2)
    assert at_provider(office, owned) == [] and not schema_exists(owned.schema)


def test_a_provider_that_takes_nothing_back_keeps_no_people_s_data(owned, north, office, on):
    leave(owned)
    on(1)
    fault = {"method": "DELETE", "path": "Incoming", "mode": "500", "times": 9999}
    office.control({"faults": [fault]})
    grace_is_over(owned)
    on(1)
    assert schema_exists(owned.schema)
    begun = departure_of(owned).begun_at - timedelta(days=4)
    Departure.objects.filter(business=owned.business).update(begun_at=begun)
    on(1)
    assert not schema_exists(owned.schema) and at_provider(office, owned) == [owned.number]
    # What is still paid for is asked for again until it is not, and stands on the page.
    assert AgendaItem.objects.filter(business_id=owned.business.pk, kind=releasing.KIND).exists()
    page = north.boss.get(north.url(f"businesses/{owned.business.pk}/lifecycle/"))
    assert "The provider did not take it back yet." in page
    office.control({"faults": []})
    on()
    assert at_provider(office, owned) == [] and not releasing.under_way(owned.business)


def test_who_stays_keeps_its_lines_but_not_what_was_asked_back_by_hand(owned, office, on, held):
    held(owned, NEW)
    bringing.bring(owned.business, NEW, by="Ann", how="held")
    on(1)
    asked_at = timezone.now() - timedelta(days=6)
    by_hand = releasing.release(line(owned, NEW), by="Ann", at=asked_at)
    leave(owned)
    assert step_of(owned.business, releasing.key_of(NEW)).pk == by_hand.pk
    stay(owned)
    assert list(releasing.leaving(owned.business)) == [NEW]
    due = releasing.due_of(by_hand)
    assert releasing.leaving(owned.business)[NEW] == due
    # Its day comes while the business leaves once more: nothing goes that may still be kept.
    leave(owned)
    by_hand.wanted["due"] = (timezone.now() - timedelta(hours=1)).isoformat()
    by_hand.save()
    on(30)
    assert at_provider(office, owned) == sorted((NEW, owned.number))
    stay(owned)
    on(24)
    assert line(owned, NEW).is_active  # a week is left to think again
    assert releasing.leaving(owned.business)[NEW] > timezone.now() + timedelta(days=6)
    by_hand.refresh_from_db()
    releasing.put_off(by_hand, timezone.now())
    on(1)
    assert at_provider(office, owned) == [owned.number] and line(owned).is_active
    assert not line(owned, NEW).is_active


# --- deaths --------------------------------------------------------------------------------------

LEFT = (
    'INSERT INTO "tenants_departure"', 'UPDATE "tenants_business" SET "stage"',
    'UPDATE "tenants_providerstep"', 'INSERT INTO "tenants_providerstep"',
    'INSERT INTO "tenants_agencyentry"', "done",
)  # fmt: skip
STAYED = (
    'UPDATE "tenants_departure"', 'UPDATE "tenants_business" SET "stage"',
    'UPDATE "tenants_providerstep"', 'INSERT INTO "tenants_providerstep"', "done",
)  # fmt: skip
BOUGHT = (
    'UPDATE "tenants_providerstep"', 'INSERT INTO "tenants_phonenumber"',
    'INSERT INTO "tenants_providerstep"', ROW_GOES,
)  # fmt: skip
ENDED = ('UPDATE "tenants_departure"', 'UPDATE "tenants_providerstep"')
GIVEN_BACK = ('UPDATE "tenants_providerstep"', 'UPDATE "tenants_phonenumber"', ROW_GOES)


def due_now(kind: str) -> None:
    """Have rows of one kind be due and claimed by nobody, as when a lease is over; others wait."""
    AgendaItem.objects.exclude(kind=kind).update(due_at=timezone.now() + timedelta(days=1))
    AgendaItem.objects.filter(kind=kind).update(due_at=timezone.now(), claimed_by="")


def all_now() -> None:
    """Have every row be due and claimed by nobody."""
    AgendaItem.objects.update(due_at=timezone.now(), claimed_by="")


def there(biz) -> tuple:
    rows = ProviderStep.objects.filter(business=biz.business).order_by("created_at", "id")
    return (
        Business.objects.get(pk=biz.business.pk).stage,
        list(rows.values_list("key", "state")),
        Departure.objects.filter(business=biz.business, undone_at=None).count(),
        set(AgendaItem.objects.values_list("unique_key", flat=True)),
    )


@pytest.mark.processes
def test_a_death_while_it_leaves_or_stays_leaves_half_of_nothing(owned, office, on):
    bringing.bring(owned.business, PORTED, by="Ann")
    before = there(owned)
    for step in LEFT:
        assert there(owned) == before, step
        killed(step, "life", "off_board", str(owned.business.pk))
    left = there(owned)
    assert left[0] == Stage.LEAVING and left[2] == 1
    assert (bringing.key_of(PORTED), "cancelled") in left[1]
    assert (releasing.key_of(owned.number), "wanted") in left[1]
    for step in STAYED:
        assert there(owned) == left, step
        killed(step, "life", "stay", str(owned.business.pk))
    assert there(owned)[0] == before[0]
    assert state(owned, bringing.key_of(PORTED)) == "waiting"
    assert releasing.leaving(owned.business) == {}


@pytest.mark.processes
def test_a_death_while_a_number_is_bought_given_back_and_all_deleted_pays_for_nothing(
    owned, office, on
):
    buying.buy(owned.business, NEW, by="Ann")
    ProviderStep.objects.filter(key=buying.key_of(NEW)).update(state="trying")
    leave(owned)
    for step in BOUGHT:
        due_now(buying.KIND)
        killed(step, "agenda", "realtime")
        assert at_provider(office, owned) in ([owned.number], sorted((NEW, owned.number))), step
        assert bool(ProviderStep.objects.filter(key=releasing.key_of(NEW))) is (step == ROW_GOES)
    assert orders(office) == 1 and state(owned, buying.key_of(NEW)) == "done"
    all_now()
    on(1)
    grace_is_over(owned)
    for step in ENDED:
        due_now(dropping.DROP)
        killed(step, "agenda", "housekeeping")
        assert departure_of(owned).begun_at is None, step
        assert len(at_provider(office, owned)) == 2
    due_now(dropping.DROP)
    agenda.run_due("housekeeping", limit=1)
    assert departure_of(owned).begun_at is not None and schema_exists(owned.schema)
    for step in GIVEN_BACK:
        due_now(releasing.KIND)
        killed(step, "agenda", "housekeeping")
        assert schema_exists(owned.schema)
    all_now()
    on(2)
    assert at_provider(office, owned) == [] and not schema_exists(owned.schema)
    assert not releasing.under_way(owned.business)
