"""One business queues 10,000 texts; how much later do another one's missed callers get theirs?"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from bench import database, traffic
from bench.figures import Figure, percentile
from bench.rig import EVERYTHING, Plan, Rig, trouble
from bench.stack import ROOT, Stack

RATE = 5
LONGEST = 120.0  # seconds the queue is given to drain


async def measure(plan: Plan) -> None:
    """Show the other business's delay in quiet, while texts are queued and leave, and the difference."""
    if plan.businesses < 2:
        plan = replace(plan, businesses=2)
        await asyncio.to_thread(database.prepare, 2)
        await asyncio.to_thread(database.wipe, 2)
    texts = 1_000 if plan.quick else 10_000
    async with Rig(plan) as rig:
        with Stack(plan.businesses, EVERYTHING, rig.api_port) as stack:
            rig.use(stack)
            await rig.warm()
            quiet = await _calls(rig, plan.seconds(30, 10))
            before = len(rig.stand_in.requests)
            with rig.meter() as meter:
                queueing = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bench.queueing", str(texts), cwd=ROOT, env=stack.env
                )
                noisy: list[float] = []
                began = asyncio.get_running_loop().time()
                while asyncio.get_running_loop().time() - began < LONGEST:
                    noisy += await _calls(rig, 2.0)
                    sent = len(rig.stand_in.requests) - before
                    if queueing.returncode or (queueing.returncode == 0 and sent >= texts):
                        break
                if queueing.returncode:
                    raise RuntimeError("queueing the texts failed")
                taken = asyncio.get_running_loop().time() - began
                await queueing.wait()
    sent = len(rig.stand_in.requests) - before - len(noisy)
    shared = {"load": meter.load, "others": meter.others}
    note = f"{sent:,} of {texts:,} texts left within {taken:.0f} s; {trouble(rig.calls.values())}".rstrip(
        "; "
    )
    for share in (0.5, 0.99):
        calm, busy = percentile(quiet, share), percentile(noisy, share)
        name = f"p{share * 100:.0f}"
        plan.show(
            Figure(plan.label(f"neighbour {name}"), busy, "ms", "", calm, **shared, note=note)
        )
        plan.show(
            Figure(
                plan.label(f"neighbour added {name}"),
                busy - calm,
                "ms",
                "<= 100",
                **shared,
                cpu=meter.cpu,
            )
        )
        note = ""
        meter.cpu = {}


async def _calls(rig: Rig, seconds: float) -> list[float]:
    """Missed calls of the second business at five a second; returns their delays in milliseconds."""
    ready = rig.hang_ups(int(seconds * RATE), traffic.line(1))
    await rig.steady(ready, RATE)
    calls = [call for call, _ in ready]
    await rig.texted(calls, 30)
    return [call.text_ms for call in calls if call.text_at]
