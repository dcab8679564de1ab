"""A miniature checkout: the real run.py and its parts around a product of thirty lines.

The doors are tested on it because what they promise (start, stop, restart, recover) does not
depend on the product, which takes longer to start than all of these tests together.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = [
    "checkout", "demo", "embedded", "install", "postgres", "processes", "second_look", "supervisor",
]  # fmt: skip

MANAGE = """
import json, os, sys, time
command = sys.argv[1]
if command == "prepare_database":
    import psycopg
    with psycopg.connect(os.environ["DATABASE_URL"]) as wire:
        wire.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        wire.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        wire.execute("INSERT INTO starts DEFAULT VALUES")
elif command == "seed_demo":
    print("seeding", file=sys.stderr)
    print(json.dumps([{"who": "Owner", "email": "o@example.com", "password": "pw", "url": "u"}]))
elif command == "starts":
    import psycopg
    with psycopg.connect(os.environ["DATABASE_URL"]) as wire:
        print(wire.execute("SELECT count(*) FROM starts").fetchone()[0])
elif command == "environment":
    print(json.dumps(dict(os.environ)))
elif command == "exit":
    sys.exit(int(sys.argv[2]))
elif command == "fill":
    sys.stderr.write("noise\\n")
else:
    sys.exit("unknown command")
"""

ASGI = """
import os, redis
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"].endswith("shutdown"):
                return
    workers = redis.Redis.from_url(os.environ["REDIS_URL"]).scard("workers")
    if scope["path"] == "/chatter":
        for number in range(20000):
            print("a line nobody may ever read", number, flush=True)
    await send({"type": "http.response.start", "status": 200 if workers == 3 else 503, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""

CELERY = """
import os
import redis
from celery import Celery
from celery.signals import worker_ready, worker_shutdown
app = Celery("config", broker=os.environ["REDIS_URL"])
store = redis.Redis.from_url(os.environ["REDIS_URL"])

@worker_ready.connect(weak=False)
def ready(sender, **_):
    store.sadd("workers", sender.hostname)

@worker_shutdown.connect(weak=False)
def gone(sender, **_):
    store.srem("workers", sender.hostname)
"""

SETTINGS = """
import os
SECRET_KEY = os.environ["SECRET_KEY"]
USE_TZ = True
"""

INIT = """
import os
assert "RINGBACK_ENV" in os.environ, "run.py must not import the product"
"""


@pytest.fixture
def miniature(tmp_path: Path) -> Iterator[Path]:
    """Return a checkout in a path with spaces that is longer than a Unix socket may be."""
    checkout = tmp_path / ("a rather long name with spaces " * 4).strip() / "ring back"
    (checkout / "config").mkdir(parents=True)
    for part in LAUNCHER:
        shutil.copy(ROOT / "config" / f"{part}.py", checkout / "config")
    for lock in ("requirements.lock", "requirements-dev.lock", "requirements-servers.lock"):
        shutil.copy(ROOT / lock, checkout)
    shutil.copy(ROOT / ".env.example", checkout)
    shutil.copy(ROOT / "run.py", checkout)
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    (checkout / "manage.py").write_text(MANAGE)
    (checkout / "config" / "asgi.py").write_text(ASGI)
    (checkout / "config" / "celery.py").write_text(CELERY)
    (checkout / "config" / "settings.py").write_text(SETTINGS)
    (checkout / "config" / "__init__.py").write_text(INIT)
    yield checkout
    for door in Door.opened:
        if door.child.poll() is None:
            door.end()
    Door.opened.clear()
    leftovers = processes_of(checkout)
    for pid in leftovers:
        os.kill(pid, signal.SIGKILL)
    remove = [sys.executable, "-c", REMOVE, str(checkout)]
    subprocess.run(remove, check=True)
    assert not leftovers, "the test left processes behind"


# What root's PostgreSQL keeps outside the checkout when nobody else may read it.
REMOVE = """
import sys, types
from pathlib import Path
checkout = Path(sys.argv[1])
package = types.ModuleType("config"); package.__path__ = [str(checkout / "config")]
sys.modules["config"] = package
from config.embedded import Servers
for name in ("demo", "bench"):
    Servers(checkout / "var" / name).remove()
"""


def bare_environment(**more: str) -> dict[str, str]:
    """Return this environment without the product's variables and the servers of this run."""
    named = (ROOT / ".env.example").read_text()
    return {name: value for name, value in os.environ.items() if f"{name}=" not in named} | more


def processes_of(checkout: Path) -> list[int]:
    """Return the pids of all processes with the checkout's path in their command line.

    And of its PostgreSQL, which root runs from a place that everybody can read.
    """
    marks = [os.fsencode(checkout)]
    with contextlib.suppress(OSError, KeyError):
        facts = json.loads((checkout / "var/demo/postgres.json").read_text())
        marks.append(os.fsencode(facts["outside"]))
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if any(mark in entry.read_bytes() for mark in marks):
                found.append(int(entry.parent.name))
    return [pid for pid in found if pid != os.getpid()]


class Door:
    """A running ``run.py`` whose lines can be waited for."""

    opened: ClassVar[list[Door]] = []

    def __init__(self, checkout: Path, *words: str, **env: str) -> None:
        self.output = checkout / f"out-{time.monotonic_ns()}"
        self.child = subprocess.Popen(
            [sys.executable, "run.py", *words],
            cwd=checkout,
            env=bare_environment(**env),
            stdout=self.output.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Tests run under nohup hand on that it is ignored; what is tested is how it is obeyed.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
        self.opened.append(self)

    def text(self) -> str:
        """Return what it has written until now."""
        return self.output.read_text()

    def wait_for(self, line: str, seconds: float = 60) -> None:
        """Wait until ``line`` is among its lines."""
        deadline = time.monotonic() + seconds
        while line not in self.text().splitlines():
            assert self.child.poll() is None, f"ended: {self.text()}"
            assert time.monotonic() < deadline, f"no {line!r} in: {self.text()}"
            time.sleep(0.05)

    def end(self, how: int = signal.SIGTERM, seconds: float = 120) -> int:
        """Send a signal and return the exit code."""
        self.child.send_signal(how)
        return self.child.wait(seconds)


def manage(checkout: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``run.py manage`` to its end."""
    return subprocess.run(
        [sys.executable, "run.py", "manage", *words],
        cwd=checkout,
        env=bare_environment(**env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def environment_of(checkout: Path, **env: str) -> dict[str, str]:
    """Return the environment a Django command sees."""
    return dict(json.loads(manage(checkout, "environment", **env).stdout))


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Say whether ``condition`` comes true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met
