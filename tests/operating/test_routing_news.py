"""A web process that hears of changes asks nothing it knows, and never answers what is no longer so."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from tenants import routing_news
from tenants.fields import cipher
from tenants.models import Agency, PhoneNumber
from tenants.routing import Directory
from tenants.routing_news import News

NAME = "ringback-routes"


class Web:
    """A directory that hears, and what it asked for by itself."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.directory = Directory(self.fetch)
        self.news = News(self.directory, os.environ["DATABASE_URL"])

    async def fetch(self, sql: str, values: tuple[Any, ...]) -> Any:
        self.asked.append(values)
        async with await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"]) as wire:
            return await (await wire.execute(sql, values)).fetchone()


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while True:
            found = true()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)


def lived(scene: Callable[[Web], Awaitable[None]]) -> None:
    """Play a scene in a process that hears and knows everything already."""

    async def play() -> None:
        web = Web()
        hearing = asyncio.ensure_future(web.news.hear())
        try:
            await until(lambda: len(web.directory._kept) >= 4)
            await scene(web)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
        assert not web.directory.is_told and not web.directory._kept

    asyncio.run(play())


async def _says_nothing(_wire: object) -> None:
    return None


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_what_is_known_is_not_asked_for(plumber, dentist):
    async def scene(web: Web) -> None:
        for biz in (plumber, dentist):
            route = await web.directory.route(biz.number)
            assert route.business_id == biz.business.pk
            account = await web.directory.account("twilio", biz.account_sid)
            assert account.id == route.account_id and account.secrets
        assert web.asked == []
        assert await web.directory.route("+13125559999") is None
        assert web.asked == [("+13125559999",)]

    lived(scene)


CHANGES = {
    "a line": (
        "UPDATE public.tenants_phonenumber SET ring_seconds = ring_seconds + 1 WHERE e164 = %s",
        lambda was, now: now.ring_seconds == was.ring_seconds + 1,
    ),
    "a line switched off": (
        "UPDATE public.tenants_phonenumber SET is_active = false WHERE e164 = %s",
        lambda was, now: now is None,
    ),
    "its business": (
        "UPDATE public.tenants_business SET suspended_at = now() WHERE id = "
        "(SELECT business_id FROM public.tenants_phonenumber WHERE e164 = %s)",
        lambda was, now: now.texts_nobody and not was.texts_nobody,
    ),
    "its hours": (
        "INSERT INTO public.tenants_compiledhours (business_id, spans, closed) SELECT business_id, "
        """'[[6, "01:00", "02:00"]]', '[]' FROM public.tenants_phonenumber WHERE e164 = %s """
        "ON CONFLICT (business_id) DO UPDATE SET spans = EXCLUDED.spans",
        lambda was, now: now.spans == ((6, "01:00", "02:00"),),
    ),
    "its agency": (
        "UPDATE public.tenants_agency SET posture_floor = 'opt_in' WHERE id = (SELECT agency_id FROM "
        "public.tenants_business b JOIN public.tenants_phonenumber n ON n.business_id = b.id "
        "WHERE n.e164 = %s)",
        lambda was, now: now.posture != was.posture,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_heard_of(plumber, dentist, what):
    sql, fits = CHANGES[what]
    before = Agency.objects.values().get(pk=plumber.business.agency_id)

    async def scene(web: Web) -> None:
        was = await web.directory.route(plumber.number)
        other = await web.directory.route(dentist.number)
        await sync_to_async(run)(sql, plumber.number)

        async def is_known() -> bool:
            return fits(was, await web.directory.route(plumber.number))

        await until(is_known)
        if what != "its agency":
            assert await web.directory.route(dentist.number) == other

    try:
        lived(scene)
    finally:
        Agency.objects.filter(pk=before["id"]).update(posture_floor=before["posture_floor"])
        run("DELETE FROM public.tenants_compiledhours WHERE spans::text LIKE %s", "%01:00%")
        run("UPDATE public.tenants_business SET suspended_at = NULL")


def test_a_token_that_was_exchanged_is_heard_of(plumber, dentist):
    async def scene(web: Web) -> None:
        token = cipher().encrypt(b"another").decode()
        await sync_to_async(run)(
            "UPDATE public.tenants_provideraccount SET auth_token = %s WHERE account_sid = %s",
            token, plumber.account_sid,
        )  # fmt: skip

        async def is_known() -> bool:
            return "another" in (await web.directory.account("twilio", plumber.account_sid)).secrets

        await until(is_known)
        other = await web.directory.account("twilio", dentist.account_sid)
        assert "another" not in other.secrets

    lived(scene)


def test_a_lost_line_to_the_database_is_noticed_and_everything_forgotten(plumber, dentist):
    async def scene(web: Web) -> None:
        was = await web.directory.route(plumber.number)
        changes = web.directory.changes
        await sync_to_async(run)(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
            "AND datname = current_database()", NAME,
        )  # fmt: skip
        await until(lambda: web.directory.changes > changes)
        # What changed while nobody listened is known at the latest when somebody listens again.
        await sync_to_async(run)(
            "UPDATE public.tenants_phonenumber SET ring_seconds = 59 WHERE e164 = %s",
            plumber.number,
        )
        await until(lambda: web.directory.is_told)
        assert (await web.directory.route(plumber.number)).ring_seconds == 59 != was.ring_seconds

    lived(scene)


def test_behind_a_pooler_that_tells_nothing_it_keeps_for_seconds_as_before(
    plumber, dentist, monkeypatch
):
    heard: list[str] = []

    async def play() -> None:
        web = Web()
        # What is told comes to somebody else: never to us, as far as our own probe goes.
        monkeypatch.setattr(web.news, "_ask", _says_nothing)
        monkeypatch.setattr(web.news, "_heard", heard.append)
        hearing = asyncio.ensure_future(web.news.hear())

        async def goes_on() -> bool:
            await sync_to_async(run)("SELECT pg_notify(%s, '')", routing_news.CHANNEL)
            return bool(heard)

        await until(goes_on)
        assert not web.directory.is_told and not web.directory._kept
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)

    asyncio.run(play())


def test_what_was_read_before_a_change_is_not_kept_after_it(plumber, dentist):
    gate = asyncio.Event()

    async def slow(sql: str, values: tuple[Any, ...]) -> Any:
        row = await Web().fetch(sql, values)
        await gate.wait()
        return row

    async def play() -> None:
        directory = Directory(slow)
        directory.is_told = True
        reading = asyncio.ensure_future(directory.route(plumber.number))
        await asyncio.sleep(0)
        directory.forget(plumber.business.pk)
        gate.set()
        assert (await reading).business_id == plumber.business.pk
        assert not directory._kept
        directory.keep([], directory.changes - 1)
        assert (await directory.route(dentist.number)).business_id == dentist.business.pk
        assert len(directory._kept) == 1
        directory.forget(plumber.business.pk)
        assert len(directory._kept) == 1

    asyncio.run(play())
    assert PhoneNumber.objects.filter(e164=plumber.number).exists()
