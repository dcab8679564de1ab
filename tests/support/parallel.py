"""Two test processes on one pair of servers: each with a database and a Redis number of its own.

Loaded as a plugin (pyproject.toml), before Django reads the environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

# Tests that share a set of processes run in one worker; so do those that start whole demos.
GROUPS = ("faults", "browser", "doors", "bench")
_MARKED = re.compile(rf"@({'|'.join(GROUPS)})$")  # what xdist adds to the id of a grouped test


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


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one expensive fixture together, longest groups first."""
    root = Path(__file__).resolve().parents[1]
    for item in items:
        room = item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""
        if room in GROUPS:
            item.add_marker(pytest.mark.xdist_group(room))
    order = {room: place for place, room in enumerate(GROUPS)}

    def place(item: pytest.Item) -> int:
        room = item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""
        return order.get(room, len(GROUPS))

    items.sort(key=place)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Tell run.py of a module that could not be read, like of a test that failed."""
    _tell(report)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell run.py which tests failed, one id a line (only the process that hears of all of them)."""
    _tell(report)


def _tell(report: pytest.TestReport | pytest.CollectReport) -> None:
    told = os.environ.get("FAILED_TESTS")
    if told and report.failed and not _worker:
        with Path(told).open("a") as file:
            file.write(f"{_MARKED.sub('', report.nodeid)}\n")
