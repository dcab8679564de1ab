"""The whole platform with its simulator in real processes on own servers, for browser journeys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.embedded import Servers
from config.processes import free_port, tied_to_us

ROOT = Path(__file__).resolve().parents[2]


def eventually(what: Callable[[], Any], seconds: float = 30.0, pause: float = 0.1) -> Any:
    """Return the first true value of `what`, asked again and again; its last value after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > until:
            return value
        time.sleep(pause)


class Platform:
    """A running platform; more: what its environment says besides. Start from the main thread; `stop` leaves nothing behind."""

    def __init__(self, **more: str) -> None:
        self.more = more
        self.directory = Path(tempfile.mkdtemp(prefix="ringback-live-"))
        self.servers = Servers(self.directory / "servers", durable=False)
        self.port = free_port()
        self.base_url = f"http://localhost:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env: dict[str, str] = {}
        self.sign_ins: list[dict[str, str]] = []

    def start_all(self) -> None:
        """Boot the servers, prepare, seed and onboard, then start every process and wait until ready."""
        urls = self.servers.start()
        self.env = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")},
            **urls,
            "RINGBACK_ENV": "test",
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "FIELD_ENCRYPTION_KEYS": os.environ["FIELD_ENCRYPTION_KEYS"],
            "PUBLIC_BASE_URL": self.base_url,
            "BASE_DOMAIN": "localhost",
            "ALLOWED_HOSTS": "localhost,127.0.0.1,.localhost",
            "SIMULATOR_ENABLED": "1",
            "NOTICES_MAY_BE_PRIVATE": "1",  # a browser's push service may stand on this machine
            **self.more,
        }
        self.manage("prepare_database")
        self.sign_ins = json.loads(self.manage("seed_demo", "--json"))
        for name in ("web", "worker-realtime", "worker-bulk", "beat"):
            self.start(name)
        assert eventually(self.is_ready, 60), self.logs()

    def manage(self, *words: str) -> str:
        """Run a Django command against the platform; returns its stdout."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """Start one process of the platform by name."""
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
        worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        command, role = {
            "web": (
                [sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1",
                 "--port", str(self.port), "--no-access-log", "--timeout-graceful-shutdown", "2"],
                "web",
            ),
            "worker-realtime": ([*worker, "-Q", "realtime", "-n", "realtime@%h"], "worker"),
            "worker-bulk": ([*worker, "-Q", "bulk,housekeeping", "-n", "bulk@%h"], "worker"),
            "beat": ([*celery, "beat", "--schedule", str(self.directory / "beat")], "beat"),
        }[name]  # fmt: skip
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env={**self.env, "RINGBACK_ROLE": role}, stdout=log, stderr=log,
                preexec_fn=tied_to_us(signal.SIGKILL), start_new_session=True,
            )  # fmt: skip

    def is_ready(self) -> bool:
        """Whether /readyz says that a missed call posted now would be texted."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/readyz", timeout=3
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def logs(self) -> str:
        """Return the end of every process's log."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in sorted(self.directory.glob("*.log"))
        )

    def stop(self) -> None:
        """End everything and remove the data."""
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait(timeout=30)
        self.servers.remove()
