"""How fast one source may report: 20 events a second, 200 at once after a quiet while.

Counted in Redis; while that is away, or hangs, nobody is slowed (a brake, not a promise).
"""

from __future__ import annotations

import time
from typing import cast

import structlog

from tenants.redis import briefly

log = structlog.get_logger(__name__)
EVERY_MS = 50
BURST = 200
# One number a source: until when its events so far are spread out, in milliseconds.
_TAKE = """
local now, every, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local until_ms = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + every
if until_ms - now > every * burst then return until_ms - now - every * burst end
redis.call('SET', KEYS[1], string.format('%.0f', until_ms), 'PX', every * burst + 1000)
return 0
"""


def wait_for(source_id: int) -> float:
    """Count an event of a source; return after how many seconds it may come again, 0 when it may now."""
    key, now = f"ringback:call-events:{source_id}", int(time.time() * 1000)
    try:
        over = briefly(lambda redis: redis.eval(_TAKE, 1, key, now, EVERY_MS, BURST))
        return int(cast(int, over)) / 1000
    except Exception as error:
        log.warning("call_events_not_counted", error=type(error).__name__)
        return 0.0


def note_unproven(source_id: int, sentence: str) -> None:
    """Remember for a day that somebody could not prove an event: the page shows it to whoever sets up."""
    try:
        briefly(lambda redis: redis.set(_unproven(source_id), sentence, ex=86_400))
    except Exception as error:
        log.warning("unproven_not_noted", error=type(error).__name__)


def last_unproven(source_id: int) -> str:
    """Return why the last event that was not proven was turned away, '' when there was none of late."""
    try:
        found = cast("bytes | None", briefly(lambda redis: redis.get(_unproven(source_id))))
        return found.decode() if found else ""
    except Exception as error:
        log.warning("unproven_unknown", error=type(error).__name__)
        return ""


def forget_unproven(source_id: int) -> None:
    """An event was proven: what was wrong before is set right."""
    try:
        briefly(lambda redis: redis.delete(_unproven(source_id)))
    except Exception as error:
        log.warning("unproven_not_forgotten", error=type(error).__name__)


def _unproven(source_id: int) -> str:
    return f"ringback:call-events:unproven:{source_id}"
