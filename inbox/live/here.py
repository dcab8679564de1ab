"""Who looks at which conversation and who writes, kept in Redis: one hash a business, a field a page.

Nothing here is lasting: a page that has not been heard of for a while is not here.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from redis import asyncio as aioredis

FRESH_SECONDS = 45.0
REFRESH_SECONDS = 20.0
# More pages than this of one business are not shown to each other.
MOST_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class Here:
    """One open page of a member: which conversation it shows (None: none), whether he writes there."""

    page: str
    user_id: int
    name: str
    conversation: int | None
    writes: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as pages are told."""
        return {
            "page": self.page,
            "user": self.user_id,
            "name": self.name,
            "conversation": self.conversation,
            "writes": self.writes,
        }


def key(schema: str) -> str:
    """Return the key of a business's pages."""
    return f"ringback:here:{schema}"


def connect() -> aioredis.Redis:
    """Return a client with short time limits: nobody waits for who else is here."""
    return aioredis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)


async def keep(redis: aioredis.Redis, schema: str, here: Here) -> bool:
    """Note that a page is here, now; False where too many are. Raises what the client raises."""
    value = json.dumps({**here.as_json(), "at": time.time()})
    pipe = redis.pipeline(transaction=True)
    pipe.hset(key(schema), here.page, value)
    pipe.expire(key(schema), int(2 * FRESH_SECONDS))
    pipe.hlen(key(schema))
    return bool((await pipe.execute())[2] <= MOST_PAGES)


async def forget(redis: aioredis.Redis, schema: str, page: str) -> None:
    """Note that a page is gone. Raises what the client raises."""
    await redis.hdel(key(schema), page)


async def everybody(redis: aioredis.Redis, schema: str) -> list[dict[str, Any]]:
    """Return the pages that show a conversation; sweeps those not heard of. Raises as the client does."""
    found, stale = [], []
    rows: dict[Any, Any] = await redis.hgetall(key(schema))
    for field, value in rows.items():
        data = json.loads(value)
        if time.time() - data.pop("at") > FRESH_SECONDS:
            stale.append(field)
        elif data["conversation"] is not None:
            found.append(data)
    if stale:
        await redis.hdel(key(schema), *stale)
    return found
