"""A migration of one column across every business's schema: how long a release waits for it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

from bench import database
from bench.cpu import Meter
from bench.figures import Figure
from bench.rig import Plan
from bench.stack import ROOT


async def measure(plan: Plan) -> None:
    """Show the seconds of `manage.py migrate_businesses`; its bar is seen on the way."""
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses)}
    words = [sys.executable, "-m", "bench.migrating", str(plan.businesses)]
    with Meter({}) as meter:
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(done.stdout)
    plan.show(
        Figure(
            f"migrate: one column, {found['schemas']:,} businesses", found["seconds"], "s", "<= 60",
            load=meter.load, others=meter.others,
        )
    )  # fmt: skip
