"""manage.py test_call, against the application and a worker of this process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from calls.models import TestCall


@pytest.fixture
def worker(work) -> Iterator[None]:
    """A worker beside the command, in a thread of its own."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            work()
            time.sleep(0.05)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    time.sleep(1)
    stop.set()
    thread.join()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("test_call", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_each_step_is_told_with_its_milliseconds(simulator, plumber, worker):
    told = run("--business", plumber.schema, "--condition", "no_answer")
    lines = [line for line in told.splitlines() if line.endswith(" ms")]
    assert len(lines) == 10 and lines[0].startswith("Call placed")
    assert "Passed: Every step happened" in told and "Expected: Text back" in told


def test_a_program_reads_json(simulator, plumber, worker):
    told = json.loads(run("--business", plumber.schema, "--condition", "answered", "--json"))
    assert (told["state"], told["expected"]["code"]) == ("passed", "ANSWERED")
    assert [step["step"] for step in told["steps"]][-1] == "decided"


def test_what_did_not_happen_is_exit_code_1(simulator, plumber, worker, settings):
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"  # nobody listens there
    with pytest.raises(SystemExit) as ended:
        run("--business", plumber.schema)
    assert ended.value.code == 1
    with plumber.scope():
        test = TestCall.objects.get()
        assert test.state == "failed" and "did not answer" in test.sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--condition", "nonsense"], "--condition: Expected one of"),
        (["--line", "+13125559999"], "--line: this business has no such line in use; it has "),
        (["--condition", "press_one"], "--condition: This line offers no key.*Press 1 required"),
    ],
)
def test_wrong_arguments_are_named(simulator, plumber, arguments, said):
    with pytest.raises(CommandError, match=said) as wrong:
        run("--business", plumber.schema, *arguments)
    assert wrong.value.returncode == 2


def test_a_business_nobody_knows_is_named_with_those_there_are(world, plumber, dentist):
    with pytest.raises(CommandError, match="--business: there is no business") as wrong:
        run("--business", "nobody")
    assert plumber.schema in str(wrong.value) and dentist.schema in str(wrong.value)
    assert "public" not in str(wrong.value)
    with pytest.raises(CommandError, match="--business"):
        run("--business", "public")


def test_a_real_call_is_not_placed_without_yes(world, plumber, stand_in):
    with pytest.raises(CommandError, match="cost money"):
        run("--business", plumber.schema, "--from", "+13125550142")
    assert stand_in.requests == []
