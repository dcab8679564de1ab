"""Incoming texts: stored, put into their thread, visible; what one costs."""

from __future__ import annotations

import asyncio
import time

from bench import traffic
from bench.figures import Figure
from bench.rig import EVERYTHING, Plan, Rig
from bench.stack import Stack

CONNECTIONS = 16
BODY = "Yes please, could somebody come tomorrow after 4?"


async def measure(plan: Plan) -> None:
    """Show CPU for each incoming text over all processes, and how many a second went through."""
    count = int(plan.seconds(3000, 600))
    async with Rig(plan) as rig:
        with Stack(plan.businesses, EVERYTHING, rig.api_port) as stack:
            rig.use(stack)
            await rig.warm()
            await _post(rig, 60)
            await rig.settled()
            with rig.meter() as meter:
                began = time.monotonic()
                answered = await _post(rig, count)
                done = await rig.settled()
                taken = time.monotonic() - began
    shared = {"load": meter.load, "others": meter.others}
    note = (
        ""
        if done and answered == count
        else f"{answered} of {count} answered 200, agenda not empty"
    )
    plan.show(
        Figure(plan.label("inbound_text rate"), count / taken, "texts/s", "", **shared, note=note)
    )
    plan.show(
        Figure(
            plan.label("inbound_text CPU"),
            meter.total / count * 1000,
            "ms/text",
            "<= 6",
            **shared,
            cpu=meter.cpu,
        )
    )


async def _post(rig: Rig, count: int) -> int:
    assert rig.client is not None
    client, answered = rig.client, 0
    raw = iter(
        [
            traffic.text_in(rig.base_url, rig.next_line(), rig.plan.callers.next(), BODY)
            for _ in range(count)
        ]
    )

    async def one() -> None:
        nonlocal answered
        for body in raw:
            status, _ = await client.post(body)
            answered += status == 200

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return answered
