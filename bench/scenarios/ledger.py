"""The consent ledger: how long a million rows take to verify, and what an append costs its webhook."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

from bench import database
from bench.cpu import Meter
from bench.figures import Figure, median, percentile
from bench.rig import Plan
from bench.stack import ROOT


async def measure(plan: Plan) -> None:
    """Show seconds of the check, and milliseconds an append adds to a transaction, p50 and p95."""
    rows, count = int(plan.seconds(1_000_000, 100_000)), int(plan.seconds(2_000, 500))
    plan.say(f"writing a ledger of {rows:,} rows")
    found, shared = await _run(plan, "command", "check", rows)
    plan.show(
        Figure(
            plan.label(f"ledger verify {rows:,} rows"),
            found["seconds"],
            "s",
            f"<= {30 * rows / 1_000_000:g}",
            **shared,
            note=f"CPU of the calling process {found['cpu']:.1f} s, without PostgreSQL",
        )
    )
    # Events are processed by a worker, over a worker's connection.
    found, shared = await _run(plan, "worker", "append", count)
    for share in (0.5, 0.95):
        bare = _rounds(found["without"], share)
        added = [
            both - alone for both, alone in zip(_rounds(found["with"], share), bare, strict=True)
        ]
        plan.show(
            Figure(
                plan.label(f"ledger append adds p{share * 100:.0f}"),
                median(added) * 1000,
                "ms",
                "<= 2",
                median(bare) * 1000,
                **shared,
            )
        )


def _rounds(taken: list[float], share: float) -> list[float]:
    """Return a percentile of each of seven rounds: what else the machine does comes in bursts."""
    return [
        percentile(taken[n * len(taken) // 7 : (n + 1) * len(taken) // 7], share) for n in range(7)
    ]


async def _run(plan: Plan, role: str, what: str, count: int) -> tuple[Any, dict[str, float]]:
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses), "RINGBACK_ROLE": role}
    words = [sys.executable, "-m", "bench.ledger", what, str(count)]
    with Meter({}) as meter:
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    return json.loads(done.stdout), {"load": meter.load, "others": meter.others}
