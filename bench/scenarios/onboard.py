"""Bringing a business live by the service behind every door."""

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
    """Show p50 and p95 of the service call in seconds; what it makes is removed again."""
    count = int(plan.seconds(40, 10))
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses)}
    words = [sys.executable, "-m", "bench.onboarding", str(count)]
    with Meter({}) as meter:
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(done.stdout)
    shared = {"load": meter.load, "others": meter.others}
    plan.show(
        Figure(plan.label("onboard p50"), percentile(found["seconds"], 0.5), "s", "", **shared)
    )
    plan.show(
        Figure(
            plan.label("onboard p95"),
            percentile(found["seconds"], 0.95),
            "s",
            "<= 0.5",
            **shared,
            note=f"CPU of the calling process {found['cpu'] / count * 1000:.0f} ms each, without PostgreSQL",
        )
    )
