"""The embedded servers: real, private, and as stubborn as the tests of faults need them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import ServerError, Servers
from config.processes import is_alive, port_is_free


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    servers = Servers(tmp_path / "two servers", durable=False)
    servers.start()
    yield servers
    servers.remove()


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as wire:
        return wire.execute(query).fetchall()


def test_faults_on_request(servers: Servers) -> None:
    urls = servers.urls()
    database, store = urls["DATABASE_URL"], redis.Redis.from_url(urls["REDIS_URL"])
    with psycopg.connect(database) as wire:
        wire.execute(
            "CREATE EXTENSION pg_trgm; CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)"
        )
    store.set("kept", "1")

    servers.restart_postgres()
    assert rows(database, "TABLE kept") == [(1,)]
    servers.stop_redis()
    with pytest.raises(redis.ConnectionError):
        store.ping()
    servers.start_redis(empty=True)
    assert store.get("kept") is None
    assert servers.urls() == urls

    assert servers.postgres
    assert servers.dead() == []
    assert servers.postgres.child
    os.kill(servers.postgres.child.pid, 9)
    servers.postgres.child.wait()
    assert servers.dead() == [servers.postgres]
    servers.postgres.start()
    assert rows(database, "TABLE kept") == [(1,)]


def test_settings_and_privacy(servers: Servers, tmp_path: Path) -> None:
    urls = servers.urls()
    shown = {
        name: rows(urls["DATABASE_URL"], f"SHOW {name}")[0][0]
        for name in ("listen_addresses", "max_locks_per_transaction", "TimeZone", "server_encoding")
    }
    assert shown == {
        "listen_addresses": "127.0.0.1",
        "max_locks_per_transaction": "512",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(urls["DATABASE_URL"].replace("ringback:", "ringback:wrong"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=int(urls["REDIS_URL"].split(":")[-1].split("/")[0])).ping()
    for name in ("postgres.json", "redis.json"):
        assert stat.S_IMODE((servers.directory / name).stat().st_mode) == 0o600
    assert servers.redis
    assert servers.redis.child
    command = Path(f"/proc/{servers.redis.child.pid}/cmdline").read_bytes()
    assert servers.redis.password.encode() not in command


def test_data_ports_and_passwords_last(tmp_path: Path) -> None:
    servers = Servers(tmp_path, durable=True)
    first = servers.start()
    redis.Redis.from_url(first["REDIS_URL"]).set("kept", "yes")
    with psycopg.connect(first["DATABASE_URL"]) as wire:
        wire.execute("CREATE TABLE kept AS SELECT 1 AS n")
    assert servers.postgres
    assert servers.postgres.child
    pid, port = servers.postgres.child.pid, servers.postgres.port
    servers.stop()
    servers.stop()  # harmless
    assert not is_alive(pid)
    assert port_is_free(port)

    again = Servers(tmp_path, durable=True)
    try:
        assert again.start() == first
        assert redis.Redis.from_url(first["REDIS_URL"]).get("kept") == b"yes"
        assert rows(first["DATABASE_URL"], "TABLE kept") == [(1,)]
    finally:
        again.remove()
    assert not tmp_path.exists()


def test_data_whose_password_was_deleted(tmp_path: Path) -> None:
    servers = Servers(tmp_path, durable=False, redis=False)
    servers.start()
    servers.stop()
    assert servers.postgres
    (tmp_path / "postgres.json").unlink()
    try:
        if "outside" in servers.postgres.facts:  # var/ was deleted, so all of it goes
            servers = Servers(tmp_path, redis=False)
            url = servers.start()["DATABASE_URL"]
            assert rows(url, "SELECT 1") == [(1,)]
        else:
            with pytest.raises(ServerError, match="--reset"):
                Servers(tmp_path, redis=False).start()
    finally:
        servers.remove()


def test_one_of_the_two(tmp_path: Path) -> None:
    with Servers(tmp_path, postgres=False) as servers:
        assert list(servers.urls()) == ["REDIS_URL"]
