"""The stream that tells an open inbox what changed: server-sent events over Redis.

A stream holds no database connection: it is let go before the first event is sent
(an open stream would otherwise keep one of the pool's few for hours).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from redis import asyncio as aioredis

from tenants.live import channel
from tenants.models import Business

HEARTBEAT_SECONDS = 15.0
# A stream ends by itself now and then; the browser comes back and its membership is asked anew.
LONGEST_SECONDS = 600.0


@require_GET
def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Stream `changed` events of this business to a member (the middleware has let him in)."""
    business: Business | None = request.business  # type: ignore[attr-defined]
    if not request.user.is_authenticated or business is None:
        return HttpResponse("Sign in first.\n", status=401, content_type="text/plain")
    connection.close()
    response = StreamingHttpResponse(
        _stream(channel(business.schema_name)), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(name: str) -> AsyncIterator[bytes]:
    client = aioredis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
    until = asyncio.get_running_loop().time() + LONGEST_SECONDS
    try:
        async with client.pubsub() as listening:
            await listening.subscribe(name)
            yield b": open\n\n"
            while asyncio.get_running_loop().time() < until:
                message = await listening.get_message(
                    ignore_subscribe_messages=True, timeout=HEARTBEAT_SECONDS
                )
                if message is None:
                    yield b": still here\n\n"
                elif message["type"] == "message":
                    yield b"event: changed\ndata: " + message["data"] + b"\n\n"
    except (aioredis.ConnectionError, aioredis.TimeoutError):
        return  # the page falls back to asking, and tries the stream again
    finally:
        await client.aclose()
