"""What the simulated network remembers: calls, texts, opt-outs and the story each phone sees.

Everything is in Redis under `ringback:sim:*`, bounded and expiring, so that any web process can
serve any phone. An emptied Redis is a network that starts anew.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from redis import RedisError
from redis import asyncio as aioredis

PREFIX = "ringback:sim:"
KEEP_SECONDS = 3 * 86_400
_TEXTS_PER_THREAD = 200
_TEXTS_PER_ACCOUNT = 1_000
_CALLS_PER_ACCOUNT = 5_000
_STORY_LINES = 1_000


class Network:
    """The memory of the network. Where not said otherwise a method raises RedisError when Redis is away."""

    def __init__(self, redis: aioredis.Redis) -> None:
        self.redis = redis

    # --- the story a page shows ------------------------------------------------------------------

    async def tell(
        self, caller: str, kind: str, /, *, at: float | None = None, **data: Any
    ) -> None:
        """Add a line to the story of a caller's phone. Without Redis the line is lost, and nothing else.

        at: when it happened, Unix seconds; now when not given.
        """
        line = {"kind": kind, "at": round(at if at is not None else time.time(), 4), **data}
        key = f"{PREFIX}story:{caller}"
        pipe = self.redis.pipeline(transaction=False)
        pipe.xadd(key, {"line": json.dumps(line)}, maxlen=_STORY_LINES, approximate=True)
        pipe.expire(key, KEEP_SECONDS)
        with contextlib.suppress(RedisError):
            await pipe.execute()

    async def story(
        self, caller: str, after: str, *, wait_seconds: float = 0
    ) -> list[dict[str, Any]]:
        """Return the lines after an id, at most 500, waiting for the first one if asked to."""
        block = int(wait_seconds * 1000) or None
        found = await self.redis.xread({f"{PREFIX}story:{caller}": after}, count=500, block=block)
        return [_line(entry) for entry in _entries(found)]

    async def latest(self, caller: str, count: int) -> list[dict[str, Any]]:
        """Return the newest lines, oldest first."""
        found = await self.redis.xrevrange(f"{PREFIX}story:{caller}", count=count)
        return [_line(entry) for entry in reversed(found or [])]

    # --- texts -----------------------------------------------------------------------------------

    async def keep_text(self, text: dict[str, Any]) -> None:
        """Remember a text (fields sid, account, from, to, body, status, direction, at, …)."""
        sid, body = text["sid"], json.dumps(text)
        phone, business = (
            (text["from"], text["to"])
            if text["direction"] == "inbound"
            else (text["to"], text["from"])
        )
        thread = f"{PREFIX}thread:{phone}:{business}"
        account = f"{PREFIX}account:{text['account']}"
        pipe = self.redis.pipeline(transaction=True)
        pipe.set(f"{PREFIX}text:{sid}", body, ex=KEEP_SECONDS)
        pipe.rpush(thread, sid)
        pipe.ltrim(thread, -_TEXTS_PER_THREAD, -1)
        pipe.expire(thread, KEEP_SECONDS)
        pipe.lpush(account, sid)
        pipe.ltrim(account, 0, _TEXTS_PER_ACCOUNT - 1)
        pipe.expire(account, KEEP_SECONDS)
        await pipe.execute()

    async def change_text(self, sid: str, **changes: Any) -> dict[str, Any] | None:
        """Change fields of a remembered text and return it; None when it has been forgotten."""
        raw = await self.redis.get(f"{PREFIX}text:{sid}")
        if raw is None:
            return None
        text = {**json.loads(raw), **changes}
        await self.redis.set(f"{PREFIX}text:{sid}", json.dumps(text), ex=KEEP_SECONDS)
        return text

    async def thread(self, phone: str, business: str) -> list[dict[str, Any]]:
        """Return the texts between a phone and a business number, oldest first."""
        return await self._texts(
            await self.redis.lrange(f"{PREFIX}thread:{phone}:{business}", 0, -1)
        )

    async def texts_of(self, account_sid: str) -> list[dict[str, Any]]:
        """Return an account's texts, newest first."""
        return await self._texts(await self.redis.lrange(f"{PREFIX}account:{account_sid}", 0, -1))

    async def _texts(self, sids: list[Any]) -> list[dict[str, Any]]:
        if not sids:
            return []
        found = await self.redis.mget([f"{PREFIX}text:{_text(sid)}" for sid in sids])
        return [json.loads(raw) for raw in found if raw]

    # --- opting out ------------------------------------------------------------------------------

    async def has_opted_out(self, phone: str, business: str) -> bool:
        """Whether this phone told the network to let no more texts of this number through."""
        return bool(await self.redis.exists(f"{PREFIX}stopped:{phone}:{business}"))

    async def set_opted_out(self, phone: str, business: str, opted_out: bool) -> None:
        """Let texts through, or not."""
        key = f"{PREFIX}stopped:{phone}:{business}"
        if opted_out:
            await self.redis.set(key, 1, ex=KEEP_SECONDS)
        else:
            await self.redis.delete(key)

    # --- calls -----------------------------------------------------------------------------------

    async def keep_call(self, call: dict[str, Any]) -> None:
        """Remember a call's state (fields sid, caller, business, state, …), if Redis is there to do so."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.set(f"{PREFIX}call:{call['sid']}", json.dumps(call), ex=KEEP_SECONDS)
        pipe.set(
            f"{PREFIX}last_call:{call['caller']}:{call['business']}", call["sid"], ex=KEEP_SECONDS
        )
        if call["state"] == "calling":
            self._list(pipe, call)
        with contextlib.suppress(RedisError):
            await pipe.execute()

    async def keep_leg(self, leg: dict[str, Any]) -> None:
        """Remember a leg the platform placed; the phone at its other end knows the call it became."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.set(f"{PREFIX}call:{leg['sid']}", json.dumps(leg), ex=KEEP_SECONDS)
        if leg["status"] == "queued":
            self._list(pipe, leg)
        with contextlib.suppress(RedisError):
            await pipe.execute()

    @staticmethod
    def _list(pipe: Any, call: dict[str, Any]) -> None:
        key = f"{PREFIX}calls:{call['account']}"
        pipe.lpush(key, call["sid"])
        pipe.ltrim(key, 0, _CALLS_PER_ACCOUNT - 1)
        pipe.expire(key, KEEP_SECONDS)

    async def calls_of(self, account_sid: str) -> list[dict[str, Any]]:
        """Return an account's calls and legs, newest first, each once."""
        sids = await self.redis.lrange(f"{PREFIX}calls:{account_sid}", 0, -1)
        if not sids:
            return []
        each = dict.fromkeys(_text(sid) for sid in sids)
        found = await self.redis.mget([f"{PREFIX}call:{sid}" for sid in each])
        return [json.loads(raw) for raw in found if raw]

    async def call(self, sid: str) -> dict[str, Any] | None:
        """Return a call's state, None when there is no such call (any more)."""
        raw = await self.redis.get(f"{PREFIX}call:{sid}")
        return json.loads(raw) if raw else None

    async def last_call(self, caller: str, business: str) -> dict[str, Any] | None:
        """Return the latest call of a phone to a business number."""
        sid = await self.redis.get(f"{PREFIX}last_call:{caller}:{business}")
        return await self.call(_text(sid)) if sid else None

    async def instruct(self, sid: str, what: str) -> None:
        """Leave word for whichever process runs this call: one of inputs.INSTRUCTIONS."""
        key = f"{PREFIX}do:{sid}"
        pipe = self.redis.pipeline(transaction=False)
        pipe.rpush(key, what)
        pipe.expire(key, 600)
        await pipe.execute()

    async def instruction(self, sid: str) -> str:
        """Take the next word left for a call, '' when there is none (or no Redis to ask)."""
        try:
            word = await self.redis.lpop(f"{PREFIX}do:{sid}")
        except RedisError:
            return ""
        return _text(word) if word else ""

    async def ready(self) -> None:
        """Return when Redis answers. Raises RedisError."""
        await self.redis.ping()


def _text(raw: Any) -> str:
    return raw.decode() if isinstance(raw, bytes) else str(raw)


def _entries(found: Any) -> list[Any]:
    if not found:
        return []
    # RESP2 answers a list of pairs, RESP3 a mapping of stream to batches.
    if isinstance(found, dict):
        batches = next(iter(found.values()))
        return batches[0] if batches and isinstance(batches[0], list) else batches
    return found[0][1]


def _line(entry: Any) -> dict[str, Any]:
    fields = entry[1]
    return {"id": _text(entry[0]), **json.loads(fields.get(b"line") or fields.get("line"))}
