"""The streams that are open in one web process: who reads, and what still waits for him."""

from __future__ import annotations

import asyncio

from inbox.live.entries import Entry
from inbox.live.positions import Position
from inbox.live.roll import Ticket
from tenants.live import stream_key

# Frames a reader may be behind before he is told to ask for everything instead.
MOST_BEHIND = 64


class Listener:
    """One open stream: frames wait here until its client has read the ones before."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    def give(self, piece: bytes, instead: bytes) -> None:
        """Hand over a piece; a reader too far behind loses all that waits and gets `instead`."""
        if self.queue.qsize() >= MOST_BEHIND:
            self._empty()
            piece = instead
        if piece:
            self.queue.put_nowait(piece)

    def end(self, last_word: bytes = b"") -> None:
        """End the stream: nothing that waits is sent any more, only the last word."""
        self._empty()
        if last_word:
            self.queue.put_nowait(last_word)
        self.queue.put_nowait(None)

    def _empty(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


class Stream:
    """One business's stream in this process."""

    def __init__(self, schema: str, at: Position) -> None:
        self.schema, self.key = schema, stream_key(schema)
        self.read_to = self.taken_up_to = at
        self.waiting: list[Entry] = []
        self.listeners: set[Listener] = set()
        self.joining = 0
        self.some = asyncio.Event()
        self.owes_reset = False
        self.counted_at = 0.0
        self.owes_counts = False
        self.task: asyncio.Task[None] | None = None
