"""What every scenario stands on: the stand-in in this process, a client, and what came of each caller."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bench import standin, traffic
from bench.client import Client
from bench.cpu import Meter
from bench.figures import Figure
from bench.stack import Stack

ANSWER_WITHIN = 60.0
LATENCY = 0.05  # seconds the stand-in takes to answer a text
EVERYTHING = ("web", "worker-realtime", "worker-bulk", "beat")


@dataclass
class Plan:
    """How much to measure, and with how many businesses. The callers are shared by a whole run."""

    businesses: int
    quick: bool
    callers: traffic.Callers
    show: Callable[[Figure], None]
    say: Callable[[str], None]

    def seconds(self, full: float, quick: float) -> float:
        """Return the length of a measurement in seconds."""
        return quick if self.quick else full

    def label(self, name: str) -> str:
        """Return a figure's name with the number of businesses present."""
        return f"{name} · {self.businesses:,} present"


@dataclass
class Sent:
    """What became of one missed call; times in seconds since the epoch, 0 while unknown."""

    caller: str
    posted_at: float = 0.0
    answered_at: float = 0.0
    status: int = 0
    text_at: float = 0.0

    @property
    def text_ms(self) -> float:
        """Milliseconds from the webhook's first byte to the provider request."""
        return (self.text_at - self.posted_at) * 1000


@dataclass
class Rig:
    """The stand-in and the client of one measurement; texts are matched to callers by number."""

    plan: Plan
    stand_in: standin.StandIn = field(default_factory=standin.StandIn)
    calls: dict[str, Sent] = field(default_factory=dict)
    stack: Stack | None = None
    client: Client | None = None
    repeats: int = 0
    receipts: list[asyncio.Task[Any]] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _position: int = 0

    async def __aenter__(self) -> Rig:
        self.stand_in.latency = LATENCY
        self.stand_in.on_text = self._on_text
        self._server = await standin.listen(self.stand_in, 0)
        self._arrived = asyncio.Condition()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.client is not None:
            self.client.close()
        if self._server is not None:
            self._server.close()

    @property
    def api_port(self) -> int:
        """Where the stand-in listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def use(self, stack: Stack) -> None:
        """Send to this stack's web process from now on."""
        self.stack, self.client = stack, Client(stack.port)

    @property
    def base_url(self) -> str:
        """The address webhooks are signed for."""
        assert self.stack is not None
        return self.stack.base_url

    def _on_text(self, seen: dict[str, Any]) -> None:
        call = self.calls.get(seen["form"].get("To", ""))
        if call is None:
            return
        if call.text_at:
            self.repeats += 1
        else:
            call.text_at = float(seen["at"])

    def next_line(self) -> traffic.Line:
        """Return the next business's line, round and round."""
        self._position += 1
        return traffic.line(self._position % self.plan.businesses)

    def hang_ups(self, count: int, line: traffic.Line | None = None) -> list[tuple[Sent, bytes]]:
        """Return so many signed missed calls, ready to be posted."""
        made = []
        for _ in range(count):
            caller = self.plan.callers.next()
            call = self.calls[caller] = Sent(caller)
            made.append((call, traffic.hang_up(self.base_url, line or self.next_line(), caller)))
        return made

    async def post(self, call: Sent, raw: bytes) -> None:
        """Post one missed call and note when it was answered."""
        assert self.client is not None
        call.posted_at = time.time()
        with suppress(OSError):
            call.status, _ = await self.client.post(raw)
        call.answered_at = time.time()

    async def steady(self, ready: list[tuple[Sent, bytes]], rate: float) -> None:
        """Post at so many a second, whatever the answers do, and wait for all of them."""
        began, tasks = time.monotonic(), []
        for position, (call, raw) in enumerate(ready):
            pause = began + position / rate - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            tasks.append(asyncio.create_task(self.post(call, raw)))
        await asyncio.gather(*tasks)

    async def texted(self, calls: Iterable[Sent], within: float = ANSWER_WITHIN) -> bool:
        """Wait until every one of these was texted; False when that has not come within so many seconds."""
        waiting, until = list(calls), time.monotonic() + within
        while waiting and time.monotonic() < until:
            waiting = [call for call in waiting if not call.text_at]
            if waiting:
                await asyncio.sleep(0.02)
        return not waiting

    async def settled(self, within: float = ANSWER_WITHIN) -> bool:
        """Wait until the agenda is empty; False when it is not within so many seconds."""
        assert self.stack is not None
        until = time.monotonic() + within
        while time.monotonic() < until:
            if not await asyncio.to_thread(self.stack.waiting):
                return True
            await asyncio.sleep(0.1)
        return False

    async def warm(self, count: int = 60) -> None:
        """Let every process import and connect what it needs before anything is measured."""
        ready = self.hang_ups(count)
        await self.steady(ready, 30)
        await self.texted([call for call, _ in ready], 20 + count / 30)
        await self.settled(20)

    def meter(self) -> Meter:
        """Return a meter over the stack's processes."""
        assert self.stack is not None
        return Meter(self.stack.roots())


def trouble(calls: Iterable[Sent]) -> str:
    """Return what went wrong among calls, '' when nothing did."""
    calls = list(calls)
    refused = sum(call.status != 200 for call in calls)
    silent = sum(not call.text_at for call in calls)
    parts = [f"{refused} webhooks not answered 200"] * bool(refused)
    parts += [f"{silent} of {len(calls)} never texted"] * bool(silent)
    return ", ".join(parts)
