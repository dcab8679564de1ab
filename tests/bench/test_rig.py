"""What the bench starts is what the demo starts; what it matches and reads is right."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import cpu, database, standin
from bench.__main__ import counts
from bench.client import Client
from bench.rig import EVERYTHING, Sent, trouble
from bench.scenarios import ON_REQUEST, SCENARIOS
from config.demo import Demo
from config.supervisor import Console


def test_scenarios_named_in_the_issue_exist() -> None:
    assert set(SCENARIOS) >= {
        "ingest", "missed_call", "burst", "neighbour", "inbound_text", "onboard", "ledger",
    }  # fmt: skip
    assert set(SCENARIOS) > ON_REQUEST


def test_the_demo_still_runs_the_processes_that_are_measured(tmp_path: Path) -> None:
    demo = Demo(Console(tmp_path / "log"), 8000)
    demo.python, demo.env = sys.executable, {}
    processes = {process.name: process.command for process in demo.processes()}
    assert set(EVERYTHING) <= set(processes)
    # bench/stack.py replaces these words: the floor's application, and where beat keeps its file.
    assert "config.asgi:application" in processes["web"]
    assert any(word.endswith("beat-schedule") for word in processes["beat"])


@pytest.mark.parametrize(("text", "found"), [("1,1000", [1, 1000]), ("7", [7]), ("9,2,9", [2, 9])])
def test_numbers_of_businesses(text: str, found: list[int]) -> None:
    assert counts(text) == found


@pytest.mark.parametrize("text", ["", "x", "0", "1,-2", "99999999"])
def test_nonsense_numbers_of_businesses(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        counts(text)


def test_a_database_of_its_own_for_each_number_of_businesses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@127.0.0.1:5999/main")
    assert database.url_of(1000) == "postgres://me:secret@127.0.0.1:5999/ringback_bench_1000"


def test_trouble_names_what_went_wrong() -> None:
    good = Sent("+1", 1.0, 1.1, 200, 1.2)
    assert trouble([good]) == ""
    assert good.text_ms == pytest.approx(200)
    assert trouble([good, Sent("+2", 1.0, 1.1, 503)]) == (
        "1 webhooks not answered 200, 1 of 2 never texted"
    )


def test_cpu_of_a_process_counts_its_ended_children() -> None:
    burn = "import time\nwhile time.process_time() < 0.4: pass"
    roots = {"us": os.getpid()}
    before = cpu.spent(roots)["us"]
    subprocess.run([sys.executable, "-c", burn], check=True)
    # Half is enough to tell: the kernel rounds user and system time down to its ticks.
    assert cpu.spent(roots)["us"] - before >= 0.2
    assert cpu.parent_of(os.getpid()) == os.getppid()


def test_the_stand_in_tells_of_texts_as_they_come() -> None:
    async def run() -> tuple[list[str], list[str], float]:
        stand_in, came, taken = standin.StandIn(), [], []
        stand_in.latency = 0.01
        stand_in.on_text = lambda seen: came.append(seen["form"]["To"])
        stand_in.on_taken = lambda record, form: taken.append(record["sid"])
        server = await standin.listen(stand_in, 0)
        client = Client(server.sockets[0].getsockname()[1])
        body = b"To=%2B17732000000&From=%2B13122000000&Body=hi"
        raw = (
            b"POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        ) + body
        began = time.time()
        status, _ = await client.post(raw)
        assert status == 201
        client.close()
        server.close()
        return came, taken, stand_in.requests[0]["at"] - began

    came, taken, delay = asyncio.run(run())
    assert came == ["+17732000000"]
    assert len(taken) == 1
    assert delay >= 0
