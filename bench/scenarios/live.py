"""A text that comes in, on every open screen: from the webhook's answer to the row, and what idle screens cost."""

from __future__ import annotations

import asyncio
import time

import psycopg

from bench import traffic
from bench.figures import Figure, percentile
from bench.rig import EVERYTHING, Plan, Rig
from bench.screens import Screens, sign_in
from bench.stack import Stack

SCREENS = 200
A_SECOND = 2.0
WEB_POOL = 10


async def measure(plan: Plan) -> None:
    """Show both, with one web process and with two."""
    for web in (1, 2):
        await _measure(plan, web)


async def _measure(plan: Plan, web: int) -> None:
    label = lambda name: plan.label(f"live {name}, {web} web")
    async with Rig(plan) as rig:
        more = {"WEB_CONCURRENCY": str(web)}
        with Stack(plan.businesses, EVERYTHING, rig.api_port, more) as stack:
            rig.use(stack)
            await rig.warm()
            signed = await asyncio.to_thread(sign_in, SCREENS, stack.env)
            screens = Screens(stack.port, signed)
            try:
                opening = await screens.open()
                with rig.meter() as idle:
                    began = time.monotonic()
                    await asyncio.sleep(plan.seconds(15, 6))
                    quiet = time.monotonic() - began
                await _texts(rig, screens, 5, 900_000)  # what is loaded once, is loaded
                before = sum(screen.bytes for screen in screens.all)
                with rig.meter() as meter:
                    began = time.monotonic()
                    count = int(plan.seconds(60, 20) * A_SECOND)
                    late, missing, lent = await _texts(rig, screens, count, 0)
                    taken = time.monotonic() - began
                sent = sum(screen.bytes for screen in screens.all) - before
            finally:
                screens.close()
    shared = {"load": meter.load, "others": meter.others}
    note = f"{missing} of {count * SCREENS} never came" if missing else ""
    for name, value, target in (
        ("row p50", percentile(late, 0.5), ""),
        ("row p95", percentile(late, 0.95), "<= 300"),
        ("row max", percentile(late, 1.0), ""),
    ):
        plan.show(Figure(label(name), value, "ms", target, **shared, note=note))
    cpu = meter.total / taken * 100
    plan.show(Figure(label("CPU"), cpu, "% of a core", "", **shared, cpu=meter.cpu))
    size = f"{sent / SCREENS / count / 1000:.1f} KB a text and screen"
    plan.show(Figure(label("opened 200"), opening, "s", "", **shared, note=size))
    web_cpu = idle.cpu.get("web", 0.0) / quiet * 100
    plan.show(Figure(label("200 idle, web"), web_cpu, "% of a core", "", cpu=idle.cpu))
    plan.show(Figure(label("connections"), lent, "of the pool", f"<= {WEB_POOL * web}", **shared))


async def _texts(
    rig: Rig, screens: Screens, count: int, first: int
) -> tuple[list[float], int, float]:
    """Post texts at a modest rate; returns ms to each screen, how many never came, connections lent."""
    assert rig.client is not None and rig.stack is not None
    answered: dict[bytes, float] = {}
    ours, client, lent = traffic.line(0), rig.client, Lent()
    looking = asyncio.create_task(lent.watch(rig.stack.env["DATABASE_URL"]))

    async def post(reference: str) -> None:
        body = f"Could somebody come tomorrow? Ref {reference}"
        raw = traffic.text_in(rig.base_url, ours, rig.plan.callers.next(), body)
        status, _ = await client.post(raw)
        assert status == 200
        answered[reference.encode()] = time.time()

    began, posts = time.monotonic(), []
    for position in range(count):
        pause = began + position / A_SECOND - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        posts.append(asyncio.create_task(post(f"{first + position:06d}")))
    await asyncio.gather(*posts)
    await screens.until_seen(list(answered), 15)
    looking.cancel()
    seen = [
        max(0.0, screen.seen[reference] - at) * 1000
        for reference, at in answered.items()
        for screen in screens.all
        if reference in screen.seen
    ]
    return seen, len(answered) * len(screens.all) - len(seen), float(lent.most)


class Lent:
    """The most connections that web processes held at once."""

    def __init__(self) -> None:
        self.most = 0

    async def watch(self, url: str) -> None:
        """Look ten times a second until cancelled."""
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            while True:
                cursor = await connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ringback-web' "
                    "AND datname = current_database()"
                )
                row = await cursor.fetchone()
                self.most = max(self.most, row[0] if row else 0)
                await asyncio.sleep(0.1)
