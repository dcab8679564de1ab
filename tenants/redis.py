"""The one Redis client of a process, for wake-ups, live notices and heartbeats.

Short time limits everywhere: Redis carries nothing that is not also in PostgreSQL, so a request
never waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    """Return the shared client (thread-safe, pooled; 1 s to connect, 2 s to answer)."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2, health_check_interval=15
    )


# A Redis that does not answer is left alone for so long: each question would cost its time limit.
REST_SECONDS = 10.0
_not_before = [0.0]


class Resting(Exception):
    """Redis did not answer a moment ago, so it was not asked."""


def briefly(act: Callable[[redis.Redis], Any]) -> Any:
    """Do what can as well be left out, in a request somebody waits for.

    Raises Resting for a while after Redis did not answer, else whatever the client raises.
    """
    if time.monotonic() < _not_before[0]:
        raise Resting
    try:
        return act(client())
    except (redis.ConnectionError, redis.TimeoutError):
        _not_before[0] = time.monotonic() + REST_SECONDS
        raise
