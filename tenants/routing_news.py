"""Hearing of every change to lines and accounts, and knowing them all before anybody calls.

Triggers tell on a channel of PostgreSQL when such a change is committed (tenants migration 0028). Whoever
listens may keep what he read; once he cannot be sure to hear, he forgets it all.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import psycopg
import structlog

from tenants.routing import ACCOUNTS_SQL, KEEP_WHILE_TOLD_SECONDS, ROUTES_SQL, Directory

log = structlog.get_logger(__name__)

CHANNEL = "ringback_routes"
_LOOK_EVERY, _ANSWER_WITHIN, _AGAIN_AFTER = 1.0, 2.0, 1.0
# More lines than this are read as they are called: reading them all would hold up the process.
_KNOWN_BEFORE = 5_000
_PORTION = 100


class News:
    """Keeps a directory told, on a connection of its own. Never raises: without news it is as before."""

    def __init__(self, directory: Directory, url: str) -> None:
        self._directory, self._url = directory, url
        self._probe = ""
        self._read_at = 0.0

    async def hear(self) -> None:
        """Listen until cancelled; after a break listen again."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError) as error:
                if self._directory.is_told:
                    log.warning("routes_unheard", error=type(error).__name__)
            finally:
                self._directory.is_told = False
                self._directory.forget()
            await asyncio.sleep(_AGAIN_AFTER)

    async def _listen(self) -> None:
        wire = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, application_name="ringback-routes", connect_timeout=5,
            options="-c search_path=public",
        )  # fmt: skip
        async with wire:
            await wire.execute(f"LISTEN {CHANNEL}")
            await self._ask(wire)
            while True:
                async for told in wire.notifies(timeout=_LOOK_EVERY):
                    self._heard(told.payload)
                async with asyncio.timeout(_ANSWER_WITHIN):
                    await wire.execute("SELECT 1")
                if self._directory.is_told:
                    await self._know_all(wire)

    async def _ask(self, wire: psycopg.AsyncConnection[Any]) -> None:
        """Tell ourselves something: behind some poolers nothing told is ever heard."""
        self._probe = uuid.uuid4().hex
        await wire.execute("SELECT pg_notify(%s, %s)", [CHANNEL, self._probe])

    def _heard(self, payload: str) -> None:
        if payload == self._probe:
            self._directory.forget()
            self._directory.is_told, self._read_at = True, 0.0
        elif payload.isdecimal():
            self._directory.forget(int(payload))
        elif not payload:
            self._directory.forget()
            self._read_at = 0.0

    async def _know_all(self, wire: psycopg.AsyncConnection[Any]) -> None:
        if self._read_at and time.monotonic() - self._read_at < KEEP_WHILE_TOLD_SECONDS / 2:
            return
        self._read_at = time.monotonic()
        for sql in (ACCOUNTS_SQL, ROUTES_SQL):
            changes = self._directory.changes
            rows = await (await wire.execute(sql, [_KNOWN_BEFORE])).fetchall()
            for at in range(0, len(rows), _PORTION):
                self._directory.keep(rows[at : at + _PORTION], changes)
                await asyncio.sleep(0)
