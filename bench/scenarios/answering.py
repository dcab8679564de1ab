"""How soon a webhook is answered, with many businesses on the machine as with one.

Each of them was called once before, as the one was: what it costs to meet a business for the first
time is shown by the burst.
"""

from __future__ import annotations

from bench import traffic
from bench.figures import Figure, percentile
from bench.rig import EVERYTHING, Plan, Rig, Sent
from bench.stack import Stack

RATE = 20
_alone: dict[str, tuple[int, float]] = {}


async def measure(plan: Plan) -> None:
    """Show the answers' p50 and p95 for calls that arrive, calls nobody answered, and texts."""
    count = int(plan.seconds(1500, 200))
    async with Rig(plan) as rig:
        with Stack(plan.businesses, EVERYTHING, rig.api_port) as stack:
            rig.use(stack)
            await rig.warm(max(60, plan.businesses))
            for kind, make in (
                ("arrival", traffic.arrival),
                ("hang-up", traffic.hang_up),
                ("text in", _text),
            ):
                ready = []
                for _ in range(count):
                    caller = plan.callers.next()
                    ready.append((Sent(caller), make(rig.base_url, rig.next_line(), caller)))
                with rig.meter() as meter:
                    await rig.steady(ready, RATE)
                    await rig.settled()
                calls = [call for call, _ in ready]
                refused = sum(call.status != 200 for call in calls)
                for share in (0.5, 0.95):
                    took = percentile(
                        [(call.answered_at - call.posted_at) * 1000 for call in calls], share
                    )
                    shared = {
                        "load": meter.load, "others": meter.others,
                        "note": f"{refused} not answered 200" if refused else "",
                    }  # fmt: skip
                    _show(plan, f"webhook p{share * 100:.0f}, {kind}", took, shared)


def _text(base_url: str, ours: traffic.Line, sender: str) -> bytes:
    return traffic.text_in(base_url, ours, sender, "When can you come?")


def _show(plan: Plan, name: str, took: float, shared: dict[str, object]) -> None:
    plan.show(Figure(plan.label(name), took, "ms", "", **shared))  # type: ignore[arg-type]
    fewest, alone = _alone.setdefault(name, (plan.businesses, took))
    if plan.businesses > fewest:
        plan.show(
            Figure(
                plan.label(f"{name}, longer than alone"),
                100 * (took / alone - 1),
                "%",
                "<= 20",
                alone,
                **shared,  # type: ignore[arg-type]
            )
        )
