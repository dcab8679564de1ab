"""The API of a big business and its agency: every list, over HTTP through the real server, one request at a time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time

from bench import database
from bench.client import Client
from bench.cpu import Meter
from bench.figures import Figure, percentile
from bench.rig import Plan
from bench.stack import ROOT, Stack


async def measure(plan: Plan) -> None:
    """Show p50 and p95 of every list together, and which are slowest by their own p95.

    Raises SystemExit where a list fails, or a statement of it reads a big table whole.
    """
    conversations = int(plan.seconds(100_000, 10_000))
    rounds = int(plan.seconds(30, 10))
    plan.say(f"generating {conversations:,} conversations and {conversations * 10:,} texts")
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses), "RINGBACK_ROLE": "web"}
    try:
        done = await _run(env, "bench.api", str(conversations), str(conversations * 10))
        found = json.loads(done)
        with Stack(plan.businesses, ("web",), 9) as stack, Meter(stack.roots()) as meter:
            times = await _times(stack.port, found, rounds)
    finally:
        await _run(env, "bench.inbox", "empty")
        await _run(env, "bench.api", "empty")
    shared = {"load": meter.load, "others": meter.others}
    slowest = sorted(((percentile(each, 0.95), name) for name, each in times.items()))[::-1]
    note = f"{len(times)} lists; slowest p95: " + ", ".join(
        f"{name} {ms:.0f}" for ms, name in slowest[:6]
    )
    everything = [ms for each in times.values() for ms in each]
    for share, target in ((0.5, ""), (0.95, "<= 50")):
        label = plan.label(f"API lists p{share * 100:.0f}")
        plan.show(Figure(label, percentile(everything, share), "ms", target, note=note, **shared))
    label = plan.label("API slowest list p95")
    plan.show(Figure(label, slowest[0][0], "ms", "<= 50", note=slowest[0][1], **shared))
    count, where = found["most"]
    plan.show(Figure(plan.label("API statements a list"), count, "", "", note=where, **shared))
    problems = [*found["whole"], *found["failed"]]
    label = plan.label("API big tables read whole")
    plan.show(Figure(label, len(problems), "", "<= 0", note="; ".join(problems)[:600], **shared))
    if problems:
        raise SystemExit("api: " + "; ".join(problems))


async def _times(port: int, found: dict[str, object], rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds of each list, asked in turn. Raises RuntimeError for any other answer than 200."""
    cases = found["cases"]
    assert isinstance(cases, dict)
    client, times = Client(port), dict[str, list[float]]()
    try:
        for turn in range(rounds + 2):
            for name, (path, host, key) in cases.items():
                raw = (
                    f"GET /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\n"
                    f"Authorization: Bearer {key}\r\nAccept: application/json\r\n\r\n"
                ).encode()
                began = time.perf_counter()
                status, _body = await client.post(raw)
                taken = (time.perf_counter() - began) * 1000
                if status != 200:
                    raise RuntimeError(f"{name}: {status}")
                if turn >= 2:  # the first two warm it up
                    times.setdefault(name, []).append(taken)
    finally:
        client.close()
    return times


async def _run(env: dict[str, str], module: str, *words: str) -> str:
    command = [sys.executable, "-m", module, *words]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return str(done.stdout)
