"""The list of an agency with a thousand businesses: how long its pages take, and how many statements."""

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

BUSINESSES = 1000


async def measure(plan: Plan) -> None:
    """Show p50 and p95 of a page in milliseconds, in one process; what was made is removed again."""
    pages = int(plan.seconds(300, 60))
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses)}
    words = [sys.executable, "-m", "bench.portal", str(BUSINESSES), str(pages)]
    with Meter({}) as meter:
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(done.stdout.splitlines()[-1])
    shared = {"load": meter.load, "others": meter.others}
    note = (
        f"{found['statements']} statements and {found['bytes'] / 1000:.0f} kB a page, "
        f"CPU {found['cpu'] / pages * 1000:.0f} ms without PostgreSQL"
    )
    label = f"portal, {BUSINESSES:,} businesses listed"
    for name, share, target in (("p50", 0.5, ""), ("p95", 0.95, "<= 100")):
        value = percentile(found["seconds"], share) * 1000
        plan.show(Figure(plan.label(f"{label} {name}"), value, "ms", target, note=note, **shared))
