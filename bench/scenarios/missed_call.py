"""The main job: hang-up webhook in, provider request out; how soon, how many, at what price."""

from __future__ import annotations

import asyncio
import time

from bench import traffic
from bench.figures import Figure, percentile
from bench.rig import EVERYTHING, Plan, Rig, Sent, trouble
from bench.stack import Stack

AT_ONCE = 120  # missed calls waiting for their text at saturation


async def measure(plan: Plan) -> None:
    """Show latency at 5/s and 20/s, the sustained rate, and CPU for each missed call."""
    async with Rig(plan) as rig:
        with Stack(plan.businesses, EVERYTHING, rig.api_port) as stack:
            rig.use(stack)
            await rig.warm()
            for rate, seconds in ((5, plan.seconds(40, 10)), (20, plan.seconds(30, 8))):
                await _at(rig, rate, seconds)
            await _saturated(rig, int(plan.seconds(4000, 800)))
            await _whole_calls(rig, int(plan.seconds(1000, 200)))


async def _at(rig: Rig, rate: int, seconds: float) -> None:
    ready = rig.hang_ups(int(rate * seconds))
    with rig.meter() as meter:
        await rig.steady(ready, rate)
        await rig.texted([call for call, _ in ready])
        await rig.settled()
    calls = [call for call, _ in ready]
    delays = [call.text_ms for call in calls if call.text_at]
    shared = {"load": meter.load, "others": meter.others, "cpu": meter.cpu, "note": trouble(calls)}
    for share, target in ((0.5, "<= 40"), (0.99, "<= 250")):
        plain = f"missed_call p{share * 100:.0f} at {rate}/s"
        rig.plan.show(
            Figure(rig.plan.label(plain), percentile(delays, share), "ms", target, **shared)
        )  # type: ignore[arg-type]
        shared = {"load": meter.load, "others": meter.others}


async def _saturated(rig: Rig, count: int) -> None:
    ready = rig.hang_ups(count)
    calls = [call for call, _ in ready]
    with rig.meter() as meter:
        began = time.monotonic()
        await keep_waiting(rig, ready, AT_ONCE)
        everybody = await rig.texted(calls)
        taken = max(call.text_at for call in calls) - calls[0].posted_at
        await rig.settled()
    shared = {"load": meter.load, "others": meter.others}
    done = sum(bool(call.text_at) for call in calls)
    note = trouble(calls) or f"{count} calls, {AT_ONCE} at once, {time.monotonic() - began:.0f} s"
    rig.plan.show(
        Figure(
            rig.plan.label("missed_call sustained"),
            done / taken,
            "calls/s",
            ">= 150",
            **shared,
            note=note,
        )
    )
    rig.plan.show(
        Figure(
            rig.plan.label("missed_call CPU"),
            meter.total / max(1, done) * 1000,
            "ms/call",
            "<= 8",
            **shared,
            cpu=meter.cpu,
            note="" if everybody else "not all texted",
        )
    )


async def keep_waiting(rig: Rig, ready: list[tuple[Sent, bytes]], at_once: int) -> None:
    """Post so that about `at_once` missed calls are always waiting for their text (bounded in time)."""
    queue = iter(ready)
    until = time.monotonic() + 120

    async def one() -> None:
        for call, raw in queue:
            await rig.post(call, raw)
            while not call.text_at and time.monotonic() < until:
                await asyncio.sleep(0.005)
            if time.monotonic() > until:
                return

    await asyncio.gather(*(one() for _ in range(at_once)))


async def _whole_calls(rig: Rig, count: int) -> None:
    """All four kinds of webhooks of a call: arrival, hang-up, its end, two receipts."""
    lines: dict[str, traffic.Line] = {}
    ready = []
    for _ in range(count):
        ours, caller = rig.next_line(), rig.plan.callers.next()
        lines[caller] = ours
        call = rig.calls[caller] = Sent(caller)
        ready.append((call, ours))

    def receipts(record: dict[str, object], form: dict[str, str]) -> None:
        ours = lines.get(form["To"])
        if ours is not None:
            rig.receipts.append(asyncio.create_task(_receipts(rig, ours, record, form)))

    rig.stand_in.on_taken = receipts
    slots = asyncio.Semaphore(16)
    with rig.meter() as meter:

        async def one(call: Sent, ours: traffic.Line) -> None:
            async with slots:
                assert rig.client is not None
                await rig.client.post(traffic.arrival(rig.base_url, ours, call.caller))
                await rig.post(call, traffic.hang_up(rig.base_url, ours, call.caller))
                await rig.client.post(traffic.ended(rig.base_url, ours, call.caller))
                await rig.texted([call], 30)

        await asyncio.gather(*(one(call, ours) for call, ours in ready))
        await asyncio.gather(*rig.receipts)
        await rig.settled()
    calls = [call for call, _ in ready]
    rig.plan.show(
        Figure(
            rig.plan.label("missed_call CPU, whole call"),
            meter.total / count * 1000,
            "ms/call",
            load=meter.load,
            others=meter.others,
            cpu=meter.cpu,
            note=trouble(calls) or "voice, dial and status webhooks, text, two receipts",
        )
    )


async def _receipts(
    rig: Rig, ours: traffic.Line, record: dict[str, object], form: dict[str, str]
) -> None:
    assert rig.client is not None
    for status in ("sent", "delivered"):
        raw = traffic.receipt(
            rig.base_url, ours, form["StatusCallback"], form["To"], str(record["sid"]), status
        )
        await rig.client.post(raw)
