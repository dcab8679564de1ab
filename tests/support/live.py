"""The whole product as real processes on servers of its own, which a test may kill, stop and restart.

PostgreSQL and Redis are not the ones of the other tests: here they die. The processes and their
commands are the demo's (config/demo.py), so what is tested is what is run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import redis

from config.demo import Demo
from config.embedded import Servers
from config.processes import free_port, tied_to_us
from config.supervisor import Console, Process
from tests.support.hooks import Call, Provider

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 60.0
# Short, so that a death costs seconds: the lease of a dead worker's rows, how long the provider is
# waited for, and how long after a lost answer it is asked.
QUICK = {
    "AGENDA_LEASE_SECONDS": "3",
    "PROVIDER_TIMEOUT_SECONDS": "2",
    "SETTLE_AFTER_SECONDS": "1",
}
# However we end, so do they. Start from the main thread.
_TIE = tied_to_us(signal.SIGKILL)
_WORLD = """
import json, django
django.setup()
from django.core.management import call_command
call_command("prepare_database")
from tests.support.world import create_world
world = create_world()
print(json.dumps([
    {"number": b.number, "staff": b.staff, "account_sid": b.account_sid, "token": b.token,
     "schema": b.schema, "host": b.host, "api_key": b.api_key}
    for b in (world.plumber, world.dentist)]))
"""


class Live:
    """Servers, stand-in, web, workers and beat. `twilio` posts the plumber's webhooks."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ringback-live-"))
        self.home.chmod(0o711)  # PostgreSQL may run as another user
        # Durable: what is committed must survive a kill, and here it is killed.
        self.servers = Servers(self.home / "servers")
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, Process] = {}
        self.http = httpx.Client(timeout=30)
        self.before = 0

    def start(self) -> None:
        """Bring everything up, two businesses included."""
        self.port = free_port()
        env = {**os.environ, **QUICK, **self.servers.start()}
        env |= {"PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        made = subprocess.run(
            [sys.executable, "-c", _WORLD], env=env, cwd=ROOT, capture_output=True, check=False
        )
        assert made.returncode == 0, made.stderr.decode()[-3000:]
        plumber, dentist = json.loads(made.stdout.splitlines()[-1])
        self.plumber, self.dentist = SimpleNamespace(**plumber), SimpleNamespace(**dentist)
        self.stand_in = self._stand_in(env)
        demo = Demo(Console(self.home / "console.log"), self.port)
        demo.env = {**env, "TWILIO_API_BASE_URL": self.stand_in}
        demo.python = sys.executable
        for process in demo.processes():
            # The demo's own beat keeps its schedule elsewhere; two must not share the file.
            process.command = [
                str(self.home / "beat-schedule") if word.endswith("beat-schedule") else word
                for word in process.command
            ]
            self.commands[process.name] = process
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.twilio = Provider(self.plumber, self.base_url)  # type: ignore[arg-type]
        self.redis = redis.Redis.from_url(self.servers.urls()["REDIS_URL"], socket_timeout=2)
        for name in self.commands:
            self.bring_up(name)
        self.await_ready()

    def _stand_in(self, env: dict[str, str]) -> str:
        with (self.home / "stand-in.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "bench.standin", "0"],
                env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, preexec_fn=_TIE,
            )  # fmt: skip
        self.children["stand-in"] = child
        assert child.stdout is not None
        return f"http://127.0.0.1:{int(child.stdout.readline())}"

    def bring_up(self, name: str) -> None:
        """Start one of web, worker-realtime, worker-bulk, beat; it need not be ready at once."""
        process = self.commands[name]
        with (self.home / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                process.command, env=process.env, cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=_TIE,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """End one as the kernel would when memory is short: no goodbye, children included."""
        child = self.children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def restart(self, name: str) -> None:
        """Kill one and start it again."""
        self.kill(name)
        self.bring_up(name)

    def await_ready(self) -> None:
        """Wait until a missed call posted now would be texted."""
        self.until(lambda: self._get("/readyz") == 200, READY_WITHIN)

    def await_web(self) -> None:
        """Wait until the web process answers, whatever it says."""
        self.until(lambda: self._get("/healthz") == 200, READY_WITHIN)

    def _get(self, path: str) -> int:
        try:
            return self.http.get(self.base_url + path, headers={"Host": "localhost"}).status_code
        except httpx.HTTPError:
            return 0

    def until(self, happened: Callable[[], object], within: float = 60.0) -> None:
        """Wait for something; fails with the logs' ends when it never comes."""
        end = time.monotonic() + within
        while not happened():
            if time.monotonic() > end:
                raise AssertionError(f"did not happen within {within} s\n{self.tails()}")
            time.sleep(0.05)

    def tails(self) -> str:
        """Return the end of every log."""
        parts = []
        for log in sorted(self.home.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-12:]
            parts.append("\n".join([f"--- {log.name}", *(line[:300] for line in lines)]))
        return "\n".join(parts)

    # --- what was done -------------------------------------------------------------------------

    def control(self, **wanted: Any) -> None:
        """Tell the provider how to behave from now on."""
        self.http.post(f"{self.stand_in}/control", json=wanted)

    def requests(self) -> list[dict[str, Any]]:
        """Return everything the provider was asked to send in this test, refused attempts included."""
        return list(self.http.get(f"{self.stand_in}/requests").json())[self.before :]

    def begin(self) -> None:
        """Begin a test: the provider behaves, and only what comes from now on counts."""
        # Not its /reset: it would give the same ids to other texts.
        self.before = 0
        self.before = len(self.requests())
        self.control(mode="ok", latency=0.02)

    def texts(self) -> Counter[str]:
        """Count the texts the provider took, by the number they went to."""
        return Counter(r["form"]["To"] for r in self.requests() if r["sid"])

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database, on a connection of its own."""
        with psycopg.connect(self.servers.urls()["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def missed(self, count: int) -> list[Call]:
        """Post so many missed calls, each acknowledged; returns them."""
        calls = [self.twilio.call() for _ in range(count)]
        for call in calls:
            answer = call.dial_ends("no-answer")
            assert answer.status_code == 200, answer.text
        return calls

    def settled(self) -> bool:
        """Whether nothing waits on the agenda and no text is on its way."""
        (row,) = self.sql(
            "SELECT (SELECT count(*) FROM tenants_agendaitem WHERE lane <> 'housekeeping' "
            # What people owe a caller is no work of the machine's (tests/support/agenda.py).
            "AND kind NOT IN ('inbox.promise', 'inbox.wait')), "
            "(SELECT count(*) FROM "
            f"{self.plumber.schema}.messaging_message WHERE status IN ('queued', 'sending'))"
        )
        return row == (0, 0)

    def each_texted_once(self, calls: list[Call], within: float = 90.0) -> None:
        """Wait until every call is texted and everything settled; then: once, and nobody else's."""
        wanted = {call.caller for call in calls}
        self.until(lambda: wanted <= set(self.texts()) and self.settled(), within)
        texts = self.texts()
        assert {number: texts[number] for number in wanted} == dict.fromkeys(wanted, 1)
        assert all(r["form"]["From"] == self.plumber.number for r in self.requests())
        for table in ("calls_call", "messaging_message", "messaging_contact"):
            assert self.sql(f"SELECT count(*) FROM {self.dentist.schema}.{table}") == [(0,)]

    def stop(self) -> None:
        """End everything and leave nothing behind."""
        for child in self.children.values():
            if child.poll() is None:
                child.kill() if child.stdout else os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.http.close()
        self.servers.remove()
        shutil.rmtree(self.home, ignore_errors=True)
