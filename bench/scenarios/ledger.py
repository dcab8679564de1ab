"""The consent ledger: how long a million rows take to verify, and what an append costs its webhook."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

from bench import database
from bench.cpu import Meter
from bench.figures import Figure, percentile
from bench.rig import Plan
from bench.stack import ROOT


async def measure(plan: Plan) -> None:
    """Show seconds of the check, and milliseconds an append adds to a transaction, p50 and p95."""
    rows, count = int(plan.seconds(1_000_000, 100_000)), int(plan.seconds(2_000, 500))
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses)}
    words = [sys.executable, "-m", "bench.ledger", str(rows), str(count)]
    plan.say(f"writing a ledger of {rows:,} rows")
    with Meter({}) as meter:
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(done.stdout)
    shared = {"load": meter.load, "others": meter.others}
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
    for share in (0.5, 0.95):
        added = percentile(found["with"], share) - percentile(found["without"], share)
        plan.show(
            Figure(
                plan.label(f"ledger append adds p{share * 100:.0f}"),
                added * 1000,
                "ms",
                "<= 2",
                percentile(found["without"], share) * 1000,
                **shared,
            )
        )
