"""What strangers can make the webhook door ask the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest
from django.db import connection

from tenants import routing
from tenants.fields import cipher
from tenants.models import PhoneNumber
from tenants.routing import Directory


class Database:
    """One account, whose token can be changed, and a count of what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.token = cipher().encrypt(b"first").decode()

    async def fetch(self, sql, values):
        self.asked.append(values[-1])
        await asyncio.sleep(0)
        return (7, "", self.token, "") if values[-1] == "AC1" else None

    def rotate(self, token: str) -> None:
        self.token = cipher().encrypt(token.encode()).decode()


@pytest.fixture
def database(world) -> Database:
    return Database()


def test_an_unknown_account_is_asked_for_once_a_second(database, monkeypatch):
    monkeypatch.setattr(routing, "PACE_SECONDS", 0.2)

    async def flood():
        directory = Directory(database.fetch)
        for _ in range(50):
            assert await directory.account("twilio", "AC9") is None
        assert database.asked == ["AC9"]
        await asyncio.sleep(0.25)
        assert await directory.account("twilio", "AC9") is None
        assert database.asked == ["AC9"] * 2

    asyncio.run(flood())


def test_strangers_do_not_fill_the_memory(database, monkeypatch):
    monkeypatch.setattr(routing, "_NOBODIES_AT_MOST", 10)

    async def flood():
        directory = Directory(database.fetch)
        await directory.account("twilio", "AC1")
        for number in range(100):
            await directory.account("twilio", f"ACx{number}")
        assert len(directory._nobody_until) <= 10
        database.asked.clear()
        account = await directory.account("twilio", "AC1")
        assert (account.secrets, account.public_keys) == (("first",), ())
        assert "first" not in repr(account)
        assert database.asked == []

    asyncio.run(flood())


def test_wrong_signatures_read_an_account_once_a_second_and_a_rotation_is_seen(
    database, monkeypatch
):
    monkeypatch.setattr(routing, "PACE_SECONDS", 0.2)

    async def flood():
        directory = Directory(database.fetch)
        await directory.account("twilio", "AC1")
        await directory.account("twilio", "AC1", fresh=True)
        assert len(database.asked) == 2
        # The read after the rotation is not at once, but nobody gets the old token from it.
        database.rotate("second")
        asks = [directory.account("twilio", "AC1", fresh=True) for _ in range(100)]
        first, *others = [asyncio.ensure_future(ask) for ask in asks]
        await asyncio.sleep(0.05)
        first.cancel()  # one who hangs up takes nothing from the others
        found = await asyncio.gather(*others)
        assert {account.secrets for account in found} == {("second",)}
        assert len(database.asked) == 3

    asyncio.run(flood())


def test_a_token_nobody_can_read_verifies_nothing_and_breaks_nothing(database):
    async def ask():
        database.token = "gAAAA-not-ours"
        return await Directory(database.fetch).account("twilio", "AC1")

    assert asyncio.run(ask()).secrets == ()


async def ask_postgresql(sql: str, values: tuple[Any, ...]) -> Any:
    """A Directory's fetch over the test's own connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    # The web's own connection reads JSON; this one hands it over as text.
    return row and tuple(
        json.loads(value) if isinstance(value, str) and value[:1] == "[" else value for value in row
    )


def at_once(answer: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine answers that waits for nothing."""
    with pytest.raises(StopIteration) as ended:
        answer.send(None)
    return ended.value.value


def test_a_number_switched_off_is_found_for_texts_alone(plumber, dentist):
    number = plumber.number
    before = at_once(Directory(ask_postgresql).route(number))
    assert before.business_id == plumber.business.pk and before.is_active
    PhoneNumber.objects.filter(e164=number).update(is_active=False)
    directory = Directory(ask_postgresql)
    for fresh in (True, False):  # read, then remembered
        assert at_once(directory.route(number, fresh=fresh)) is None
        found = at_once(directory.route(number, fresh=fresh, inactive_too=True))
        assert (found.business_id, found.account_id) == (before.business_id, before.account_id)
        assert not found.is_active
    other = at_once(directory.route(dentist.number, inactive_too=True))
    assert other.business_id == dentist.business.pk and other.is_active
    assert at_once(directory.route("+13125559999", inactive_too=True)) is None
    PhoneNumber.objects.filter(e164=number).update(is_active=True)
    assert at_once(directory.route(number, fresh=True)) == before
