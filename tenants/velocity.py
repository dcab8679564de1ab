"""How many businesses one number is about to be texted by: the brake on forged caller ids.

compliance.md R-SPOOF-1. Whoever forges a stranger's number and calls many businesses makes each of
them text the stranger. Counted in Redis for a sliding day, under a hash; where Redis is away nothing
is counted and nothing held: the count is a brake, not a promise.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import cast

import structlog
from django.conf import settings

from tenants.redis import client

log = structlog.get_logger(__name__)
WINDOW = timedelta(hours=24)
# Asked while a person's row is locked: a Redis that does not answer is not asked again for so long.
REST = timedelta(seconds=30)
# One command instead of four: this stands on the path of every missed call.
_COUNT = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return redis.call('ZCARD', KEYS[1])
"""
_not_before = [datetime.min.replace(tzinfo=UTC)]


def elsewhere(e164: str, business_id: int, now: datetime) -> int:
    """Count this business among those of the number at `now` (aware); return how many others there are."""
    if now < _not_before[0]:
        return 0
    digest = hmac.new(settings.SECRET_KEY.encode(), e164.encode(), hashlib.sha256).hexdigest()[:32]
    key, moment = f"ringback:velocity:{digest}", now.timestamp()
    try:
        seconds = int(WINDOW.total_seconds())
        count = client().eval(_COUNT, 1, key, str(business_id), str(moment), str(seconds))
        return int(cast(int, count)) - 1
    except Exception as error:
        _not_before[0] = now + REST
        log.warning("velocity_unknown", error=type(error).__name__)
        return 0
