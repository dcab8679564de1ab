"""What strangers can make the webhook door ask the database."""

from __future__ import annotations

import asyncio

import pytest

from tenants import routing
from tenants.fields import cipher
from tenants.routing import Directory


class Database:
    """One account, whose token can be changed, and a count of what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.token = cipher().encrypt(b"first").decode()

    async def fetch(self, sql, values):
        self.asked.append(values[-1])
        await asyncio.sleep(0)
        return (7, self.token, "") if values[-1] == "AC1" else None

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
        assert (await directory.account("twilio", "AC1")).secrets == ("first",)
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
