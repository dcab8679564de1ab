"""Just enough HTTP for bare ASGI handlers: read a body, answer JSON, stream events."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
MAX_BODY = 64 * 1024


class Refusal(Exception):
    """An error answer: status and JSON."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return a request's headers by lower-case name; the last of a name wins."""
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


async def read_body(receive: Receive, at_most: int = MAX_BODY) -> bytes:
    """Return a request's body. Raises Refusal past `at_most` bytes or when the request breaks off."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, {"detail": "The request broke off."})
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > at_most:
            raise Refusal(413, {"detail": f"At most {at_most} bytes are read."})
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def answer(
    send: Send,
    status: int,
    body: Any,
    *,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send a whole answer; a body that is not bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    pairs = {
        "content-type": content_type,
        "content-length": str(len(raw)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **(headers or {}),
    }
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(k.encode(), v.encode()) for k, v in pairs.items()],
        }
    )
    await send({"type": "http.response.body", "body": raw})


async def start_events(send: Send) -> None:
    """Begin an event stream; proxies are told not to hold it back."""
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b": open\n\n", "more_body": True})


async def send_event(send: Send, event_id: str, data: Any) -> None:
    """Send one event of a stream."""
    block = f"id: {event_id}\ndata: {json.dumps(data)}\n\n".encode()
    await send({"type": "http.response.body", "body": block, "more_body": True})
