"""The floor: the least a web process can do for a webhook and still keep it. A bare ASGI handler.

Verifies the signature, inserts one row, pushes once to Redis, answers. No dedupe, no routing, no
agenda, no metrics, no logs: what the product is compared with, in the same server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from redis import asyncio as aioredis

from bench.traffic import ACCOUNTS, line

_TOKENS = {line(n).account_sid: line(n).token for n in range(ACCOUNTS)}
_BASE = os.environ.get("PUBLIC_BASE_URL", "")
_INSERT = "INSERT INTO public.bench_floor (account, subject, params) VALUES (%s, %s, %s)"
_state: dict[str, Any] = {}
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """ASGI entry point."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    body = (await receive())["body"]
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    params = dict(pairs)
    signed = _BASE + scope["path"] + "".join(name + value for name, value in sorted(pairs))
    token = _TOKENS[params["AccountSid"]]
    fit = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest())
    status = 200 if hmac.compare_digest(fit, dict(scope["headers"])[b"x-twilio-signature"]) else 403
    if status == 200:
        async with _state["pool"].connection() as connection:
            await connection.execute(
                _INSERT, (params["AccountSid"], params["CallSid"], Jsonb(params))
            )
        await _state["redis"].rpush("bench:floor", 1)
    headers = [(b"content-type", b"text/xml; charset=utf-8"), (b"content-length", b"11")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"<Response/>"})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
                os.environ["DATABASE_URL"],
                min_size=2,
                max_size=8,
                open=False,
                kwargs={"autocommit": True},
            )
            await pool.open(wait=True)
            _state["pool"] = pool
            _state["redis"] = aioredis.Redis.from_url(os.environ["REDIS_URL"])
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await _state["pool"].close()
            await _state["redis"].aclose()
            await send({"type": "lifespan.shutdown.complete"})
            return
