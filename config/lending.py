"""Whoever answers a request gives its database connection back, however the request ends.

Django gives it back when it closes a response. It never comes to that when sending raises (a body
that is longer than its Content-Length, a stream that fails half-way) or when the server cancels
the request: the connection would then die with its thread, and the pool wait for it for ever.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connection

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class Lending:
    """An ASGI application around Django's that ends no request with a connection still lent."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on; where it fails, give back in the thread that borrowed."""
        # Django enters a context of its own only where there is none: so its thread is ours too.
        async with ThreadSensitiveContext():
            try:
                await self._application(scope, receive, send)
            except BaseException:
                await sync_to_async(_give_back)()
                raise


def _give_back() -> None:
    connection.close()  # this thread's, so it is looked up here
