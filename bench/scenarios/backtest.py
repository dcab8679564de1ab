"""The back-test of a past: 100,000 calls by the rules in force and by others, as the command runs it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bench import database
from bench.cpu import Meter
from bench.figures import Figure, percentile
from bench.past import PROPOSED
from bench.rig import Plan
from bench.stack import ROOT
from calls.decision import decide
from calls.facts import Facts
from calls.outcome import Outcome
from calls.rules import Rules, load

_NOW = datetime(2027, 1, 13, 18, 0, tzinfo=UTC)


async def measure(plan: Plan) -> None:
    """Show the seconds and the memory of a back-test, and the microseconds of one decision."""
    await asyncio.to_thread(_decisions, plan)
    count = int(plan.seconds(100_000, 10_000))
    plan.say(f"writing a past of {count:,} calls")
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses)}
    words = [sys.executable, "-m", "bench.past", str(count)]
    with Meter({}) as meter:
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    found, shared = json.loads(done.stdout), {"load": meter.load, "others": meter.others}
    label = f"back-test {count:,} calls"
    target = f"<= {10 * count / 100_000:g}"
    note = f"{found['differences']:,} differ; the whole command {found['command_seconds']:.1f} s"
    plan.show(Figure(plan.label(label), found["seconds"], "s", target, **shared, note=note))
    plan.show(Figure(plan.label(f"{label}, memory"), found["peak_mb"], "MB", "<= 300", **shared))


def _decisions(plan: Plan) -> None:
    rules = Rules(1, load([*PROPOSED[:3], {**PROPOSED[3], "then": {"template": "missed-open"}}]))
    base = Facts(Outcome("missed", "no_answer", ended=True), _NOW, _NOW, 20, caller="+13125550142")
    cases = [
        replace(base, caller=f"+1312{5_550_000 + n}", state=("open", "closed")[n % 2],
                is_vip=n % 50 == 0, earlier_calls=(_NOW - timedelta(minutes=9),) * (n % 3))
        for n in range(1_000)
    ]  # fmt: skip
    for case in cases:
        decide(case, rules, _NOW)
    taken = []
    for n in range(int(plan.seconds(40_000, 10_000))):
        began = time.perf_counter_ns()
        decide(cases[n % 1_000], rules, _NOW)
        taken.append((time.perf_counter_ns() - began) / 1000)
    for share in (0.5, 0.99):
        plan.show(
            Figure(
                plan.label(f"decide p{share * 100:.0f}"), percentile(taken, share), "µs", "<= 50"
            )
        )
