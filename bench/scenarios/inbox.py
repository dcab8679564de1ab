"""The inbox of a big business: lists, threads, search and counts, and what a first page weighs."""

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

_TARGETS = {"list": 50, "thread": 50, "search": 50, "counts": 50}


async def measure(plan: Plan) -> None:
    """Show p50 and p95 of each kind of page, the most statements, and whole tables read (none may be)."""
    conversations = int(plan.seconds(100_000, 10_000))
    messages, rounds = conversations * 10, int(plan.seconds(30, 10))
    plan.say(f"generating {conversations:,} conversations and {messages:,} texts")
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses), "RINGBACK_ROLE": "web"}
    words = [sys.executable, "-m", "bench.inbox", *map(str, (conversations, messages, rounds))]
    with Meter({}) as meter:
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    found, shared = json.loads(done.stdout), {"load": meter.load, "others": meter.others}
    for group, times in found["times"].items():
        target = f"<= {_TARGETS[group]}" if group in _TARGETS else ""
        slowest = [f"{name} {ms:.0f}" for ms, name in found["slowest"]]
        for share in (0.5, 0.95):
            name = plan.label(f"inbox {group} p{share * 100:.0f}")
            note = "slowest: " + ", ".join(slowest) if share > 0.9 and group == "list" else ""
            plan.show(Figure(name, percentile(times, share), "ms", target, **shared, note=note))
    count, where = found["most"]
    plan.show(
        Figure(plan.label("inbox statements a page"), count, "", "<= 12", **shared, note=where)
    )
    problems = [*found["whole"], *found["failed"]]
    label = plan.label("inbox big tables read whole")
    plan.show(Figure(label, len(problems), "", "<= 0", **shared, note="; ".join(problems)[:600]))
    weight = found["weight"]
    kilobytes = (weight["page"] + weight["files"]) / 1000
    note = (
        f"the page alone {weight['page'] / 1000:.1f} kB, {weight['plain'] / 1000:.0f} kB unpacked"
    )
    plan.show(
        Figure(plan.label("inbox first page"), kilobytes, "kB", "<= 150", **shared, note=note)
    )
    if problems:
        raise SystemExit("inbox: " + "; ".join(problems))
