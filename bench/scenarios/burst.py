"""Five hundred missed calls within one second: nobody waits long, neither provider nor caller."""

from __future__ import annotations

from bench.figures import Figure, median
from bench.rig import EVERYTHING, Plan, Rig, trouble
from bench.stack import Stack

CALLS = 500
_last_text: dict[int, float] = {}


async def measure(plan: Plan) -> None:
    """Show the slowest webhook answer and the last text; the median of three bursts (one when quick)."""
    slowest, last = [], []
    problems: set[str] = set()
    async with Rig(plan) as rig:
        with Stack(plan.businesses, EVERYTHING, rig.api_port) as stack:
            rig.use(stack)
            assert rig.client is not None
            await rig.warm()
            for _ in range(1 if plan.quick else 3):
                ready = rig.hang_ups(CALLS)
                calls = [call for call, _ in ready]
                await rig.client.warm(32)
                with rig.meter() as meter:
                    await rig.steady(ready, CALLS)
                    await rig.texted(calls)
                    await rig.settled()
                slowest.append(max(call.answered_at - call.posted_at for call in calls))
                last.append(max(call.text_at for call in calls) - calls[0].posted_at)
                problems.add(trouble(calls))
    shared = {"load": meter.load, "others": meter.others}
    note = "; ".join(sorted(problems - {""}))
    every = ", ".join(f"{seconds:.2f}" for seconds in last)
    plan.show(
        Figure(
            plan.label("burst slowest answer"), median(slowest), "s", "<= 2", **shared, note=note
        )
    )
    plan.show(
        Figure(
            plan.label("burst last text"),
            median(last),
            "s",
            "<= 4",
            **shared,
            cpu=meter.cpu,
            note=f"each burst: {every} s",
        )
    )
    _last_text[plan.businesses] = median(last)
    fewest = min(_last_text)
    if plan.businesses > fewest:
        more = 100 * (_last_text[plan.businesses] / _last_text[fewest] - 1)
        plan.show(
            Figure(
                plan.label("burst last text, longer than alone"),
                more,
                "%",
                "<= 20",
                _last_text[fewest],
                **shared,
            )
        )
