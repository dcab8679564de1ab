"""No body larger than the largest upload is taken in, whatever it says about its length.

Django keeps a whole body on disk before any view is asked. A proxy in front should refuse such a
body already (deploy/Caddyfile); this holds without one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
_SENTENCE = b"This is larger than anything we take in.\n"


class Limited:
    """An ASGI application that answers 413 to larger bodies than `limit` bytes."""

    def __init__(self, application: Application, limit: int) -> None:
        self._application, self._limit = application, limit

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on for as long as its body stays within the limit."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limit:
            await _refuse(send)
            return
        came, refused = 0, False

        async def counted() -> dict[str, Any]:
            nonlocal came, refused
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._limit:
                # The application hears that the client is gone, and lets go of what it kept.
                refused = True
                return {"type": "http.disconnect"}
            return message

        async def guarded(message: dict[str, Any]) -> None:
            if not refused:
                await send(message)

        await self._application(scope, counted, guarded)
        if refused:
            await _refuse(send)


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _SENTENCE})
