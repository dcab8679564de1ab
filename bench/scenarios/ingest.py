"""How fast the webhook door is, beside the floor in the same server, in interleaved rounds."""

from __future__ import annotations

import asyncio
import time

from bench.client import Client
from bench.cpu import Meter
from bench.figures import Figure, median
from bench.rig import Plan, Rig
from bench.stack import Stack

CONNECTIONS = 16
# The product's webhooks are all distinct, so each round needs as many as a fast machine answers.
MOST_A_SECOND = 4000


async def flood(client: Client, raw: list[bytes], seconds: float) -> tuple[int, float]:
    """Post from 16 connections for so many seconds; return answers of 200 and the seconds taken."""
    waiting, answered = iter(raw), 0
    until = time.monotonic() + seconds

    async def one() -> None:
        nonlocal answered
        for body in waiting:
            status, _ = await client.post(body)
            answered += status == 200
            if time.monotonic() > until:
                return

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return answered, time.monotonic() - began


async def measure(plan: Plan) -> None:
    """Show requests a second and CPU a request of product and floor, and their median ratio."""
    rounds, seconds = (3, 1.0) if plan.quick else (7, 2.5)
    rates: dict[str, list[float]] = {"floor": [], "product": []}
    prices: dict[str, list[float]] = {"floor": [], "product": []}
    parts: dict[str, dict[str, float]] = {"floor": {}, "product": {}}
    load = others = 0.0
    async with Rig(plan) as rig:
        with Stack(plan.businesses, ("web", "floor"), rig.api_port) as stack:
            rig.use(stack)
            clients = {"floor": Client(stack.floor_port), "product": Client(stack.port)}
            roots = stack.roots()
            for turn in range(rounds + 1):
                for kind in ("floor", "product") if turn % 2 else ("product", "floor"):
                    raw = [body for _, body in rig.hang_ups(int(MOST_A_SECOND * seconds))]
                    with Meter(roots) as meter:
                        answered, taken = await flood(clients[kind], raw, seconds)
                    rig.calls.clear()
                    stack.redis.flushdb()
                    if not turn or not answered:
                        continue  # the first round warms both up
                    rates[kind].append(answered / taken)
                    price = {name: spent / answered * 1e6 for name, spent in meter.cpu.items()}
                    prices[kind].append(meter.total / answered * 1e6)
                    parts[kind] = price
                    load, others = meter.load, max(others, meter.others)
            for client in clients.values():
                client.close()
    shared = {"load": load, "others": others}
    ratios = [100 * p / f for p, f in zip(rates["product"], rates["floor"], strict=True)]
    floor, product = median(rates["floor"]), median(rates["product"])
    plan.show(Figure(plan.label("ingest rate"), product, "requests/s", "", floor, **shared))
    plan.show(
        Figure(
            plan.label("ingest CPU"),
            median(prices["product"]),
            "µs/request",
            "",
            median(prices["floor"]),
            **shared,
            note="µs by process in the last round: "
            + "; ".join(
                f"{kind} "
                + ", ".join(
                    f"{name} {spent:.0f}" for name, spent in parts[kind].items() if spent > 3
                )
                for kind in ("product", "floor")
            ),
        )
    )
    plan.show(
        Figure(
            plan.label("ingest share of the floor"), median(ratios), "%", ">= 45", 100.0, **shared
        )
    )
