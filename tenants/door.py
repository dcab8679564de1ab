"""What a web process keeps open for its webhooks: a small pool to PostgreSQL, a line to Redis."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import psycopg
import structlog
from django.conf import settings
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from redis import asyncio as aioredis

from tenants.agenda import WAKE_KEY
from tenants.routing import Directory
from tenants.routing_news import News

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 10.0
COALESCE_SECONDS = 0.003


class Hub:
    """Shared by all webhooks of one web process; opened in its event loop."""

    def __init__(self) -> None:
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] | None = None
        self._redis: aioredis.Redis | None = None
        self._redis_rests_until = 0.0
        self._news: asyncio.Future[None] | None = None
        self._opening = asyncio.Lock()
        self._pushed_at: dict[str, float] = {}
        self._push_later: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Future[None]] = set()
        self.directory = Directory(self.fetch)

    async def open(self) -> None:
        """Open the pool (does not wait for PostgreSQL) and the Redis client."""
        async with self._opening:
            if self._pool is not None:
                return
            pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
                settings.DATABASE_URL,
                min_size=2,
                max_size=8,
                max_waiting=2000,
                open=False,
                timeout=PATIENCE_SECONDS,
                kwargs={
                    "autocommit": True,
                    "application_name": "ringback-webhooks",
                    "options": "-c search_path=public",
                },
                reconnect_timeout=86_400,
            )
            await pool.open()
            self._redis = aioredis.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5
            )
            self._pool = pool
            self._news = asyncio.ensure_future(News(self.directory, settings.DATABASE_URL).hear())

    async def close(self) -> None:
        """Close both."""
        if self._news is not None:
            self._news.cancel()
            await asyncio.gather(self._news, return_exceptions=True)
            self._news = None
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
        if self._redis is not None:
            await self._redis.aclose()

    async def fetch(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Run one statement and return its first row, if it returns one.

        Waits through a restart of PostgreSQL for PATIENCE_SECONDS, then raises
        psycopg.OperationalError. Statements here are safe to repeat: reads, and inserts that do
        nothing the second time.
        """
        if self._pool is None:
            await self.open()
        assert self._pool is not None
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                async with self._pool.connection(
                    timeout=max(0.1, until - time.monotonic())
                ) as conn:
                    cursor = await conn.execute(sql, values)
                    return await cursor.fetchone() if cursor.description else None
            except PoolTimeout as error:
                raise psycopg.OperationalError("no connection in time") from error
            except (psycopg.OperationalError, psycopg.InterfaceError):
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)

    async def called_number(self, provider: str, call_id: str) -> str | None:
        """Return the number of ours that a caller's leg called, from its stored arrival."""
        row = await self.fetch(
            "SELECT n.e164 FROM public.tenants_providerevent e JOIN public.tenants_phonenumber n "
            "ON n.e164 = e.params->>'To' WHERE e.subject = %s AND e.provider = %s AND e.kind = 'voice' "
            "LIMIT 1",
            (call_id, provider),
        )
        return row[0] if row else None

    async def number_under(self, schema: str, account_id: int) -> str | None:
        """Return an active number of a business under an account, or None."""
        row = await self.fetch(
            "SELECT n.e164 FROM public.tenants_phonenumber n JOIN public.tenants_business b "
            "ON b.id = n.business_id WHERE b.schema_name = %s AND n.account_id = %s "
            "AND n.is_active ORDER BY n.id LIMIT 1",
            (schema, account_id),
        )
        return row[0] if row else None

    async def wake(self, lane: str) -> None:
        """Tell a drain that something is due. Never raises and never waits long.

        Under load one push speaks for all rows of a few milliseconds.
        """
        since = time.monotonic() - self._pushed_at.get(lane, 0.0)
        if since >= COALESCE_SECONDS:
            await self._push(lane)
        elif lane not in self._push_later:
            self._push_later[lane] = asyncio.get_running_loop().call_later(
                COALESCE_SECONDS - since, self._later, lane
            )

    def _later(self, lane: str) -> None:
        del self._push_later[lane]
        task = asyncio.ensure_future(self._push(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _push(self, lane: str) -> None:
        self._pushed_at[lane] = now = time.monotonic()
        if self._redis is None or now < self._redis_rests_until:
            return
        try:
            await self._redis.rpush(WAKE_KEY.format(lane=lane), 1)
        except Exception as error:
            # The row is safe and the drain looks by itself: do not make callers wait for Redis.
            self._redis_rests_until = now + 2
            log.warning("wake_failed", lane=lane, error=type(error).__name__)
