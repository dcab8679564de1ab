"""Bringing a business live by one request of its agency's program."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

from bench import database, onboarding, traffic
from bench.cpu import Meter
from bench.figures import Figure, percentile
from bench.rig import Plan
from bench.stack import ROOT
from bench.standin import StandIn, listen
from calls.simulator.office import add_known


async def measure(plan: Plan) -> None:
    """Show p50 and p95 of the request in seconds, schema and all; what it makes is removed again."""
    count = int(plan.seconds(40, 10))
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses)}
    words = [sys.executable, "-m", "bench.onboarding", str(count)]
    provider = StandIn()
    account = traffic.line(0).account_sid
    held = [(onboarding.number(each), account) for each in range(-1, count)]
    add_known(provider.office.books, held)
    async with await listen(provider, 0) as server:
        port = server.sockets[0].getsockname()[1]
        env["TWILIO_API_BASE_URL"] = f"http://127.0.0.1:{port}"
        with Meter({}) as meter:
            done = await asyncio.to_thread(
                subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE,
                text=True,
            )  # fmt: skip
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
            "<= 1",
            **shared,
            note=f"CPU of the web process {found['cpu'] / count * 1000:.0f} ms each, without PostgreSQL",
        )
    )
