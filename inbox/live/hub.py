"""One reader for all screens of a web process: what comes in is prepared once and handed to everybody.

A stream of a business is read while one of its members is connected here. Who is handed a batch is
settled in the moment it is taken up: whoever joins gets what was taken up before from the stream
itself, and everything else from here, so nothing is missed and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import structlog
from redis.exceptions import RedisError

from inbox.live import frames
from inbox.live.entries import Batch, gather
from inbox.live.feed import Feed, Forgotten
from inbox.live.positions import Position, read, write
from inbox.live.rendering import (
    MOST_TIMELINES,
    Composed,
    Seen,
    Task,
    compose,
    give_back_after,
)
from inbox.live.roll import Ticket, holding
from inbox.live.streams import Listener, Stream
from inbox.live.watch import Watch
from tenants.live import MEMBERS_KEY

log = structlog.get_logger(__name__)
T = TypeVar("T")

COUNTS_EVERY_SECONDS = 1.0
# Open streams of one member in this process: nobody has more windows than he can look at.
MOST_STREAMS = 20
# All screens at once asking for everything would be the worst moment of the day: they spread out.
SPREAD_MS = 3_000
# So long without Redis, and open streams end: the pages ask by themselves until it is back.
PATIENCE_SECONDS = 2.0


class Away(Exception):
    """Redis does not answer: no stream can be opened now."""


class Hub:
    """What one web process keeps open for its screens. Lives in one event loop."""

    def __init__(self) -> None:
        self._feed = Feed()
        self._streams: dict[str, Stream] = {}
        self._opening = asyncio.Lock()
        self._attached = asyncio.Event()
        self._doorbell = f"ringback:live:doorbell:{uuid.uuid4().hex}"
        self._bells = {self._doorbell: "0-0", MEMBERS_KEY: "$"}
        self.watch = Watch(self._holding)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self.watch.run())]
        # Few, so that all screens together take few connections of the pool.
        self._rendering = ThreadPoolExecutor(2, "live-rendering")
        self._admitting = ThreadPoolExecutor(2, "live-door")

    async def close(self) -> None:
        """End every stream and let go of Redis and the threads."""
        for task in [*self._tasks, *(s.task for s in self._streams.values() if s.task)]:
            task.cancel()
        for stream in self._streams.values():
            for listener in stream.listeners:
                listener.end()
        await self._feed.close()
        for pool in (self._rendering, self._admitting):
            pool.shutdown(wait=False, cancel_futures=True)

    # --- for the doors -----------------------------------------------------------------------------

    async def ask(self, question: Callable[..., T], *arguments: Any) -> T:
        """Ask the database something small in a thread that gives its connection back."""
        return await self._in(self._admitting, question, *arguments)

    async def join(
        self, ticket: Ticket, last: str, age_ms: int | None
    ) -> tuple[Listener, list[bytes]]:
        """Open a stream after position `last`, or after a moment so long ago, or from now on.

        Returns the listener and what it is to be sent first. Raises Away.
        """
        listener = Listener(ticket)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._attached.wait()
                await self._vouch()
                after = await self._begin(last, age_ms)
                stream = await self._stream_of(ticket)
                try:
                    if after is not None and last:
                        await self._reach(stream, after)
                finally:
                    stream.joining -= 1
                # In one breath: what is taken up from here on is handed to him as well.
                stream.listeners.add(listener)
                self.watch.add(ticket, partial(self._show_out, listener))
                self._make_room(stream, ticket)
                upto = stream.taken_up_to
            return listener, await self._catch_up(ticket, after, upto)
        except BaseException as error:
            self.leave(listener)
            if isinstance(error, TimeoutError | RedisError | OSError):
                raise Away from error
            raise

    def leave(self, listener: Listener) -> None:
        """Close a stream; the last one of a business here ends its reading."""
        self.watch.drop(listener.ticket)
        stream = self._streams.get(listener.ticket.schema)
        if stream is None:
            return
        stream.listeners.discard(listener)
        if not stream.listeners and not stream.joining:
            del self._streams[stream.schema]
            if stream.task:
                stream.task.cancel()

    async def look(self, ticket: Ticket, last: str) -> tuple[str, list[dict[str, Any]] | None]:
        """Return where the stream stands, and every event after `last`; None where all must be asked.

        For pages that cannot hold a stream open. Raises Away.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._attached.wait()
                await self._vouch()
            upto = await self._feed.position(ticket.schema)
            after = read(last)
            if after is None:
                raise Forgotten
            batch = gather(await self._feed.after(ticket.schema, after, upto), upto)
        except Forgotten:
            return write(upto), None
        except (TimeoutError, RedisError, OSError) as error:
            raise Away from error
        if batch.too_many:
            return write(upto), None
        made = await self._compose(Task(ticket.schema, (ticket,), batch, bool(batch.changed)))
        news = made.news(ticket)
        return write(upto), [news] if news else []

    # --- joining -----------------------------------------------------------------------------------

    async def _stream_of(self, ticket: Ticket) -> Stream:
        """Return the business's stream here; it stays, also without listeners, while one is joining."""
        async with self._opening:
            stream = self._streams.get(ticket.schema)
            if stream is None:
                at = await self._feed.position(ticket.schema)
                stream = Stream(ticket.schema, at)
                self._streams[ticket.schema] = stream
                stream.task = asyncio.create_task(self._deliver(stream))
                await self._feed.ring(self._doorbell)
            stream.joining += 1
            return stream

    async def _reach(self, stream: Stream, after: Position) -> None:
        """Wait until this process has read as far as another one has told him already."""
        if after <= stream.taken_up_to:
            return
        with contextlib.suppress(Forgotten):
            if await self._feed.after(stream.schema, stream.taken_up_to, after):
                while stream.taken_up_to < after:
                    await asyncio.sleep(0.01)

    async def _begin(self, last: str, age_ms: int | None) -> Position | None:
        if last:
            return read(last) or (0, 0)
        return None if age_ms is None else await self._feed.age(age_ms)

    async def _catch_up(
        self, ticket: Ticket, after: Position | None, upto: Position
    ) -> list[bytes]:
        """Return what a stream begins with: all of `after` up to `upto`, or the hint to ask for it."""
        retry, at = random.randint(1_000, 3_000), write(upto)
        if after is None:
            return [frames.hello(at, retry)]
        try:
            entries = await self._feed.after(ticket.schema, after, upto)
        except Forgotten:
            return [frames.hello("", retry), frames.reset(at, 0)]
        if not entries:
            return [frames.hello(write(max(after, upto)), retry)]
        batch = gather(entries, upto)
        made = await self._compose(Task(ticket.schema, (ticket,), batch, bool(batch.changed)))
        piece = made.piece(ticket, 0, caught_up=True)
        return [frames.hello("" if piece else at, retry), piece]

    # --- reading -----------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Read every stream of this process, for ever; what Redis forgot is asked for by the pages."""
        down_since, pause = 0.0, 0.1
        while True:
            try:
                if await self._feed.attach():
                    self._everybody_asks()
                self._bells[MEMBERS_KEY] = await self._feed.newest(MEMBERS_KEY)
                self._attached.set()
                self.watch.look_now()  # what was said of members meanwhile went unheard
                down_since, pause = 0.0, 0.1
                while True:
                    await self._read_once()
            except (RedisError, OSError) as error:
                self._attached.clear()
                down_since = down_since or time.monotonic()
                if time.monotonic() - down_since > PATIENCE_SECONDS:
                    self._end_all()
                log.warning("live_feed_lost", error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)

    async def _read_once(self) -> None:
        positions = {stream.key: stream.read_to for stream in self._streams.values()}
        found = await self._feed.wait(positions, self._bells)
        await self._vouch()
        for bell in self._bells:
            if rows := found.pop(bell, None):
                self._bells[bell] = write(rows[-1][0])
                if bell == MEMBERS_KEY:
                    self.watch.look_now()
        for stream in list(self._streams.values()):
            rows = found.get(stream.key, [])
            for at, entry in rows:
                # A stream that was closed and opened again while this was read begins later.
                if at > stream.read_to:
                    stream.read_to = at
                    if entry is not None:
                        stream.waiting.append(entry)
                        stream.some.set()

    async def _vouch(self) -> None:
        """See that Redis still holds what was written; where not, every page asks for everything."""
        if not await self._feed.still():
            self._everybody_asks()

    def _everybody_asks(self) -> None:
        for stream in self._streams.values():
            stream.owes_reset = True
            stream.some.set()

    def _end_all(self) -> None:
        for stream in list(self._streams.values()):
            for listener in list(stream.listeners):
                listener.end()

    # --- handing out -------------------------------------------------------------------------------

    async def _deliver(self, stream: Stream) -> None:
        """Hand out what was read, batch by batch: while one is prepared the next one gathers."""
        while True:
            await self._something(stream)
            stream.some.clear()
            entries, stream.waiting = stream.waiting, []
            stream.taken_up_to = stream.read_to
            audience = list(stream.listeners)
            batch = gather(entries, stream.read_to)
            if stream.owes_reset:
                stream.owes_reset = False
                stream.read_to = stream.taken_up_to = await self._refound(stream)
                self._reset(audience, stream.taken_up_to)
                continue
            try:
                await self._hand_out(stream, audience, batch)
            except Exception as error:
                # Without an answer nobody is shown anything: pages ask for themselves, and are checked.
                log.warning("live_batch_lost", business=stream.schema, error=repr(error)[:200])
                self._reset(audience, batch.last)

    async def _refound(self, stream: Stream) -> Position:
        with contextlib.suppress(RedisError, OSError):
            return await self._feed.position(stream.schema)
        return stream.read_to

    def _reset(self, audience: list[Listener], at: Position) -> None:
        piece = frames.reset(write(at), SPREAD_MS)
        for listener in audience:
            listener.give(piece, piece)

    async def _something(self, stream: Stream) -> None:
        """Wait for entries, or for the moment when counts that were put off may be told."""
        pause = stream.counted_at + COUNTS_EVERY_SECONDS - time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, pause) if stream.owes_counts else None):
                await stream.some.wait()

    async def _hand_out(self, stream: Stream, audience: list[Listener], batch: Batch) -> None:
        if not audience:
            return
        now = time.monotonic()
        wanted = bool(batch.changed) or stream.owes_counts
        counts = wanted and now - stream.counted_at >= COUNTS_EVERY_SECONDS
        stream.owes_counts = wanted and not counts
        if counts:
            stream.counted_at = now
        tickets = tuple(listener.ticket for listener in audience)
        seen = await self._seen(stream.schema, batch)
        made = await self._compose(Task(stream.schema, tickets, batch, counts, seen))
        instead = frames.reset(write(batch.last), SPREAD_MS)
        for listener in audience:
            if listener.ticket.number not in made.holding:
                self._show_out(listener)
            else:
                listener.give(made.piece(listener.ticket, SPREAD_MS), instead)

    async def _seen(self, schema: str, batch: Batch) -> Seen:
        """Return who has which of the changed conversations open, as far as that is known."""
        if len(batch.changed) > MOST_TIMELINES or batch.too_many:
            return {}
        seen: dict[int, set[int]] = {}
        with contextlib.suppress(RedisError, OSError):
            for page in await self._feed.pages(schema) if batch.changed else []:
                if page["conversation"] in batch.changed:
                    seen.setdefault(page["conversation"], set()).add(page["user"])
        return {each: frozenset(users) for each, users in seen.items()}

    async def _compose(self, task: Task) -> Composed:
        return await self._in(self._rendering, compose, task)

    async def _holding(self, tickets: Collection[Ticket]) -> set[int]:
        return await self._in(self._rendering, holding, tickets)

    def _make_room(self, stream: Stream, ticket: Ticket) -> None:
        """End a member's oldest streams where he has too many; their windows know what that means."""
        his = [each for each in stream.listeners if each.ticket.user_id == ticket.user_id]
        his.sort(key=lambda each: each.ticket.number)
        for oldest in his[:-MOST_STREAMS]:
            self.leave(oldest)
            oldest.end(frames.full())

    def _show_out(self, listener: Listener) -> None:
        self.leave(listener)
        listener.end(frames.gone())

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, partial(give_back_after, work, *arguments))


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """Return the hub of the running event loop, made on first use."""
    loop = asyncio.get_running_loop()
    for other in [each for each in _hubs if each.is_closed()]:
        del _hubs[other]
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found


async def close_hub() -> None:
    """Close the hub of the running event loop, if there is one."""
    found = _hubs.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
