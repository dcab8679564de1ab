"""The demo starts, survives, stops and finds its data again (on the miniature checkout)."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from config.demo import Demo
from config.processes import free_port
from config.supervisor import Console
from tests.doors.conftest import (
    Door,
    bare_environment,
    environment_of,
    eventually,
    manage,
    processes_of,
)


def pids(checkout: Path, words: str) -> list[int]:
    found = []
    for pid in processes_of(checkout):
        with contextlib.suppress(OSError):  # it may end while we look
            if words.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "):
                found.append(pid)
    return found


def parent(pid: int) -> int:
    """Return the parent's pid: the second field behind the name, which may hold anything."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def answers(port: int, path: str = "/readyz") -> bool:
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        wire.request("GET", path)
        return wire.getresponse().status == 200
    except OSError:
        return False
    finally:
        wire.close()


def test_a_whole_life(miniature: Path) -> None:
    port = free_port()
    demo = Door(miniature, "demo", "--port", str(port), TWILIO_API_BASE_URL="http://127.0.0.1:9/x")
    demo.wait_for("ready")
    text = demo.text()
    assert f"http://localhost:{port}/simulator/" in text
    assert "o@example.com" in text
    assert "seed_demo       | seeding" in text
    assert text.splitlines().count("ready") == 1
    assert answers(port)

    # A second one says so, and so does one that finds the port taken.
    second = Door(miniature, "demo", "--port", str(port))
    assert second.child.wait(20) == 2
    assert f"already runs in this checkout at http://localhost:{port}/" in second.text()

    # `manage` joins it: same servers, same secrets, same variables.
    seen = environment_of(miniature)
    assert seen["PUBLIC_BASE_URL"] == f"http://localhost:{port}"
    assert seen["TWILIO_API_BASE_URL"] == "http://127.0.0.1:9/x"
    assert seen["RINGBACK_ENV"] == "demo"
    assert set(seen["ALLOWED_HOSTS"].split(",")) == {"localhost", "127.0.0.1", ".localhost"}
    assert manage(miniature, "starts").stdout == "1\n"
    assert manage(miniature, "exit", "7").returncode == 7
    noisy = manage(miniature, "fill")
    assert (noisy.stdout, noisy.stderr) == ("", "noise\n")

    # Whoever dies is replaced.
    for what in ("uvicorn", "realtime@", "postgres"):
        for pid in pids(miniature, what):
            os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: "web ended unexpectedly (signal 9)" in demo.text()), demo.text()
    assert eventually(lambda: "postgres ended unexpectedly" in demo.text())
    assert eventually(lambda: bool(pids(miniature, "realtime@")))
    assert eventually(lambda: answers(port))
    assert manage(miniature, "starts").stdout == "1\n"

    assert demo.end(signal.SIGINT) == 0
    assert processes_of(miniature) == []
    assert not (miniature / "var/demo/running.json").exists()

    # Without the demo `manage` brings the servers for as long as it needs them.
    later = environment_of(miniature)
    assert later["SECRET_KEY"] == seen["SECRET_KEY"]
    assert later["FIELD_ENCRYPTION_KEYS"] == seen["FIELD_ENCRYPTION_KEYS"]
    assert manage(miniature, "exit", "3").returncode == 3
    assert manage(miniature, "starts").stdout == "1\n"
    assert processes_of(miniature) == []


def test_killed_and_started_again(miniature: Path) -> None:
    port = free_port()
    demo = Door(miniature, "demo", "--no-seed", "--port", str(port))
    demo.wait_for("ready")
    assert "o@example.com" not in demo.text()
    # The kernel tells children of the launcher's death; their own children might miss it.
    platform = pids(miniature, "-m uvicorn") + pids(miniature, "-m celery")
    assert [parent(pid) for pid in platform] == [demo.child.pid] * 5
    demo.end(signal.SIGKILL)
    again = Door(miniature, "demo", "--no-seed", "--port", str(port))
    again.wait_for("ready")
    assert "data unchanged" in again.text()
    assert manage(miniature, "starts").stdout == "1\n"
    again.end(signal.SIGKILL)
    assert eventually(lambda: processes_of(miniature) == []), "orphans"
    facts = [json.loads((miniature / f"var/demo/{name}.json").read_text()) for name in SERVERS]
    assert eventually(lambda: not any(listens(fact["port"]) for fact in facts)), "orphans"

    # As an interrupted initdb, and a machine that went down, leave things.
    home = Path(facts[0].get("outside", miniature / "var/demo")) / "postgres"
    (home / "data.new").mkdir()
    (home / "data.new" / "PG_VERSION").write_text("18\n")
    (home / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{home / 'data'}\n")
    (miniature / "config" / "asgi.py").touch()  # new code: prepared anew
    third = Door(miniature, "demo", "--no-seed", "--port", str(port))
    third.wait_for("ready")
    assert manage(miniature, "starts").stdout == "2\n"
    assert third.end(signal.SIGHUP) == 0

    fresh = Door(miniature, "demo", "--no-seed", "--reset", "--port", str(port))
    assert eventually(lambda: "template schema" in fresh.text(), 40)
    assert manage(miniature, "starts").stdout == "1\n"
    assert fresh.end() == 0


SERVERS = ("postgres", "redis")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_taken_port_is_named_before_anything_starts(miniature: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        demo = Door(miniature, "demo", "--port", str(port))
        assert demo.child.wait(20) == 2
    assert f"port {port} is taken by" in demo.text()
    assert "--port" in demo.text()
    assert not (miniature / "var/demo").exists()


def test_a_reader_that_stops_reading_stops_nothing(miniature: Path) -> None:
    port = free_port()
    demo = subprocess.Popen(
        [sys.executable, "run.py", "demo", "--no-seed", "--port", str(port)],
        cwd=miniature,
        env=bare_environment(),
        stdout=subprocess.PIPE,
    )
    assert demo.stdout
    while demo.stdout.readline() != b"ready\n":
        assert demo.poll() is None
    assert answers(port, "/chatter")  # far more than a pipe holds, and nobody reads
    assert answers(port)
    demo.terminate()
    assert demo.wait(120) == 0


def test_stopped_in_the_middle_of_starting(miniature: Path) -> None:
    demo = Door(miniature, "demo", "--port", str(free_port()))
    assert eventually(lambda: "PostgreSQL and Redis" in demo.text(), 60)
    assert demo.end() == 0
    assert "ready" not in demo.text().splitlines()


def test_a_failing_step_ends_the_start_with_its_reason(miniature: Path) -> None:
    (miniature / "manage.py").write_text("import sys; sys.exit('SECRET_KEY: expected text')")
    demo = Door(miniature, "demo", "--port", str(free_port()))
    assert demo.child.wait(60) == 1
    assert "SECRET_KEY: expected text" in demo.text()
    assert "manage.py prepare_database failed" in demo.text()
    assert processes_of(miniature) == []


def test_given_servers_are_used(miniature: Path) -> None:
    given = {"DATABASE_URL": "postgres://a@b/c", "REDIS_URL": "redis://x/1"}
    seen = environment_of(miniature, **given)
    assert {name: seen[name] for name in given} == given
    assert not (miniature / "var/demo/postgres").exists()
    assert not (miniature / "var/demo/redis").exists()


def test_what_is_expected_of_a_demo_is_no_warning_and_all_else_is(tmp_path: Path) -> None:
    demo = Demo(Console(tmp_path / "demo.log"), free_port())
    demo.python, demo.env = sys.executable, {"PYTHONWARNINGS": "ignore:theirs"}
    said = (
        "import warnings; warnings.warn('No directory at: /x/static'); warnings.warn('theirs');"
        'warnings.warn(RuntimeWarning("You\'re running the worker with superuser privileges: no"));'
        "warnings.warn('something new')"
    )
    for process in demo.processes():
        done = subprocess.run(
            [sys.executable, "-c", said], env=process.env, capture_output=True, text=True, check=True
        )  # fmt: skip
        assert "something new" in done.stderr
        for expected in ("No directory", "superuser", "UserWarning: theirs"):
            assert expected not in done.stderr, done.stderr
