"""The product's real processes, started as the demo starts them, on a database of the bench's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
import redis

from bench import database
from bench.cpu import parent_of
from config.demo import Demo
from config.processes import free_port, port_is_free, tied_to_us
from config.supervisor import Console

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "bench"
LANES = ("realtime", "bulk", "hooks")
READY_WITHIN = 60.0


class NotReady(RuntimeError):
    """A process did not start; the text ends with its log."""


class Stack:
    """Web, workers and beat, or a choice of them, until the block ends.

    names: of web, worker-realtime, worker-bulk, worker-hooks, beat and floor (bench/floor.py in the same server).
    api_port: where the stand-in for the provider's API listens; more: settings beside the demo's.
    """

    def __init__(
        self,
        businesses: int,
        names: tuple[str, ...],
        api_port: int,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.businesses = businesses
        self.names = names
        self.base_url = os.environ["PUBLIC_BASE_URL"]
        self.port = int(os.environ["PORT"])
        self.floor_port = free_port()
        self.logs = HOME / "logs"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.env = os.environ | {
            "DATABASE_URL": database.url_of(businesses),
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{api_port}",
            **(more or {}),
        }
        self.redis = redis.Redis.from_url(os.environ["REDIS_URL"])

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        self.redis.flushdb()
        demo = Demo(Console(self.logs / "unused.log"), self.port)
        demo.env, demo.python = dict(self.env), sys.executable
        commands = {process.name: process for process in demo.processes()}
        try:
            for name in self.names:
                source = commands["web" if name == "floor" else name]
                command = [self._adjusted(name, word) for word in source.command]
                self._start(name, command, source.env, source.nice)
            self._await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _adjusted(self, name: str, word: str) -> str:
        if word.endswith("beat-schedule"):
            return str(HOME / "beat-schedule")
        if name == "floor":
            return {
                "config.asgi:application": "bench.floor:application",
                str(self.port): str(self.floor_port),
            }.get(word, word)
        return word

    def _start(self, name: str, command: list[str], env: dict[str, str], nice: int) -> None:
        tie = tied_to_us(signal.SIGKILL)

        def before_exec() -> None:
            tie()
            if nice:
                os.nice(nice)

        with (self.logs / f"{name}.log").open("wb") as log:
            self.children[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=before_exec,
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            for name, child in self.children.items():
                if child.poll() is not None:
                    raise NotReady(f"{name} ended\n{self._tail(name)}")
            if self._is_ready():
                return
            time.sleep(0.1)
        raise NotReady("\n".join(f"--- {name}\n{self._tail(name)}" for name in self.children))

    def _is_ready(self) -> bool:
        if "web" in self.names and port_is_free(self.port):
            return False
        if "floor" in self.names and port_is_free(self.floor_port):
            return False
        return all(
            self.redis.exists(f"ringback:worker:{lane}")
            for lane in LANES
            if f"worker-{lane}" in self.names
        )

    def _tail(self, name: str) -> str:
        return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        """End the processes: web first, then workers, then beat; what does not end is killed."""
        for child in self.children.values():
            child.terminate()
        for child in self.children.values():
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.children.clear()

    def roots(self) -> dict[str, int]:
        """Return the process id of each part, PostgreSQL and Redis included where they run here."""
        found = {name: child.pid for name, child in self.children.items()}
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            backend = connection.info.backend_pid
            postmaster = parent_of(backend)
        if postmaster > 1:
            found["postgres"] = postmaster
        info: Any = self.redis.info("server")
        if Path(f"/proc/{info['process_id']}").exists():
            found["redis"] = int(info["process_id"])
        return found

    def waiting(self) -> int:
        """Return how many rows of the agenda are due or being worked on."""
        return database.scalar(
            self.businesses,
            "SELECT count(*) FROM tenants_agendaitem WHERE state = 'waiting' "
            "AND due_at < now() + interval '25 seconds'",
        )
