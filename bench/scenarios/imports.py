"""Importing a call log of 200,000 rows: how long the command takes, and how much memory."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import database
from bench.cpu import Meter
from bench.figures import Figure
from bench.rig import Plan
from bench.stack import ROOT
from calls.audit.sample import HEADING, sample

_ZONE = "America/Chicago"
_BEGIN = datetime(2026, 1, 5, tzinfo=ZoneInfo(_ZONE))


async def measure(plan: Plan) -> None:
    """Show seconds and memory of a made-up log: by the command, and through the database as a page does."""
    rows = int(plan.seconds(200_000, 20_000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.csv")
        with path.open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(HEADING)
            out.writerows(sample(rows, _BEGIN))
        words = [
            sys.executable,
            "manage.py",
            "audit_calls",
            str(path),
            "--timezone",
            _ZONE,
            "--json",
        ]
        with Meter({}) as meter:
            done = await asyncio.to_thread(
                subprocess.run, words, cwd=ROOT, env=os.environ, check=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
    found = json.loads(done.stdout)
    if found["rows"] != rows or found["malformed"]:
        raise AssertionError(f"{found['rows']} of {rows} rows, {found['malformed']} malformed")
    with tempfile.TemporaryDirectory() as folder, Meter({}) as both:
        env = os.environ | {
            "DATABASE_URL": database.url_of(plan.businesses),
            "FILES_DIR": folder,
            "FILES_IN": "directory",
        }
        words = [sys.executable, "-m", "bench.importing", str(rows)]
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
    page = json.loads(done.stdout)
    shared = {"load": meter.load, "others": meter.others}
    label = f"call log, {rows:,} rows"
    plan.show(Figure(f"{label}: command", found["seconds"], "s", "<= 60", **shared))
    plan.show(
        Figure(f"{label}: peak memory of the command", found["peak_mb"], "MB", "<= 300", **shared)
    )
    shared = {"load": both.load, "others": both.others}
    plan.show(Figure(f"{label}: upload to report", page["seconds"], "s", "<= 60", **shared))
    plan.show(Figure(f"{label}: memory it took", page["grown_mb"], "MB", "<= 200", **shared))
