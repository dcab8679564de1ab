"""Reading the streams that tenants/live.py writes, and knowing when Redis forgot them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.conf import settings
from redis import asyncio as aioredis

from inbox.live.entries import Entry, parse
from inbox.live.here import everybody
from inbox.live.positions import START, Held, Position, can_resume, read, write
from tenants.live import KEEP_ENTRIES, KEEP_SECONDS, stream_key

# Since when this very Redis holds what was written: "<run id> <milliseconds>".
SINCE_KEY = "ringback:live:since"
BLOCK_MS = 2_000
_AT_ONCE = 500


class Forgotten(Exception):
    """What came after a position is not, or not surely, there any more."""


class Feed:
    """The Redis side of a hub: two connections, one that waits and one that asks."""

    def __init__(self) -> None:
        # A server that went away without a word is noticed; longer than any wait of ours.
        self._waits = aioredis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=BLOCK_MS / 1000 + 3
        )
        # Few connections, however many screens come at once: each question takes a moment.
        self._asks = aioredis.Redis.from_pool(
            aioredis.BlockingConnectionPool.from_url(
                settings.REDIS_URL, max_connections=8, timeout=5,
                socket_connect_timeout=1, socket_timeout=2,
            )
        )  # fmt: skip
        self._run = ""
        self.since_ms = 0

    async def close(self) -> None:
        """Close both connections."""
        await self._waits.aclose()
        await self._asks.aclose()

    async def attach(self) -> bool:
        """Learn since when Redis holds what was written; True when that is later than we knew.

        A restarted Redis may have come back with an older picture of itself, an emptied one has
        lost the mark: nothing from before is vouched for then. Raises what the client raises.
        """
        info = await self._asks.info("server")
        self._run = str(info["run_id"])
        return await self._look()

    async def still(self) -> bool:
        """Whether Redis still holds what it held. Raises what the client raises."""
        return not await self._look()

    async def _look(self) -> bool:
        known = _text(await self._asks.get(SINCE_KEY))
        if not known.startswith(f"{self._run} "):
            now = await self._now_ms()
            if known:
                await self._asks.set(SINCE_KEY, f"{self._run} {now}")
            else:
                await self._asks.set(SINCE_KEY, f"{self._run} {now}", nx=True)
            known = _text(await self._asks.get(SINCE_KEY))
        before, self.since_ms = self.since_ms, int(known.rpartition(" ")[2] or 0)
        return bool(before) and before != self.since_ms

    async def _now_ms(self) -> int:
        seconds, micros = await self._asks.time()
        return int(seconds) * 1000 + int(micros) // 1000

    async def wait(
        self, after: Mapping[str, Position], plain: Mapping[str, str]
    ) -> dict[str, list[tuple[Position, Entry | None]]]:
        """Return what came after these positions (by key), waiting for up to two seconds for it.

        plain: more keys with their last ids, whose entries are not read as events.
        """
        keys: dict[Any, Any] = {key: write(position) for key, position in after.items()}
        keys.update(plain)
        answer: Any = await self._waits.xread(keys, count=_AT_ONCE, block=BLOCK_MS)
        return {_text(key): [_entry(row) for row in rows] for key, rows in answer}

    async def newest(self, key: str) -> str:
        """Return the id of the last entry of a stream, "0-0" for one that has none."""
        rows = cast(Sequence[Any], await self._asks.xrevrange(key, count=1))
        return _text(rows[0][0]) if rows else "0-0"

    async def position(self, schema: str) -> Position:
        """Return where a business's stream stands now."""
        newest = read(await self.newest(stream_key(schema))) or START
        if newest[0] >= self.since_ms:
            return newest
        # What is written within this very millisecond must come after it.
        return (await self._now_ms() - 1, 0)

    async def age(self, milliseconds: int) -> Position:
        """Return the position of a moment so long ago, by the clock of Redis."""
        return (max(0, await self._now_ms() - milliseconds), 0)

    async def after(self, schema: str, last: Position, upto: Position) -> list[Entry]:
        """Return everything after `last` up to and with `upto`. Raises Forgotten, or as the client does."""
        key = stream_key(schema)
        pipe = self._asks.pipeline(transaction=True)
        pipe.xlen(key)
        pipe.xrange(key, count=1)
        pipe.time()
        pipe.xrange(key, min=f"({write(last)}", max=write(upto), count=KEEP_ENTRIES)
        length, oldest, (seconds, micros), rows = await pipe.execute()
        held = Held(
            read(_text(oldest[0][0])) if oldest else None, length, KEEP_ENTRIES, self.since_ms
        )
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        if not can_resume(last, held, now_ms, KEEP_SECONDS):
            raise Forgotten
        return [entry for _, entry in map(_entry, rows) if entry is not None]

    async def pages(self, schema: str) -> list[dict[str, Any]]:
        """Return the open pages of a business that show a conversation (inbox/live/here.py)."""
        return await everybody(self._asks, schema)

    async def ring(self, key: str) -> None:
        """Wake the reader that waits for this key among others."""
        pipe = self._asks.pipeline(transaction=True)
        pipe.xadd(key, {"e": "1"}, maxlen=1, approximate=False)
        pipe.expire(key, 60)
        await pipe.execute()


def _entry(row: Any) -> tuple[Position, Entry | None]:
    entry_id, fields = _text(row[0]), row[1] or {}
    return read(entry_id) or START, parse(entry_id, _text(fields.get(b"e", b"")))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
