"""The whole platform in real processes: web, workers, beat, the provider's stand-in, own servers.

For journeys in the browser and for faults: any process can be killed, either server stopped.
"""

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
from types import SimpleNamespace
from typing import Any

import psycopg

from config.embedded import Servers
from config.processes import free_port, tied_to_us
from tests.support.hooks import Provider

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {"plumber": "token-of-the-plumber", "dentist": "token-of-the-dentist"}
# Shorter than in production, so that a fault is over in seconds.
PACE = {"SETTLE_AFTER_SECONDS": "2", "PROVIDER_TIMEOUT_SECONDS": "2", "AGENDA_LEASE_SECONDS": "3"}


def eventually(what: Callable[[], Any], seconds: float = 30.0, pause: float = 0.1) -> Any:
    """Return the first true value of `what`, asked again and again; its last value after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > until:
            return value
        time.sleep(pause)


class Live:
    """A running platform. Start from the main thread; `stop` leaves nothing behind."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="ringback-live-"))
        self.servers = Servers(self.directory / "servers", durable=False)
        self.port, self.stand_in_port = free_port(), free_port()
        self.base_url = f"http://localhost:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env: dict[str, str] = {}
        self.businesses: dict[str, SimpleNamespace] = {}
        self.sign_ins: list[dict[str, str]] = []

    def start_all(self) -> None:
        """Boot the servers, prepare, seed and onboard, then start every process and wait until ready."""
        urls = self.servers.start()
        self.env = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")},
            **urls,
            **PACE,
            "RINGBACK_ENV": "test",
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "FIELD_ENCRYPTION_KEYS": os.environ["FIELD_ENCRYPTION_KEYS"],
            "PUBLIC_BASE_URL": self.base_url,
            "BASE_DOMAIN": "localhost",
            "ALLOWED_HOSTS": "localhost,127.0.0.1,.localhost",
            "SIMULATOR_ENABLED": "1",
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{self.stand_in_port}",
        }
        self.manage("prepare_database")
        self.sign_ins = json.loads(self.manage("seed_demo", "--json"))
        self.businesses = {
            "plumber": self._onboard("plumber", "Riverside Plumbing", "+17735550100", "+17735550190"),
            "dentist": self._onboard("dentist", "Mesa Dental", "+14805550100", ""),
        }
        for name in ("stand-in", "web", "worker-realtime", "worker-bulk", "beat"):
            self.start(name)
        assert eventually(self.is_ready, 60), self.logs()
        # What tells tests apart afterwards is what the stand-in was asked from here on.
        self.control()

    def manage(self, *words: str) -> str:
        """Run a Django command against the platform; returns its stdout."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _onboard(self, key: str, name: str, number: str, staff: str) -> SimpleNamespace:
        sid = "AC" + ("1" if key == "plumber" else "2") * 32
        more = ["--forward-to", staff] if staff else []
        made = json.loads(
            self.manage(
                "onboard_business", "--agency", f"Agency of the {key}", "--name", name,
                "--timezone", "America/Chicago", "--number", number, "--provider", "twilio",
                "--account-sid", sid, "--auth-token", TOKENS[key],
                "--owner-email", f"owner@{key}.example", *more,
            )
        )  # fmt: skip
        return SimpleNamespace(
            schema=made["schema"], number=number, staff=staff, account_sid=sid, token=TOKENS[key],
            api_key=made["api_key"], host=made["host"], password=made["password"],
            owner_email=made["owner_email"],
        )  # fmt: skip

    def start(self, name: str) -> None:
        """Start one process of the platform by name."""
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
        worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        command, role = {
            "stand-in": ([sys.executable, "-m", "bench.standin", str(self.stand_in_port)], "command"),
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

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """End one process at once (or with another signal) and wait until it is gone."""
        process = self.processes.pop(name)
        process.send_signal(how)
        process.wait(timeout=30)

    def is_ready(self) -> bool:
        """Whether /readyz says that a missed call posted now would be texted."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=3) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def provider(self, key: str) -> Provider:
        """Return what posts one business's webhooks."""
        return Provider(
            self.businesses[key],  # type: ignore[arg-type]
            f"http://127.0.0.1:{self.port}",
            public_url=self.base_url,
        )

    def control(self, **how: Any) -> None:
        """Say how the stand-in answers the next texts (bench/standin.py); nothing said: normally."""
        self._stand_in("/control", {"mode": "ok", "latency": 0.02, **how})

    def requests(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return the texts the stand-in was asked to send, to one number or to all."""
        found = self._stand_in("/requests")
        return [r for r in found if to is None or r["form"].get("To") == to]

    def taken(self, to: str) -> list[dict[str, Any]]:
        """Return the texts to a number that the stand-in took: what a person would have received."""
        return [request for request in self.requests(to) if request["sid"]]

    def _stand_in(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.stand_in_port}{path}", data=data)

        def ask() -> Any:
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return (json.load(answer),)
            except OSError:
                return None

        answered = eventually(ask, 20)
        assert answered, "the stand-in does not answer"
        return answered[0]

    def rows(self, sql: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """Ask the platform's database directly, in a business's schema."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as wire:
            wire.execute(f"SET search_path = {schema}, public")
            return wire.execute(sql).fetchall()  # type: ignore[call-overload,no-any-return]

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
