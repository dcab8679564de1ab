"""The one Redis client of a process, for wake-ups, live notices and heartbeats.

Short time limits everywhere: Redis carries nothing that is not also in PostgreSQL, so a request
never waits for it.
"""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    """Return the shared client (thread-safe, pooled; 1 s to connect, 2 s to answer)."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2, health_check_interval=15
    )
