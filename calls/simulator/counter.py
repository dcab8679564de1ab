"""The carrier's office on the simulated network: its books lie in Redis, one request at a time."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from redis import asyncio as aioredis

from calls.simulator import office, papers, ports
from calls.simulator.network import PREFIX

_KEY = f"{PREFIX}office"
_NUMBERS_SQL = """
    SELECT coalesce(json_agg(json_build_array(n.e164, a.account_sid)), '[]')
    FROM public.tenants_phonenumber n
    JOIN public.tenants_provideraccount a ON a.id = n.account_id
    WHERE a.provider = 'simulator' AND n.is_active
"""
Fetch = Callable[[str, tuple[Any, ...]], Awaitable[tuple[Any, ...] | None]]


class Counter:
    """Serves the office's desks. Raises RedisError when the network's memory is away."""

    def __init__(self, redis: aioredis.Redis, fetch: Fetch) -> None:
        self.redis, self.fetch = redis, fetch
        # The demo has one web process; two clicks at once must not write over each other.
        self._one = asyncio.Lock()

    async def answer(self, asked: office.Asked) -> office.Reply | None:
        """Answer a request; None for a path that is none of the office's."""
        async with self._one:
            kept = await self.redis.get(_KEY)
            books = office.Books(**(json.loads(kept) if kept else {"mark": secrets.token_hex(8)}))
            before = books.count
            row = await self.fetch(_NUMBERS_SQL, ())
            known = row[0] if row else []
            office.add_known(books, [tuple(pair) for pair in known])
            desks = (office.answer, ports.answer, papers.answer)
            reply = next((told for desk in desks if (told := desk(books, asked))), None)
            if reply is not None and (asked.method != "GET" or books.count != before):
                await self.redis.set(_KEY, json.dumps(books.as_json()))
            return reply
