"""Whether calls to a business's own number still reach it: tried by hand, and watched every day."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls.forwarding import checks, watch
from calls.models import Call, ForwardingCheck
from calls.simulator import forwarding as carrier
from messaging.models import Alert, Contact, Conversation, Message
from tenants.models import AgendaItem, PhoneNumber
from tests.support.hooks import a_caller

PUBLIC = "+13125550177"


@pytest.fixture
def line(plumber, settings) -> PhoneNumber:
    """The plumber's line, reached by forwarding from his own number, and watched."""
    PhoneNumber.objects.filter(e164=plumber.number).update(
        forwards_from=PUBLIC, forwarding_carrier="att", forwarding_watched=True
    )
    return PhoneNumber.objects.select_related("account").get(e164=plumber.number)


@pytest.fixture
def until(work, plumber) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Work until something is so, for at most 25 seconds; at the end let calls in progress end."""

    def wait(so: Callable[[], bool]) -> None:
        end = time.monotonic() + 25
        while time.monotonic() < end:
            work()
            with plumber.scope():
                if so():
                    return
            time.sleep(0.1)
        raise AssertionError("it did not come to that")

    yield wait
    time.sleep(1)
    work()


def nothing_else(biz) -> None:
    """No text, nobody known by it, no thread."""
    assert not Message.objects.exists() and not Contact.objects.exists()
    assert not Conversation.objects.exists()


def test_ones_own_call_is_seen_and_not_texted(simulator, plumber, dentist, line, until):
    mine = a_caller()
    with plumber.scope():
        check = checks.begin(line, mine, by="Dana", now=timezone.now())
    simulator.await_end(simulator.place_call(plumber.number, mine, ring_seconds=0.2, faster=True))
    until(lambda: checks.look(check, timezone.now()).state == "reached")
    until(lambda: Call.objects.exclude(decision="").exists())
    with plumber.scope():
        check.refresh_from_db()
        call = Call.objects.get()
        assert (check.call, call.is_test, check.seconds < 20) == (call.pk, True, True)
        assert (call.decision, call.decision_reason) == ("skip", "TEST_CALL")
        assert call.receipt["questions"][-1]["passed"] is False
        nothing_else(plumber)
    assert PhoneNumber.objects.get(e164=plumber.number).forwarding == "reached"
    with dentist.scope():
        assert not Call.objects.exists() and not ForwardingCheck.objects.exists()


def test_a_customer_who_calls_meanwhile_is_texted_and_proves_nothing(
    simulator, plumber, line, until
):
    customer = a_caller()
    with plumber.scope():
        check = checks.begin(line, a_caller(), by="Dana", now=timezone.now())
    simulator.await_end(
        simulator.place_call(plumber.number, customer, ring_seconds=0.2, faster=True)
    )
    until(lambda: Message.objects.filter(author="rule").exists())
    with plumber.scope():
        assert checks.look(check, timezone.now()).state == "waiting"
        assert not Call.objects.get().is_test
        later = checks.look(check, check.deadline_at + checks.SLACK * 2)
        assert later.state == "lost" and "is not the phone you named" in later.detail
    assert PhoneNumber.objects.get(e164=plumber.number).forwarding == "unknown"


def test_after_the_look_the_same_phone_is_texted_like_anybody(simulator, plumber, line, until):
    mine = a_caller()
    with plumber.scope():
        check = checks.begin(line, mine, by="Dana", now=timezone.now())
    simulator.await_end(simulator.place_call(plumber.number, mine, ring_seconds=0.2, faster=True))
    until(lambda: checks.look(check, timezone.now()).state == "reached")
    with plumber.scope():
        ended = timezone.now() - checks.SLACK * 3
        ForwardingCheck.objects.update(ended_at=ended, deadline_at=ended)
    simulator.await_end(simulator.place_call(plumber.number, mine, ring_seconds=0.2, faster=True))
    until(lambda: Message.objects.filter(author="rule").exists())
    with plumber.scope():
        assert sorted(Call.objects.values_list("is_test", flat=True)) == [False, True]


@pytest.mark.parametrize("caller", ["", "nobody", "+13125550100", PUBLIC, "+1312"])
def test_a_look_wants_the_phone_that_will_call(world, plumber, line, caller):
    with plumber.scope(), pytest.raises(checks.CheckError) as wrong:
        checks.begin(line, caller, by="Dana", now=timezone.now())
    assert wrong.value.field == "caller" and wrong.value.sentence
    assert not AgendaItem.objects.filter(kind="calls.forwarding_check").exists()


def test_a_look_ends_by_itself(world, plumber, line, work, pass_time):
    with plumber.scope():
        check = checks.begin(line, a_caller(), by="Dana", now=timezone.now())
        ForwardingCheck.objects.update(deadline_at=timezone.now())
    pass_time(400)
    time.sleep(0.05)
    work()
    with plumber.scope():
        check.refresh_from_db()
        assert check.state == "lost" and "within three minutes" in check.detail


def begin_watching(biz, line) -> None:
    with biz.scope():
        watch.start(line, at=timezone.now())


def test_the_watchdog_finds_the_line_and_rings_nobody(simulator, plumber, dentist, line, until):
    begin_watching(plumber, line)
    until(lambda: ForwardingCheck.objects.filter(state="reached").exists())
    until(lambda: Call.objects.exclude(decision="").exists())
    with plumber.scope():
        call = Call.objects.get()
        assert call.is_test and call.decision_reason == "TEST_CALL"
        assert call.facts.get("dial_status") is None, "the staff was rung"
        nothing_else(plumber)
        assert not Alert.objects.exists()
    row = AgendaItem.objects.get(kind="calls.watch_forwarding")
    assert row.due_at > timezone.now() + watch.timedelta(hours=11)
    assert PhoneNumber.objects.get(e164=plumber.number).forwarding == "reached"
    with dentist.scope():
        assert not Alert.objects.exists() and not ForwardingCheck.objects.exists()


def test_two_lost_calls_raise_the_alert_and_an_arrival_resolves_it(
    simulator, plumber, dentist, line, until
):
    carrier.switch(PUBLIC, False)
    begin_watching(plumber, line)
    until(lambda: Alert.objects.filter(resolved_at=None).exists())
    with plumber.scope():
        kinds = list(ForwardingCheck.objects.order_by("started_at").values_list("kind", "state"))
        assert kinds == [("watch", "lost"), ("again", "lost")]
        alert = Alert.objects.get()
        assert alert.code == "FORWARDING_LOST" and "no longer reach us" in alert.sentence
        assert "**61*+13125550100**20#" in alert.fix
        assert "rang until the end" in alert.sentence
    assert PhoneNumber.objects.get(e164=plumber.number).forwarding == "lost"
    with dentist.scope():
        assert not Alert.objects.exists()
    carrier.switch(PUBLIC, True)
    begin_watching(plumber, line)
    until(lambda: not Alert.objects.filter(resolved_at=None).exists())
    assert PhoneNumber.objects.get(e164=plumber.number).forwarding == "reached"


def test_the_simulated_carrier_is_switched_by_command(simulator, line):
    call_command("simulated_forwarding", PUBLIC, "off")
    assert not carrier.is_on(PUBLIC)
    call_command("simulated_forwarding", PUBLIC, "on")
    assert carrier.is_on(PUBLIC)
    with pytest.raises(CommandError, match="number:"):
        call_command("simulated_forwarding", "+13125550178", "off")


def test_a_line_that_is_watched_no_longer_is_left_alone(simulator, plumber, line, work):
    begin_watching(plumber, line)
    PhoneNumber.objects.filter(pk=line.pk).update(forwarding_watched=False)
    work()
    assert not AgendaItem.objects.filter(kind="calls.watch_forwarding").exists()
    with plumber.scope():
        assert not ForwardingCheck.objects.exists()


def test_without_a_number_to_call_from_somebody_is_told(world, plumber, line, work):
    assert line.account.provider == "twilio"
    begin_watching(plumber, line)
    work()
    with plumber.scope():
        assert Alert.objects.get().code == "FORWARDING_NOT_WATCHED"
        assert not ForwardingCheck.objects.exists()
    assert AgendaItem.objects.get(kind="calls.watch_forwarding").due_at > timezone.now()
