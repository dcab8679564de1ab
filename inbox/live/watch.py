"""Looks every two seconds whether everybody who is connected to this process may still be."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection

from inbox.live.roll import Ticket

EVERY_SECONDS = 2.0
# What a look found is believed for so long; where none came about, each is asked for by itself.
KNOWN_SECONDS = 3.0


class Watch:
    """The tickets of one process, and how to end what was opened with each.

    ask: which of these tickets hold, by number; asked of the database (inbox/live/roll.py).
    """

    def __init__(self, ask: Callable[[Collection[Ticket]], Awaitable[set[int]]]) -> None:
        self._ask = ask
        self._kept: dict[int, tuple[Ticket, Callable[[], None]]] = {}
        self._now = asyncio.Event()
        self._looked_at = time.monotonic()

    def add(self, ticket: Ticket, end: Callable[[], None]) -> None:
        """Look after a ticket: `end` is called once when it holds no longer."""
        self._kept[ticket.number] = (ticket, end)

    def drop(self, ticket: Ticket) -> None:
        """Look after it no longer."""
        self._kept.pop(ticket.number, None)

    def look_now(self) -> None:
        """Look at once: somebody may have lost his place."""
        self._now.set()

    async def holds(self, ticket: Ticket) -> bool:
        """Whether a ticket that is looked after holds, as of three seconds ago at most.

        Raises what the database raises where it had to be asked; nobody holds then.
        """
        if time.monotonic() - self._looked_at < KNOWN_SECONDS:
            return ticket.number in self._kept
        return ticket.number in await self._ask([ticket])

    async def run(self) -> None:
        """Look for ever. Where the database does not answer, batches and sockets ask for themselves."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._now.wait()
            self._now.clear()
            with contextlib.suppress(Exception):
                await self._look()

    async def _look(self) -> None:
        began, kept = time.monotonic(), list(self._kept.values())
        still = await self._ask([ticket for ticket, _ in kept]) if kept else set()
        self._looked_at = began
        for ticket, end in kept:
            if ticket.number not in still and ticket.number in self._kept:
                self.drop(ticket)
                end()
