"""Webhooks out: how many deliveries a second reach fast endpoints while others hang or take their time."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from dataclasses import dataclass, field

from bench import database
from bench.cpu import Meter
from bench.figures import Figure
from bench.rig import Plan
from bench.stack import ROOT, Stack

FAST = 8  # endpoints of one business
MANY = 100  # that hang, and as many that take SLOW_SECONDS, each a host of its own
SLOW_SECONDS = 5.0
LONGEST = 120.0
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Receivers:
    """Endpoints on this machine; when each delivery came, by the monotonic clock."""

    came: list[float] = field(default_factory=list)
    hanging: int = 0
    slow: int = 0

    async def fast(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take deliveries and answer at once."""
        await self._take(reader, writer, 0.0)

    async def late(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take deliveries and answer after SLOW_SECONDS."""
        await self._take(reader, writer, SLOW_SECONDS)

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
    ) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                if seconds:
                    self.slow += 1
                    await asyncio.sleep(seconds)
                else:
                    self.came.append(time.monotonic())
                writer.write(_ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def hang(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a delivery and say nothing until the other side goes."""
        self.hanging += 1
        while await reader.read(65536):
            pass
        writer.close()


async def measure(plan: Plan) -> None:
    """Show the deliveries a second, from the first that came to the last: beside one bad one, and many."""
    await _measure(plan, "webhooks", hosts=1)
    await _measure(plan, "webhooks-many-slow", hosts=MANY)


async def _measure(plan: Plan, name: str, *, hosts: int) -> None:
    events = int(plan.seconds(1250, 400))
    receivers = Receivers()
    fast = [await asyncio.start_server(receivers.fast, "127.0.0.1", 0) for _ in range(FAST)]
    hang = await asyncio.start_server(receivers.hang, "0.0.0.0", 0, backlog=1000)
    late = await asyncio.start_server(receivers.late, "0.0.0.0", 0, backlog=1000)
    good = [f"http://127.0.0.1:{_port(each)}/" for each in fast]
    bad = [f"http://127.0.1.{host + 1}:{_port(hang)}/" for host in range(hosts)]
    if hosts > 1:
        slow = [f"http://127.0.2.{host + 1}:{_port(late)}/" for host in range(hosts)]
        bad = list(itertools.chain.from_iterable(zip(bad, slow, strict=True)))
    wanted = events * FAST
    more = {"NOTICES_MAY_BE_PRIVATE": "1"}
    # What happened stands there before the worker begins: the figure is the worker's, not the teller's.
    with Stack(plan.businesses, (), 1, more) as stack:
        words = [sys.executable, "-m", "bench.hooking", str(events), ",".join(bad), ",".join(good)]
        await asyncio.to_thread(subprocess.run, words, cwd=ROOT, env=stack.env, check=True)
    with Stack(plan.businesses, ("worker-hooks",), 1, more) as stack, Meter(stack.roots()) as meter:
        until = time.monotonic() + LONGEST
        while len(receivers.came) < wanted and time.monotonic() < until:
            await asyncio.sleep(0.05)
    for server in [*fast, hang, late]:
        server.close()
    came = receivers.came
    took = came[-1] - came[0] if len(came) > 1 else float("nan")
    pause = max((after - before for before, after in itertools.pairwise(came)), default=0.0)
    waiting = database.scalar(
        plan.businesses, "SELECT count(*) FROM integrations_delivery WHERE state = 'waiting'"
    )
    plan.show(
        Figure(
            plan.label(name), len(came) / took, "deliveries/s", ">= 500", load=meter.load,
            others=meter.others, cpu=meter.cpu,
            note=f"{len(came):,} of {wanted:,} to {FAST} endpoints in {took:.1f} s, never {pause * 1000:.0f} "
            f"ms without one; {len(bad)} others were asked meanwhile: {receivers.hanging} times one that "
            f"hung, {receivers.slow} times one that takes {SLOW_SECONDS:g} s; {waiting:,} wait for them",
        )
    )  # fmt: skip


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
