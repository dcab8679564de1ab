"""Limits on what rules send, over HTTP: reached, held, let go, raised, ended; and who is never stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging import breakers
from messaging.breakers import LimitError
from messaging.models import AuditEntry, Message
from messaging.services import send_as
from tenants import velocity
from tenants.models import Business
from tenants.redis import client
from tenants.velocity import Wish
from tests.journeys.test_simultaneous import at_once, drain
from tests.support.hooks import a_caller, texts_to
from tests.support.moved import alerts, last_said, the_text, waiting

pytestmark = pytest.mark.usefixtures("apart")


@pytest.fixture
def limit(plumber):
    """Give the plumber limits of his own, as if they had always been."""

    def set_to(texts=None, cents=None):
        Business.objects.filter(pk=plumber.business.pk).update(
            daily_text_limit=texts, monthly_cents_limit=cents
        )
        client().flushdb()

    return set_to


def held(biz) -> list[Message]:
    with biz.scope():
        return list(Message.objects.filter(status="held").order_by("created_at"))


def test_a_days_limit_holds_the_next_text_and_says_so_once(limit, missed, plumber, stand_in, clock):
    limit(texts=2)
    for _ in range(4):
        missed()
    assert len(stand_in.requests) == 2
    waits = held(plumber)
    assert [message.hold_code for message in waits] == ["DAY_LIMIT"] * 2
    assert "limit of 2 texts by rules" in waits[0].clearances[-1]["sentence"]
    (alert,) = alerts(plumber, "DAY_LIMIT")
    assert alert.times == 2 and "Let them go" in alert.fix


def test_held_texts_are_let_go_by_a_person_who_is_named(
    limit, missed, plumber, stand_in, clock, go
):
    limit(texts=0)
    caller = missed()
    assert stand_in.requests == []
    with plumber.scope():
        count = breakers.let_go(
            plumber.business.pk, "DAY_LIMIT", by="Pat", door="test", at=clock.now
        )
    go()
    assert count == 1 and len(texts_to(stand_in.requests, caller)) == 1
    message = the_text(plumber)
    assert message.status == "sent" and message.clearances[0]["occasion"]["let_go"] == "Pat"
    assert alerts(plumber, "DAY_LIMIT") == []
    with plumber.scope():
        (entry,) = AuditEntry.objects.filter(action="limits.let_go")
        assert entry.detail == {"code": "DAY_LIMIT", "texts": 1}
        assert (
            breakers.let_go(plumber.business.pk, "DAY_LIMIT", by="P", door="t", at=clock.now) == 0
        )
        with pytest.raises(LimitError, match="code"):
            breakers.let_go(plumber.business.pk, "PLATFORM_LIMIT", by="P", door="t", at=clock.now)
    # The next one is held again.
    missed()
    assert len(held(plumber)) == 1


def test_letting_go_of_one_limit_leaves_the_others_holding(
    limit, missed, plumber, dentist, stand_in, clock, go
):
    limit(texts=1, cents=100)
    for _ in range(4):
        missed()
    assert len(stand_in.requests) == 1 and len(held(plumber)) == 3
    Business.objects.filter(pk=plumber.business.pk).update(monthly_cents_limit=0)
    client().flushdb()

    def let_go(code: str) -> int:
        with plumber.scope():
            at = clock.now
            count = breakers.let_go(plumber.business.pk, code, by="Pat", door="t", at=at)
        go()
        return count

    assert let_go("DAY_LIMIT") == 3
    assert len(stand_in.requests) == 1  # the month's money still holds them
    assert {message.hold_code for message in held(plumber)} == {"MONTH_LIMIT"}
    # Past both they leave, and count against both.
    assert let_go("MONTH_LIMIT") == 3
    assert len(stand_in.requests) == 4 and held(plumber) == []
    with plumber.scope():
        assert breakers.use(plumber.business.pk, clock.now).texts == 4
    assert alerts(dentist, "MONTH_LIMIT") == []


def test_what_a_person_let_go_the_platforms_brake_still_holds(
    limit, missed, plumber, stand_in, settings, clock, go
):
    limit(texts=0)
    missed()
    settings.PLATFORM_BRAKE_FLOOR, settings.PLATFORM_BRAKE_FACTOR = 0, 0
    client().flushdb()
    with plumber.scope():
        assert breakers.let_go(plumber.business.pk, "DAY_LIMIT", by="P", door="t", at=clock.now)
    go()
    assert stand_in.requests == []
    assert [message.hold_code for message in held(plumber)] == ["PLATFORM_LIMIT"]


def test_a_raised_limit_lets_what_waited_go(limit, missed, plumber, stand_in, clock, go):
    limit(texts=1)
    first, second = missed(), missed()
    assert len(texts_to(stand_in.requests, first)) == 1 and len(held(plumber)) == 1
    with plumber.scope():
        business = Business.objects.get(pk=plumber.business.pk)
        assert breakers.set_limits(business, 5, None, by="Pat", door="test", at=clock.now)
        assert not breakers.set_limits(business, 5, None, by="Pat", door="test", at=clock.now)
    go()
    assert len(texts_to(stand_in.requests, second)) == 1
    assert held(plumber) == [] and alerts(plumber, "DAY_LIMIT") == []
    with plumber.scope():
        for wrong in (-1, 100_001):
            with pytest.raises(LimitError, match="daily_text_limit"):
                breakers.set_limits(business, wrong, None, by="P", door="t", at=clock.now)
        with pytest.raises(LimitError, match="monthly_cents_limit"):
            breakers.set_limits(business, None, -1, by="P", door="t", at=clock.now)


def test_a_held_text_expires_as_any_other(limit, missed, plumber, stand_in, clock, go):
    limit(texts=0)
    missed()
    (message,) = held(plumber)
    assert message.expires_at == message.held_until
    clock.forward(minutes=1)
    go()
    clock.now = message.expires_at + timedelta(seconds=1)
    go()
    message = the_text(plumber)
    assert message.status == "cancelled" and stand_in.requests == [] and waiting(message) == []


def test_the_days_end_lets_go_what_is_still_wanted(limit, missed, plumber, stand_in, clock, go):
    limit(texts=0)
    clock.at("2027-01-13 23:50")
    caller = missed()
    assert len(held(plumber)) == 1
    Business.objects.filter(pk=plumber.business.pk).update(daily_text_limit=1)
    clock.at("2027-01-14 00:00")
    go()
    # It is let go by the limit; now the night holds it, or nothing where it is within minutes.
    message = the_text(plumber)
    assert message.hold_code != "DAY_LIMIT"
    assert last_said(message)[1] in ("QUIET_HOURS", "ALLOW_RESPONSIVE_DELAYED") or texts_to(
        stand_in.requests, caller
    )


def test_a_months_money_holds_too(limit, missed, plumber, stand_in, settings):
    settings.SEGMENT_PRICE = 100
    limit(cents=3)
    # The template takes two segments with its way out, or one: the money decides, not the count.
    for _ in range(4):
        missed()
    sent = len(stand_in.requests)
    assert 1 <= sent <= 3
    waits = held(plumber)
    assert len(waits) == 4 - sent and {message.hold_code for message in waits} == {"MONTH_LIMIT"}
    assert "$0.03" in waits[0].clearances[-1]["sentence"]
    assert len(alerts(plumber, "MONTH_LIMIT")) == 1


def test_people_and_the_confirmation_of_a_stop_are_never_stopped(
    limit, missed, plumber, stand_in, twilio, clock, go
):
    limit(texts=0, cents=0)
    caller = missed()
    assert stand_in.requests == []
    with plumber.scope():
        send_as(caller, "We are on our way.", author="person", author_name="Dana")
    go()
    (sent,) = texts_to(stand_in.requests, caller)
    assert sent["form"]["Body"].startswith("We are on our way.")
    twilio.text(caller, "please stop texting me")
    go()
    with plumber.scope():
        confirmation = Message.objects.get(purpose="confirm_stop")
        assert confirmation.status == "sent"
    assert len(texts_to(stand_in.requests, caller)) == 2
    assert held(plumber) == []  # what waited for them is called off


def test_the_platforms_brake_holds_until_the_next_hour_and_support_is_told(
    missed, plumber, stand_in, settings, clock, caplog
):
    settings.PLATFORM_BRAKE_FLOOR = 1
    settings.PLATFORM_BRAKE_FACTOR = 0
    clock.at("2027-01-13 12:10")
    missed()
    missed()
    # The first question began the history; from the second on the limit is known.
    missed()
    assert {message.hold_code for message in held(plumber)} == {"PLATFORM_LIMIT"}
    (message, *_) = held(plumber)
    assert message.held_until == min(clock.at("2027-01-13 13:00"), message.expires_at)
    assert len([r for r in caplog.records if "platform_brake" in r.getMessage()]) == 1


def test_a_range_that_calls_too_much_is_held_until_somebody_looks(
    missed, plumber, stand_in, settings, clock, go
):
    settings.CROWD_HERE = 3
    for n in range(4):
        missed(f"+1773557000{n}")
    assert len(stand_in.requests) == 2
    waits = held(plumber)
    assert [message.hold_code for message in waits] == ["RANGE_VELOCITY"] * 2
    assert "+17735570" in waits[0].clearances[-1]["sentence"]
    (alert,) = alerts(plumber, "RANGE_VELOCITY")
    assert alert.times == 2
    missed("+17085551234")
    assert len(stand_in.requests) == 3  # nobody else waits for it
    with plumber.scope():
        breakers.let_go(plumber.business.pk, "RANGE_VELOCITY", by="Pat", door="t", at=clock.now)
    go()
    assert len(stand_in.requests) == 5


def test_a_range_that_calls_many_businesses_is_held_until_it_stops(
    missed, plumber, stand_in, settings, clock, go
):
    settings.CROWD_HERE, settings.CROWD_ANYWHERE = 3, 5
    for n in range(20):
        caller = f"+177355700{n:02}"
        velocity.ask(Wish(caller, 0, "+16025550100", str(n), 1, counts_elsewhere=True), clock.now)
    first, second = missed("+17735570100"), missed("+17735570101")
    # However many call one business: that alone stops nobody elsewhere.
    assert len(texts_to(stand_in.requests, first)) == 1
    (message,) = held(plumber)
    assert message.hold_code == "RANGE_VELOCITY"
    assert message.held_until == clock.now + timedelta(minutes=15)
    assert "goes by itself" in message.clearances[-1]["sentence"]
    clock.forward(seconds=31)
    go()
    assert len(held(plumber)) == 1  # asked again, and not counted again
    clock.forward(minutes=15)
    go()
    assert held(plumber) == [] and len(texts_to(stand_in.requests, second)) == 1


def test_many_at_once_do_not_overrun_the_limit(limit, twilio, plumber, stand_in, work):
    limit(texts=5)
    calls = [twilio.call(a_caller()) for _ in range(16)]
    at_once(len(calls), lambda n: calls[n].dial_ends("no-answer"))
    at_once(6, drain)
    work()
    # Redis knew nothing when it began: whoever read the database meanwhile counts in Redis all the same.
    assert len(stand_in.requests) == 5
    assert len(held(plumber)) == 11


def test_an_emptied_redis_counts_on_from_the_database(limit, missed, plumber, stand_in):
    limit(texts=2)
    missed()
    missed()
    client().flushdb()
    missed()
    assert len(stand_in.requests) == 2 and len(held(plumber)) == 1


def test_without_redis_the_database_is_asked(limit, missed, plumber, stand_in, monkeypatch, clock):
    limit(texts=1)

    def away():
        raise ConnectionError

    monkeypatch.setattr(velocity, "client", away)
    monkeypatch.setattr(velocity, "_not_before", [clock.now - timedelta(seconds=1)])
    missed()
    missed()
    assert len(stand_in.requests) == 1
    (message,) = held(plumber)
    assert message.hold_code == "DAY_LIMIT"


def test_what_the_gate_refuses_takes_nothing_of_the_limit(limit, missed, plumber, stand_in, choose):
    limit(texts=1)
    choose(posture="press_one")
    for _ in range(3):
        missed()
    choose(posture="implied")
    missed()
    assert len(stand_in.requests) == 1 and held(plumber) == []


def test_a_carrier_that_throttles_holds_what_rules_send(missed, plumber, stand_in, clock, go):
    until = clock.now + timedelta(minutes=5)
    breakers.throttled(plumber.number, until, clock.now)
    caller = missed()
    (message,) = held(plumber)
    assert (message.hold_code, message.held_until) == ("THROUGHPUT", until)
    client().flushdb()
    clock.forward(minutes=5)
    go()
    assert len(texts_to(stand_in.requests, caller)) == 1


def test_a_carriers_word_that_it_is_too_much_makes_rules_wait(
    missed, twilio, plumber, stand_in, clock, go
):
    first = missed()
    (sent,) = texts_to(stand_in.requests, first)
    twilio.receipt(sent["form"]["StatusCallback"], "undelivered", sent["sid"], ErrorCode="30022")
    go()
    missed()
    (message,) = held(plumber)
    assert message.hold_code == "THROUGHPUT"
    assert message.held_until == clock.now + timedelta(minutes=1)


def test_an_ordinary_text_asks_redis_once(missed, plumber, stand_in, monkeypatch):
    missed()  # the business is known by now
    asked = []
    real = velocity._run

    def counting(*args, **more):
        asked.append(args)
        return real(*args, **more)

    monkeypatch.setattr(velocity, "_run", counting)
    missed()
    assert len(stand_in.requests) == 2 and len(asked) == 1
