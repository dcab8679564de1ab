"""The doors of the event stream and of the look for those who cannot hold one open.

ASGI, outside Django's request cycle: a stream of Django's would keep a thread for as long as the
screen is open. Who may listen is asked as the middleware asks it (inbox/live/roll.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.http.request import split_domain_port

from inbox.live import frames
from inbox.live.hub import Away, Hub, hub
from inbox.live.roll import Refused, Ticket, admit
from inbox.live.streams import Listener

log = structlog.get_logger(__name__)
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

EVENTS = "/inbox/events/"
POLL = "/inbox/events/poll/"
HEARTBEAT_SECONDS = 15.0
# Who has taken in nothing for so long is gone, whatever his connection says.
STUCK_SECONDS = 30.0
# A stream ends by itself now and then, so that processes share them; the page goes on where it was.
LONGEST_SECONDS = 3_600.0
_HEADERS = [
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"Cookie"),
]
_WORDS = {
    401: "Sign in first.",
    403: "You are no member here.",
    404: "There is nothing at this address.",
    405: "This address is only looked at.",
    503: "Nothing can be followed live for a moment. Ask again.",
}


def is_live(scope: dict[str, Any]) -> bool:
    """Whether a request is for these doors, on a business's host."""
    return scope["path"] in (EVENTS, POLL) and host_of(scope) not in settings.PUBLIC_HOSTS


def header(scope: dict[str, Any], name: bytes) -> str:
    """Return a header of a request, '' for none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def host_of(scope: dict[str, Any]) -> str:
    """Return the host a request is for, without its port."""
    return split_domain_port(header(scope, b"host"))[0].lower()


async def let_in(scope: dict[str, Any], live: Hub) -> Ticket:
    """Return the ticket of whoever asks. Raises Refused, also where a page elsewhere asks for him."""
    origin = header(scope, b"origin")
    if origin and origin.partition("://")[2].lower() != header(scope, b"host").lower():
        raise Refused(403)
    cookies = "; ".join(
        value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie"
    )
    return await live.ask(admit, host_of(scope), cookies, header(scope, b"accept-language"))


async def live_door(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer a request for the events of a business."""
    if scope["method"] != "GET":
        await _answer(send, 405, [(b"allow", b"GET")])
        return
    live = hub()
    try:
        ticket = await let_in(scope, live)
    except Refused as refused:
        await _answer(send, refused.status)
        return
    except DatabaseError:
        await _answer(send, 503, [(b"retry-after", b"5")])
        return
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    last = header(scope, b"last-event-id") or asked.get("last", [""])[0]
    if scope["path"] == POLL:
        await _look(live, ticket, last, send)
        return
    age = asked.get("age", [""])[0]
    age_ms = int(age) if age.isascii() and age.isdigit() and len(age) < 10 else None
    try:
        listener, first = await live.join(ticket, last, age_ms)
    except Away:
        await _answer(send, 503, [(b"retry-after", b"5")])
        return
    try:
        await _stream(listener, first, receive, send)
    finally:
        live.leave(listener)


async def _look(live: Hub, ticket: Ticket, last: str, send: Send) -> None:
    try:
        at, news = await live.look(ticket, last)
    except Away:
        at, news = "", None  # everything is asked for, for as long as nothing is known
    told = {"last": at, "reset": news is None, "news": news or []}
    await _answer(send, 200, [(b"content-type", b"application/json")], frames.dumps(told).encode())


async def _stream(listener: Listener, first: list[bytes], receive: Receive, send: Send) -> None:
    start = {"type": "http.response.start", "status": 200}
    await send({**start, "headers": [(b"content-type", b"text/event-stream"), *_HEADERS]})
    leaving = asyncio.create_task(_until_gone(listener, receive))
    try:
        async with asyncio.timeout(random.uniform(0.8, 1.0) * LONGEST_SECONDS):
            await _piece(send, b"".join(first))
            while (piece := await _next(listener)) is not None:
                await _piece(send, piece)
    except TimeoutError:
        pass  # had its time, or takes nothing in any more: it may come back
    except asyncio.CancelledError:
        return  # the server stops: nothing is left to be said, nor to be complained of
    finally:
        leaving.cancel()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _next(listener: Listener) -> bytes | None:
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            return await listener.queue.get()
    except TimeoutError:
        return frames.HEARTBEAT


async def _piece(send: Send, piece: bytes) -> None:
    async with asyncio.timeout(STUCK_SECONDS):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _until_gone(listener: Listener, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


async def _answer(
    send: Send, status: int, more: list[tuple[bytes, bytes]] | None = None, body: bytes = b""
) -> None:
    text = body or f"{_WORDS.get(status, '')}\n".encode()
    headers = [*_HEADERS, *(more or [])]
    if not body:
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
    headers.append((b"content-length", str(len(text)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
