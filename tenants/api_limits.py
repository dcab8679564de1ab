"""How many requests a key may make: so many in a minute that begins with its first, counted in Redis.

One round trip a request. While Redis is away nothing is counted and everybody may ask: a limit is a
brake, no promise (as in tenants/throttle.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tenants.models import ApiKey
from tenants.redis import Resting, briefly

log = structlog.get_logger(__name__)
WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Counted:
    """How a key stands after a request. resets: whole seconds until it may make `limit` again."""

    limit: int
    used: int
    resets: int

    @property
    def is_allowed(self) -> bool:
        """Whether this request is within the limit."""
        return self.used <= self.limit

    def headers(self) -> dict[str, str]:
        """Return what every answer says of it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.resets),
        }


def counted(request: HttpRequest, key: ApiKey) -> Counted | None:
    """Count a request, once however often it is asked about; None while Redis is away."""
    if not hasattr(request, "api_counted"):
        request.api_counted = _count(key)  # type: ignore[attr-defined]
    return request.api_counted  # type: ignore[attr-defined]


def _count(key: ApiKey) -> Counted | None:
    name = f"ringback:api:{key.pk}"

    def ask(redis: Any) -> list[Any]:
        with redis.pipeline() as pipe:
            pipe.set(name, 0, ex=WINDOW_SECONDS, nx=True)
            pipe.incr(name)
            pipe.pttl(name)
            return list(pipe.execute())

    try:
        _, used, left = briefly(ask)
    except (RedisError, Resting) as error:
        if not isinstance(error, Resting):
            log.warning("api_not_counted", error=type(error).__name__)
        return None
    limit = key.per_minute or settings.API_REQUESTS_A_MINUTE
    return Counted(limit, int(used), max(1, math.ceil(int(left) / 1000)))


class KeyLimit(BaseThrottle):
    """REST framework's view of it: 429 with Retry-After."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the key may make this request."""
        if not isinstance(request.auth, ApiKey):
            return True
        self._counted = counted(request._request, request.auth)
        return self._counted is None or self._counted.is_allowed

    def wait(self) -> float | None:
        """Return the seconds until it may ask again."""
        return float(self._counted.resets) if self._counted is not None else None
