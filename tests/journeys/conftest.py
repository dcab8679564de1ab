"""What the journeys share: a clock that can be moved, and whatever is due by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from calls.models import Call
from messaging import policies
from messaging.models import Alert, ConsentEvent, Contact, Message, Refusal
from tenants.models import AgendaItem, Business
from tests.support.moved import Clock


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """A clock that stands still where it is put; web, worker and provider of this process go by it."""
    hands = Clock()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return hands.now.astimezone(tz)

    monkeypatch.setattr(timezone, "now", lambda: hands.now)
    monkeypatch.setattr("messaging.webhooks.datetime", Moved)
    monkeypatch.setattr(
        "bench.standin.formatdate", lambda usegmt: format_datetime(hands.now, usegmt)
    )
    return hands


@pytest.fixture
def go(clock, work) -> Callable[[], None]:
    """Do everything that is due by the clock."""

    def run() -> None:
        moved = True
        while moved:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE public.tenants_agendaitem SET due_at = now() WHERE due_at <= %s "
                    "AND due_at > now() AND state = 'waiting' AND claimed_by = ''",
                    [clock.now],
                )
                moved = bool(cursor.rowcount)
            work()

    return run


@pytest.fixture
def apart(world) -> Iterator[None]:
    """Whatever happens at the plumber's, the dentist sees nothing of it."""
    yield
    with world.dentist.scope():
        for model in (Message, Contact, Call, Alert, Refusal, ConsentEvent):
            assert not model.objects.exists(), f"the other business has a {model.__name__}"
    assert not AgendaItem.objects.filter(business_id=world.dentist.business.pk).exists()


@pytest.fixture
def choose(plumber, clock) -> Iterator[Callable[..., None]]:
    """Change the plumber's policy."""

    def save(**changes: Any) -> None:
        with plumber.scope():
            policies.save(plumber.business, changes, by="Pat", door="test", at=clock.now)

    yield save
    # The policy goes with the test: nobody may remember it by its version.
    Business.objects.filter(pk=plumber.business.pk).update(setup_version=F("setup_version") + 1)


@pytest.fixture
def missed(twilio, go) -> Callable[..., str]:
    """Somebody calls, nobody answers; returns who. By now everything due is done."""

    def run(caller: str | None = None) -> str:
        call = twilio.call(caller)
        call.arrives()
        assert call.dial_ends("no-answer").status_code == 200
        go()
        return call.caller

    return run


@pytest.fixture
def strict_night(choose, clock, missed) -> str:
    """A call at half past eleven at night, which strict quiet hours hold until a quarter past nine."""
    choose(strict_quiet_hours=True)
    clock.at("2027-01-13 23:30")
    return missed()
