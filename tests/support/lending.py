"""The web application with a pool of two connections and views that go wrong, for tests of what is lent.

Served by real uvicorn: `uvicorn tests.support.lending:application` with RINGBACK_ROLE=web. Every
view asks the database first. `/-/borrowed` says how many connections are lent, without one;
`/-/cancelled` lets the server cancel requests, each a little later than the one before. The files
in LENT_STATIC are served as they were at the start: a change of them breaks their answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

POOL = 2
# More than the kernel takes in for a client that does not read.
_LARGE = b"x" * 20_000_000

settings.DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": POOL, "timeout": 2}
settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, os.environ["LENT_STATIC"]]
settings.WHITENOISE_AUTOREFRESH = False
settings.PUBLIC_SCHEMA_URLCONF = __name__
settings.MIDDLEWARE = [f"{__name__}.Outermost", *settings.MIDDLEWARE, f"{__name__}.Innermost"]


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


class Innermost:
    """Raises after the view, where the request says so."""

    where = "innermost"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then perhaps raise."""
        response = self.get_response(request)
        if request.GET.get("raise") == self.where:
            _ask()
            raise RuntimeError("after the view")
        return response


class Outermost(Innermost):
    """The same, around everything."""

    where = "outermost"


def page(request: HttpRequest) -> HttpResponse:
    """Answer; `bytes` long, `said` to be so long, after `wait` seconds."""
    _ask()
    time.sleep(float(request.GET.get("wait", 0)))
    response = HttpResponse(_LARGE[: int(request.GET.get("bytes", 2))])
    if "said" in request.GET:
        response["Content-Length"] = request.GET["said"]
    return response


def pieces(request: HttpRequest) -> StreamingHttpResponse:
    """Stream a body in pieces, each `bytes` longer; perhaps it will `ask` the database, or raise."""
    _ask()

    def body() -> Iterator[bytes]:
        for _ in range(3):
            if "ask" in request.GET:
                _ask()
            yield b"piece" + _LARGE[: int(request.GET.get("bytes", 0))]
        if "raise" in request.GET:
            raise RuntimeError("in mid-body")

    response = StreamingHttpResponse(body())
    if "said" in request.GET:
        response["Content-Length"] = request.GET["said"]
    return response


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Stream without end from a body that awaits the database; or raise after a few pieces."""
    _ask()

    async def body() -> AsyncIterator[bytes]:
        for number in range(1_000_000):
            await sync_to_async(_ask)()
            yield b"x" * 10_000
            if "raise" in request.GET and number > 3:
                raise RuntimeError("in mid-stream")

    return StreamingHttpResponse(body())


urlpatterns = [path("page/", page), path("pieces/", pieces), path("stream/", stream)]

from config.asgi import application as _application  # noqa: E402 - after the settings above


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The product's own application, and two paths beside it."""
    path = scope.get("path")
    if path == "/-/borrowed":
        stats = connection.pool.get_stats()  # type: ignore[attr-defined]
        await _say(send, stats.get("pool_size", 0) - stats.get("pool_available", 0))
    elif path == "/-/cancelled":
        await _say(send, await _cancel(scope))
    else:
        await _application(scope, receive, send)


async def _say(send: Any, number: int) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(number).encode()})


async def _cancel(scope: dict[str, Any]) -> int:
    """Cancel a request of the path in the query 50 times, 0 to 25 ms after its begin; returns how often in time."""
    empty = {"type": "http.request", "body": b"", "more_body": False}
    path, _, query = scope["query_string"].partition(b"?")
    scope = {**scope, "path": path.decode(), "query_string": query}

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop()
        return await asyncio.get_running_loop().create_future()  # a client that stays

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0.002)

    body: list[dict[str, Any]] = []
    in_time = 0
    for number in range(50):
        body[:] = [empty]
        request = asyncio.ensure_future(_application(scope, receive, send))
        await asyncio.sleep(number * 0.0005)
        request.cancel()
        await asyncio.wait([request])
        in_time += request.cancelled()
    return in_time
