"""The inbox of a big business: lists, threads, search and counts, what a first page weighs; and in a browser."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from itertools import chain
from typing import Any

from bench import database
from bench.cpu import Meter
from bench.figures import Figure, percentile
from bench.rig import Plan
from bench.screens import sign_in
from bench.stack import ROOT, Stack

_TARGETS = {"list": 50, "thread": 50, "search": 50, "counts": 50}


async def measure(plan: Plan) -> None:
    """Show p50 and p95 of each kind of page, the most statements, whole tables read, and what a browser sees.

    Raises SystemExit where a statement reads a big table whole, or a page fails.
    """
    conversations = int(plan.seconds(100_000, 10_000))
    messages, rounds = conversations * 10, int(plan.seconds(30, 10))
    plan.say(f"generating {conversations:,} conversations and {messages:,} texts")
    env = os.environ | {"DATABASE_URL": database.url_of(plan.businesses), "RINGBACK_ROLE": "web"}
    try:
        with Meter({}) as meter:
            done = await _run(env, "bench.inbox", *map(str, (conversations, messages, rounds)))
        found, shared = json.loads(done), {"load": meter.load, "others": meter.others}
        problems = _pages(plan, found, shared)
        await _browser(plan)
    finally:
        await _run(env, "bench.inbox", "empty")
    if problems:
        raise SystemExit("inbox: " + "; ".join(problems))


async def _run(env: dict[str, str], module: str, *words: str) -> str:
    command = [sys.executable, "-m", module, *words]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return str(done.stdout)


def _pages(plan: Plan, found: dict[str, Any], shared: dict[str, float]) -> list[str]:
    """Show what was measured without a browser; returns what must not be."""
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
    return problems


async def _browser(plan: Plan) -> None:
    """Show what somebody sees who works in it, at each width; without Chromium say so."""
    with Stack(plan.businesses, ("web",), 9) as stack:
        signed = await asyncio.to_thread(sign_in, 1, stack.env)
        words = (signed.host, str(stack.port), signed.sessions[0])
        with Meter(stack.roots()) as meter:
            seen = json.loads(await _run(dict(stack.env), "bench.browser", *words))
    if not seen:
        plan.say("no Chromium here: what the inbox is like in a browser was NOT measured")
    shared = {"load": meter.load, "others": meter.others}
    for size, of in seen.items():
        label = lambda name, size=size: plan.label(f"inbox at {size}, {name}")
        acts = sorted((percentile(each, 0.95), name) for name, each in of["acts"].items())[::-1]
        times = list(chain.from_iterable(of["acts"].values()))
        note = "p95 of each: " + ", ".join(f"{name} {ms:.0f}" for ms, name in acts)
        moved = ", ".join(of["moved"])
        shown = of["shown"]
        for name, value, unit, target, said in (
            ("layout shift", max(of["shifts"].values()), "", "<= 0", moved),
            ("act to paint p95", percentile(times, 0.95), "ms", "<= 100", note),
            ("thread shown p50", percentile(shown, 0.5), "ms", "<= 100", ""),
            ("thread shown p95", percentile(shown, 0.95), "ms", "", ""),
            ("first visit", of["bytes"] / 1000, "kB", "<= 150", ""),
        ):
            plan.show(Figure(label(name), value, unit, target, **shared, note=said))
