"""The demo: every process of the platform on this machine, step by step, then under supervision.

Only the standard library: ``run.py`` imports this before any package is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

from config import install
from config.checkout import (
    DEMO,
    PREPARED,
    ROOT,
    VAR,
    Taken,
    announce,
    code_mark,
    demo_lock,
    environment,
    kept_keys,
    refuse_second,
    servers_in,
)
from config.processes import Stopped, fail, write_private
from config.supervisor import Console, Process, Supervisor

# True of a server that people rely on, and nothing to act on in a demo: PYTHONWARNINGS knows them by
# how they begin.
EXPECTED = ("You're running the worker with superuser privileges", "No directory at")
SLOW = 10.0  # seconds after which we say what is not ready, and again each time they have passed


def demo(arguments: list[str]) -> int:
    """Run the platform until told to stop. Returns the exit code; 2 when the port is taken."""
    parser = argparse.ArgumentParser(prog="run.py demo")
    parser.add_argument("--port", type=int, default=8000, help="of the web server (8000)")
    parser.add_argument("--no-seed", action="store_true", help="an empty platform")
    parser.add_argument("--reset", action="store_true", help="delete the demo's data first")
    options = parser.parse_args(arguments)
    try:
        with demo_lock():
            if trouble := port_trouble(options.port):
                fail(
                    f"port {options.port} {trouble}. "
                    f"Choose another one: python3 run.py demo --port {_another(options.port)}",
                    2,
                )
            console = Console(VAR / "demo.log")
            return Demo(console, options.port).run(seed=not options.no_seed, reset=options.reset)
    except Taken as taken:
        refuse_second(taken)
    except Stopped:
        return 0


class Demo:
    """One run of the demo on ``port``, talking to ``console``."""

    def __init__(self, console: Console, port: int) -> None:
        self.console = console
        self.port = port
        self.servers = servers_in(DEMO)
        self.supervisor = Supervisor(console, ROOT, self.servers)
        self.python = ""
        self.env: dict[str, str] = {}

    def run(self, *, seed: bool, reset: bool) -> int:
        """Start everything, supervise it, and stop it in order whatever happens."""
        began = time.monotonic()
        if reset:
            with self.step("old data deleted"):
                self.servers.remove()
                shutil.rmtree(DEMO, ignore_errors=True)
        with self.step("environment"):
            self.python = str(install.ensure(install.RUNTIME, self.console.say))
        self.env = environment("demo", self.port, kept_keys(DEMO))
        try:
            with self.step("PostgreSQL and Redis"):
                self.env |= self.servers.start()
            announce("demo", self.env)
            sign_ins = self.start_platform(seed=seed)
            for line in welcome(self.port, sign_ins):
                self.console.say(line)
            self.console.say(f"{'everything':<40} {time.monotonic() - began:6.1f} s")
            self.console.say("ready")
            self.supervisor.run(until=lambda: False)
        finally:
            self.console.say("stopping")
            try:
                workers = ["worker-realtime", "worker-bulk", "worker-hooks"]
                commands = ["prepare_database", "seed_demo"]
                self.supervisor.stop([(2, commands), (6, ["web"]), (10, workers), (5, ["beat"])])
            finally:
                self.servers.stop()
            self.console.say("stopped")
        return 0

    def start_platform(self, *, seed: bool) -> list[dict[str, str]]:
        """Prepare the data, start all processes, wait until ready; return the sign-ins.

        Data made by this very code in our own cluster is not prepared again: on two cores that
        takes as long as all the rest.
        """
        mark = ""
        if self.servers.postgres:
            mark = self.servers.postgres.born() + code_mark(self.env)
        with contextlib.suppress(OSError, ValueError):
            done = json.loads(PREPARED.read_text())
            if mark and done["mark"] == mark and (done["seeded"] or not seed):
                self.supervisor.add(*self.processes())
                with self.step("data unchanged; web, workers and beat"):
                    self.await_ready(prepared=False)
                return list(done["sign_ins"]) if seed else []
        PREPARED.unlink(missing_ok=True)
        with self.step("database, migrations, template schema"):
            self.command("prepare_database")
        self.supervisor.add(*self.processes())
        sign_ins = []
        if seed:
            with self.step("example businesses with their history"):
                sign_ins = json.loads(self.command("seed_demo", "--json") or "[]")
        with self.step("web, workers and beat"):
            self.await_ready()
        done = {"mark": mark, "seeded": seed, "sign_ins": sign_ins}
        write_private(PREPARED, json.dumps(done, indent=1))
        return sign_ins

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Say what has been done and how many seconds it took."""
        start = time.monotonic()
        yield
        self.console.say(f"{what:<40} {time.monotonic() - start:6.1f} s")

    def command(self, *words: str) -> str:
        """Run a Django command beside the others; return its standard output.

        Its messages pass through as log lines. When it fails, so do we, with exit code 1.
        """
        with tempfile.TemporaryFile("w+") as answer:
            process = Process(words[0], [self.python, "manage.py", *words], self.env, once=True)
            self.supervisor.add(process, stdout=answer.fileno())
            self.supervisor.run(until=lambda: process.ended, every=0.02)
            answer.seek(0)
            output = answer.read()
        self.supervisor.processes.remove(process)
        if process.child and process.child.returncode:
            fail(f"manage.py {' '.join(words)} failed\n{output}")
        return output

    def processes(self) -> list[Process]:
        """Return the platform's processes: as docs/deploy.md has them, but small."""
        web_workers = self.env.get("WEB_CONCURRENCY") or "1"
        many = [] if web_workers == "1" else ["--workers", web_workers]
        web = [self.python, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1"]
        web += ["--port", str(self.port), "--no-access-log", "--lifespan", "on", *many]
        web += ["--ws-max-size", "4096"]  # a page says little over its socket
        web += ["--timeout-graceful-shutdown", "3"]  # live pages keep a connection open for ever
        celery = [self.python, "-m", "celery", "--quiet", "-A", "config"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
        # A thread ends with its process. A forked pool would not: until its children have asked the
        # kernel to end them with their parent, a kill leaves them waiting for each other's pipes.
        worker = [*celery, "worker", "--pool", "threads", *quiet]
        realtime = [*worker, "-Q", "realtime", "-n", "realtime@%h"]
        bulk = [*worker, "-Q", "bulk,housekeeping", "-n", "bulk@%h"]
        hooks = [*worker, "-Q", "hooks", "-n", "hooks@%h"]
        beat = [*celery, "beat", "-l", "INFO", "--schedule", str(DEMO / "beat-schedule")]
        # uvicorn's own workers would survive a SIGKILL of their parent; SIGTERM it passes on.
        web_end = signal.SIGTERM if many else signal.SIGKILL
        env = {role: self.env | {"RINGBACK_ROLE": role} for role in ("web", "worker", "beat")}
        for each in env.values():
            # The last one counts where two fit: what somebody has set himself.
            own = [each["PYTHONWARNINGS"]] if each.get("PYTHONWARNINGS") else []
            each["PYTHONWARNINGS"] = ",".join([f"ignore:{words}" for words in EXPECTED] + own)
        return [
            Process("web", web, env["web"], death_signal=web_end),
            Process("worker-realtime", realtime, env["worker"]),
            Process("worker-bulk", bulk, env["worker"], nice=5),
            Process("worker-hooks", hooks, env["worker"], nice=5),
            Process("beat", beat, env["beat"]),
        ]

    def await_ready(self, *, prepared: bool = True) -> None:
        """Run the processes until /readyz says 200; now and then say what is missing.

        ``prepared=False``: should it take long, the data may need preparing after all.
        """
        next_word, next_try = time.monotonic() + SLOW, 0.0

        def ready() -> bool:
            nonlocal next_word, next_try
            if time.monotonic() < next_try:
                return False
            next_try = time.monotonic() + 0.2
            status, body = get(self.port, "/readyz")
            if status != 200 and time.monotonic() > next_word:
                next_word += SLOW
                self.console.say(f"not ready yet: {status or 'no answer'} {body[:500]}")
            return status == 200

        hurry = time.monotonic() + 3 * SLOW
        self.supervisor.run(until=lambda: ready() or (not prepared and time.monotonic() > hurry))
        if not prepared and get(self.port, "/readyz")[0] != 200:
            PREPARED.unlink(missing_ok=True)
            self.command("prepare_database")
            self.await_ready()


def get(port: int, path: str) -> tuple[int, str]:
    """Return status and body of a GET to the web server; (0, reason) without an answer."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        wire.request("GET", path)
        answer = wire.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        wire.close()


def welcome(port: int, sign_ins: list[dict[str, str]]) -> list[str]:
    """Return the lines that tell a newcomer where to go and whom to sign in as."""
    lines = ["", f"  phone simulator   http://localhost:{port}/simulator/"]
    lines += [f"  support's admin   http://localhost:{port}/admin/", ""]
    for entry in sign_ins:
        lines.append(f"  {entry['who']}")
        lines.append(f"      {entry['url']}   {entry['email']}   {entry['password']}")
    return [*lines, ""]


def port_trouble(port: int) -> str:
    """Return why the web server cannot listen on ``port`` of localhost; empty when it can."""
    if not 0 < port < 65536:
        return "does not exist (1 to 65535 do)"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return "is reserved for the system"
        except OSError:
            return f"is taken by {_listener(port)}"
    # A browser that goes to `localhost` tries ::1 first: it would meet that listener, not us.
    with contextlib.suppress(OSError), socket.create_connection(("::1", port), timeout=1):
        return f"is taken by {_listener(port)}"
    return ""


def _listener(port: int) -> str:
    """Return who listens on ``port``, as far as `ss` knows and we may see."""
    show = ["ss", "-Hltnp", f"sport = :{port}"]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        found = subprocess.run(show, capture_output=True, text=True, timeout=5, check=False)
        if who := re.search(r'\(\("([^"]+)",pid=(\d+)', found.stdout):
            return f"{who[1]} (pid {who[2]})"
    return "another program"


def _another(port: int) -> int:
    """Return a nearby port that is free now."""
    candidates = range(max(port, 1023) + 1, 65536) if port < 65000 else range(8001, 9000)
    return next((other for other in candidates if not port_trouble(other)), 8001)
