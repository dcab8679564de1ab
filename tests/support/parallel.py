"""Two test processes on one pair of servers: each with a database and a Redis number of its own.

Loaded as a plugin (pyproject.toml), before Django reads the environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

# Tests that share a set of processes run in one worker; so do those that start whole demos.
ROOMS = ("faults", "browser", "doors", "bench")
_runs: dict[str, str] = {}  # room -> the worker that runs it


def _own_place(worker: str) -> None:
    number = int(worker.removeprefix("gw")) + 1
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"{url.path.lstrip('/')}_{worker}"
    with psycopg.connect(url.geturl(), autocommit=True) as wire:
        wire.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        wire.execute(f'CREATE DATABASE "{name}"')
    os.environ["DATABASE_URL"] = url._replace(path=f"/{name}").geturl()
    redis = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = redis._replace(path=f"/{number}").geturl()
    # Both have a business of the same name, and delete what it kept.
    root = Path(__file__).resolve().parents[2]
    os.environ.setdefault("FILES_DIR", str(root / "var" / f"files-{worker}"))


_worker = os.environ.get("PYTEST_XDIST_WORKER")
if _worker and "DATABASE_URL" in os.environ:
    _own_place(_worker)


def room_of(nodeid: str) -> str:
    """Return the room of a test whose room runs in one process, '' for any other."""
    parts = nodeid.split("/")
    return parts[1] if parts[0] == "tests" and len(parts) > 2 and parts[1] in ROOMS else ""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out such a room as one piece, the longest first, and every other test by itself.

    By the tests' ids: what xdist does with its own marks is undone by this pytest (xdist issue 1386).
    """
    from xdist.scheduler import LoadScopeScheduling

    class Rooms(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return room_of(nodeid) or nodeid

    return Rooms(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Tell run.py of a module that could not be read, like of a test that failed."""
    _tell(report)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell run.py which tests failed, one id a line (only the process that hears of all of them)."""
    _tell(report)
    if (node := getattr(report, "node", None)) and (room := room_of(report.nodeid)):
        runs = _runs.setdefault(room, node.gateway.id)
        if runs != node.gateway.id:
            raise RuntimeError(f"tests/{room} runs in {runs} and in {node.gateway.id}")


def _tell(report: pytest.TestReport | pytest.CollectReport) -> None:
    told = os.environ.get("FAILED_TESTS")
    if told and report.failed and not _worker:
        with Path(told).open("a") as file:
            file.write(f"{report.nodeid}\n")
