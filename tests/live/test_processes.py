"""A web process as it is run: its pool of connections under many streams, and a Redis that goes away."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import redis
from django.db import connection

from config.embedded import Redis
from config.processes import free_port, tied_to_us
from tenants import live
from tests.live.conftest import a_conversation, a_member, announce
from tests.support.listening import Screen, headers_of, session_of

ROOT = Path(__file__).resolve().parents[2]
POOL = 10


@contextlib.contextmanager
def web_process(log: Path, **more: str) -> Iterator[str]:
    """Run one web process on the tests' database; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "on"]
    env = {**os.environ, "RINGBACK_ROLE": "web", "PYTHONPATH": str(ROOT), **more}
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=out, stderr=out,
            preexec_fn=tied_to_us(signal.SIGKILL),
        )  # fmt: skip
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 30
    while True:
        try:
            if httpx.get(f"{url}/healthz", headers={"Host": "localhost"}).status_code == 200:
                break
        except httpx.TransportError:
            pass
        assert time.monotonic() < until and child.poll() is None, log.read_text()[-3000:]
        time.sleep(0.1)
    try:
        yield url
    finally:
        child.kill()
        child.wait()


@pytest.fixture
def screens() -> Iterator[Callable[..., Screen]]:
    made: list[Screen] = []

    def open_it(url, biz, session, **how):  # type: ignore[no-untyped-def]
        made.append(Screen(url, biz.host, session, **how))
        return made[-1].open()

    yield open_it
    for screen in made:
        screen.close()


def web_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE application_name = 'ringback-web' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def test_more_streams_than_connections_leave_all_of_them_to_pages(
    plumber, dentist, tmp_path, screens
):
    session = session_of(plumber.owner)
    with web_process(tmp_path / "web.log") as url:
        theirs = screens(url, dentist, session_of(dentist.owner))
        # Of several members: one who opens this many has his oldest ones closed.
        sessions = [session, *(session_of(a_member(plumber, name)) for name in ("Ada", "Ben"))]
        opened = [screens(url, plumber, each) for each in sessions for _ in range(POOL)]
        pages = [
            httpx.get(url, headers=headers_of(session, plumber.host), timeout=60).status_code
            for _ in range(15)
        ]
        assert pages == [200] * 15
        conversation = a_conversation(plumber)
        announce(plumber, lambda: live.changed(conversation))
        for screen in opened:
            screen.until(screen.changed)
            assert screen.changed() == [conversation]
        assert web_connections() <= POOL
        assert theirs.changed() == []
        last = httpx.get(url, headers=headers_of(session, plumber.host), timeout=60)
        assert last.status_code == 200


def test_redis_gone_and_back_empty(plumber, dentist, tmp_path, screens, monkeypatch):
    server = Redis(tmp_path, durable=False)
    server.remember()
    server.start()
    client = redis.Redis.from_url(server.url, socket_timeout=2)
    monkeypatch.setattr(live, "client", lambda: client)
    session = session_of(plumber.owner)
    headers = headers_of(session, plumber.host)
    try:
        with web_process(tmp_path / "web.log", REDIS_URL=server.url) as url:
            screen = screens(url, plumber, session)
            theirs = screens(url, dentist, session_of(dentist.owner))
            announce(plumber, lambda: live.event("before", {}))
            screen.until(screen.payloads)
            server.stop()
            screen.until(lambda: screen.ended)  # the page asks by itself from here
            refused = httpx.get(f"{url}/inbox/events/", headers=headers, timeout=30)
            assert refused.status_code == 503
            looked = httpx.get(f"{url}/inbox/events/poll/?last={screen.last}", headers=headers)
            assert looked.json() == {"last": "", "reset": True, "news": []}
            server.start(empty=True)
            back = None
            screen.until(
                lambda: httpx.get(f"{url}/inbox/events/poll/?last=", headers=headers).json()["last"]
            )
            back = screens(url, plumber, session, last=screen.last)
            back.until(lambda: back.named("reset"))
            announce(plumber, lambda: live.event("after", {}))
            back.until(back.payloads)
            assert [each["kind"] for each in back.payloads()] == ["after"]
            assert theirs.payloads() == []
    finally:
        server.stop()


def test_what_redis_could_not_take_is_written_once_it_can(plumber, dentist, tmp_path, monkeypatch):
    server = Redis(tmp_path, durable=False)
    server.remember()
    server.start()
    client = redis.Redis.from_url(server.url, socket_timeout=1, socket_connect_timeout=1)
    monkeypatch.setattr(live, "client", lambda: client)
    published = SimpleNamespace(publisher=live._Publisher())
    monkeypatch.setattr(live, "_publisher", published.publisher)
    try:
        server.stop()
        published.publisher.changed(plumber.schema, 7)
        published.publisher.event(plumber.schema, {"kind": "one", "payload": {}})
        time.sleep(0.5)
        published.publisher.changed(plumber.schema, 8)
        published.publisher.event(plumber.schema, {"kind": "two", "payload": {}})
        server.start()
        until = time.monotonic() + 15
        while not (rows := client.xrange(live.stream_key(plumber.schema))):
            assert time.monotonic() < until
            time.sleep(0.1)
        said = [row[1][b"e"].decode() for row in rows]
        assert said == [
            '{"kind":"changed","ids":[7,8]}',
            '{"kind":"one","payload":{}}',
            '{"kind":"two","payload":{}}',
        ]
        assert not client.exists(live.stream_key(dentist.schema))
    finally:
        server.stop()
