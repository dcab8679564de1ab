"""The socket over which pages tell each other who looks at a conversation and who writes in it.

A convenience, never a lock: without it (no WebSocket, no Redis) pages only lack the hint.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from typing import Any

from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from redis import asyncio as aioredis
from redis.exceptions import RedisError

from inbox.live import here
from inbox.live.door import header, host_of, let_in
from inbox.live.frames import dumps
from inbox.live.here import Here
from inbox.live.hub import hub
from inbox.live.roll import Refused, Ticket
from inbox.live.saying import Pace, parse

PATH = "/inbox/presence/"
# Why a socket is closed (RFC 6455 leaves 4000 to 4999 to us).
NOT_UNDERSTOOD, NOT_YOURS, TOO_MUCH = 4400, 4403, 4429


def is_presence(scope: dict[str, Any]) -> bool:
    """Whether a socket is for this door, on a business's host."""
    return scope["path"] == PATH and host_of(scope) not in settings.PUBLIC_HOSTS


class Presence(AsyncWebsocketConsumer):
    """One page's socket."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.ticket: Ticket | None = None
        self.mine: Here | None = None
        self.redis: aioredis.Redis | None = None
        self.pace = Pace()
        self.refreshing: asyncio.Task[None] | None = None
        self.ending: asyncio.Task[None] | None = None

    @property
    def group(self) -> str:
        """The name under which the pages of this business hear each other."""
        assert self.ticket is not None
        return f"here.{self.ticket.schema}"

    async def connect(self) -> None:
        """Let a member in; a socket without an origin, or with another's, is refused."""
        if not header(self.scope, b"origin"):
            raise DenyConnection
        try:
            ticket = await let_in(self.scope, hub())
        except (Refused, DatabaseError):
            raise DenyConnection from None
        self.redis = here.connect()
        page = secrets.token_hex(8)
        self.mine = Here(page, ticket.user_id, ticket.name, None)
        self.ticket = ticket
        try:
            if not await here.keep(self.redis, ticket.schema, self.mine):
                raise DenyConnection
            await self.channel_layer.group_add(self.group, self.channel_name)
            everybody = await here.everybody(self.redis, ticket.schema)
        except (RedisError, OSError):
            raise DenyConnection from None
        hub().watch.add(ticket, self._end)
        await self.accept()
        await self.send(text_data=dumps({"you": ticket.user_id, "page": page, "here": everybody}))
        self.refreshing = asyncio.create_task(self._refresh())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take what the page says, if it may say anything and is understood."""
        if self.ticket is None or self.mine is None:
            return
        if not self.pace.takes(time.monotonic()):
            await self.close(TOO_MUCH, "Too much at once.")
            return
        try:
            said = parse(text_data) if text_data is not None else None
        except ValueError as problem:
            await self.close(NOT_UNDERSTOOD, f"Not understood: {problem}."[:120])
            return
        if said is None:
            await self.close(NOT_UNDERSTOOD, "Not understood: expected text.")
            return
        if not await self._holds():
            return
        before = self.mine
        conversation = said.conversation if said.sees else before.conversation
        writes = said.writes and conversation is not None
        self.mine = Here(before.page, before.user_id, before.name, conversation, writes)
        if self.mine != before or writes:
            await self._tell()

    async def presence_told(self, event: dict[str, Any]) -> None:
        """Pass on what another page said, unless this one may hear nothing any more."""
        if self.mine is None or event["told"]["page"] == self.mine.page:
            return
        if await self._holds():
            await self.send(text_data=dumps(event["told"]))

    async def disconnect(self, code: int) -> None:
        """Tell the others, and let go of everything."""
        if self.refreshing is not None:
            self.refreshing.cancel()
        if self.ticket is not None and self.mine is not None and self.redis is not None:
            hub().watch.drop(self.ticket)
            was, self.mine = self.mine, None
            gone = {"page": was.page, "user": was.user_id, "conversation": None}
            with contextlib.suppress(RedisError, OSError):
                await here.forget(self.redis, self.ticket.schema, was.page)
                await self.channel_layer.group_discard(self.group, self.channel_name)
                await self._send_all(gone)
        if self.redis is not None:
            await self.redis.aclose()

    # --- inside ------------------------------------------------------------------------------------

    async def _holds(self) -> bool:
        assert self.ticket is not None
        try:
            if await hub().watch.holds(self.ticket):
                return True
        except DatabaseError:
            pass  # nobody knows: nothing is passed on
        else:
            await self._show_out()
        return False

    def _end(self) -> None:
        self.ending = asyncio.create_task(self._show_out())

    async def _show_out(self) -> None:
        with contextlib.suppress(Exception):  # closed in the same moment
            await self.close(NOT_YOURS, "You are no member here any more.")

    async def _tell(self) -> None:
        assert self.ticket is not None and self.mine is not None and self.redis is not None
        with contextlib.suppress(RedisError, OSError):
            await here.keep(self.redis, self.ticket.schema, self.mine)
            await self._send_all(self.mine.as_json())

    async def _send_all(self, told: dict[str, Any]) -> None:
        await self.channel_layer.group_send(self.group, {"type": "presence.told", "told": told})

    async def _refresh(self) -> None:
        """Say now and then that the page is still here, and what was missed of the others."""
        while True:
            await asyncio.sleep(here.REFRESH_SECONDS)
            if self.ticket is None or self.mine is None or self.redis is None:
                return
            with contextlib.suppress(RedisError, OSError):
                await here.keep(self.redis, self.ticket.schema, self.mine)
                everybody = await here.everybody(self.redis, self.ticket.schema)
                if await self._holds():
                    await self.send(text_data=dumps({"here": everybody}))


presence = Presence.as_asgi()
