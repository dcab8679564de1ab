#!/usr/bin/env python3
"""The one door to Ringback. Needs Python 3.11 or newer and nothing else.

Without a word it lists what it can do. Everything it needs it makes beside itself: `.venv` from
the lock files, PostgreSQL, Redis and their data under `var/`. The parts it is made of:
config/install.py (packages), config/embedded.py (servers), config/supervisor.py (processes).
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader may well have an older one
    sys.exit("Ringback needs Python 3.11 or newer; this is " + sys.version.split()[0])

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import types
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Any, NoReturn, TextIO
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
# config/__init__.py loads Celery, which is not installed yet: stand in for the package.
_config = types.ModuleType("config")
_config.__path__ = [str(ROOT / "config")]
sys.modules["config"] = _config

from config import install
from config.embedded import ServerError, Servers
from config.processes import free_port, tied_to_us, write_private
from config.supervisor import Console, Process, Supervisor

VAR = ROOT / "var"
DEMO = VAR / "demo"
RUNNING = DEMO / "running.json"  # what `manage` needs to join a running demo
LOCK = VAR / "demo.lock"  # held by whoever runs the demo's servers; holds his pid

DOORS = """\
Ringback: a missed call is texted back.

  python3 run.py demo [--port 8000] [--no-seed] [--reset]
      the whole platform with example businesses; Ctrl-C stops it, the next start finds its data
  python3 run.py test [pytest arguments]
      every test, on throw-away servers
  python3 run.py check
      style, types, import contracts, migrations, deployment settings, templates, OpenAPI
  python3 run.py bench [name ...] [--json]
      how fast it is, beside a floor measured in the same run
  python3 run.py eval
      how well it reads and decides, on labelled examples
  python3 run.py manage <command ...>
      any Django command, against the demo's data, also while the demo runs
"""


class Stopped(SystemExit):
    """Somebody asked us to stop; raised in the main thread wherever it is."""


def stop_on_signals() -> None:
    """Turn Ctrl-C, SIGTERM and SIGHUP into one Stopped; later ones cannot disturb the clean-up."""
    watched = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means it
        watched.append(signal.SIGHUP)

    def stop(number: int, _frame: object) -> NoReturn:
        for each in watched:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(128 + number)

    for each in watched:
        signal.signal(each, stop)


def fail(text: str, code: int = 1) -> NoReturn:
    """Say what is wrong on standard error and end with ``code``."""
    print(text, file=sys.stderr, flush=True)
    raise SystemExit(code)


def say_to(stream: TextIO) -> Callable[[str], None]:
    """Return a function that writes a line to ``stream`` at once."""
    return lambda text: print(text, file=stream, flush=True)


# -- environment variables -------------------------------------------------------------------------


def product_names() -> set[str]:
    """Return the names of the variables the product reads, which .env.example lists."""
    text = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]+)=", text, flags=re.MULTILINE))


def environment(kind: str, port: int, keys: dict[str, str], **more: str) -> dict[str, str]:
    """Return the environment for Django processes of ``kind`` (demo, test, bench, production).

    What the user has set himself wins in the demo; tests and checks do not depend on his shell.
    """
    kept = {"DATABASE_URL", "REDIS_URL"}
    dropped = {"DEBUG"} | (product_names() - kept if kind in {"test", "production"} else set())
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    for name, value in {
        "PUBLIC_BASE_URL": f"http://localhost:{port}",
        "BASE_DOMAIN": "localhost",
        "SIMULATOR_ENABLED": "1",
        **keys,
    }.items():
        env.setdefault(name, value)
    # Reachable from outside (a tunnel, say) as well as locally.
    public = urlsplit(env["PUBLIC_BASE_URL"]).hostname or "localhost"
    hosts = dict.fromkeys(["localhost", "127.0.0.1", ".localhost", public])
    env.setdefault("ALLOWED_HOSTS", ",".join(hosts))
    env |= {"RINGBACK_ENV": kind, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    return env | {"DJANGO_SETTINGS_MODULE": "config.settings"} | more


def fresh_keys() -> dict[str, str]:
    """Return newly made secrets under the names the settings read."""
    return {
        "SECRET_KEY": token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(token_bytes(32)).decode(),
    }


def demo_keys() -> dict[str, str]:
    """Return the demo's secrets, made once and kept for its owner's eyes only."""
    place = DEMO / "env.json"
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(place.read_text()))
    DEMO.mkdir(parents=True, exist_ok=True)
    keys = fresh_keys()
    write_private(place, json.dumps(keys, indent=1))
    return keys


def servers_in(directory: Path, *, durable: bool = True) -> Servers:
    """Return the servers we must bring ourselves: those the user has not named."""
    return Servers(
        directory,
        durable=durable,
        postgres="DATABASE_URL" not in os.environ,
        redis="REDIS_URL" not in os.environ,
    )


# -- one demo per checkout -------------------------------------------------------------------------


class Taken(Exception):
    """Another run.py has the demo's servers; ``args`` are its pid and what it left to be read."""


@contextlib.contextmanager
def demo_lock() -> Iterator[None]:
    """Hold the demo's data for us. Raises Taken."""
    VAR.mkdir(exist_ok=True)
    with LOCK.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(*running()) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        try:
            yield
        finally:
            RUNNING.unlink(missing_ok=True)


def running() -> tuple[str, dict[str, Any]]:
    """Return the lock holder's pid and what it says about itself; empty while it starts."""
    pid = LOCK.read_text()
    with contextlib.suppress(OSError, ValueError):
        about = json.loads(RUNNING.read_text())
        if str(about["pid"]) == pid:
            return pid, about
    return pid, {}


def announce(door: str, env: dict[str, str]) -> None:
    """Leave for other run.py processes how to join: what differs from a bare shell."""
    ours = {
        name: value
        for name, value in env.items()
        if os.environ.get(name) != value or name in product_names()
    }
    write_private(RUNNING, json.dumps({"pid": os.getpid(), "door": door, "env": ours}))


def refuse_second(taken: Taken) -> NoReturn:
    """End because another run.py has the demo's servers, saying which."""
    pid, about = taken.args
    port = about.get("env", {}).get("PORT")
    where = f" at http://localhost:{port}/" if port and about.get("door") == "demo" else ""
    door = about.get("door", "demo")
    fail(f"`run.py {door}` already runs in this checkout{where} (pid {pid}); stop it first", 2)


# -- doors -----------------------------------------------------------------------------------------


def demo(arguments: list[str]) -> int:
    """Run the platform until told to stop."""
    parser = argparse.ArgumentParser(prog="run.py demo")
    parser.add_argument("--port", type=int, default=8000, help="of the web server (8000)")
    parser.add_argument("--no-seed", action="store_true", help="an empty platform")
    parser.add_argument("--reset", action="store_true", help="delete the demo's data first")
    options = parser.parse_args(arguments)
    try:
        with demo_lock():
            if taken_by := who_listens(options.port):
                fail(
                    f"port {options.port} is taken{taken_by}. "
                    f"Choose another: python3 run.py demo --port {options.port + 1}",
                    2,
                )
            return run_demo(options.port, seed=not options.no_seed, reset=options.reset)
    except Taken as taken:
        refuse_second(taken)
    except Stopped:
        return 0


def run_demo(port: int, *, seed: bool, reset: bool) -> int:
    """Start everything step by step, then supervise it. Returns the exit code."""
    say = say_to(sys.stdout)
    began = time.monotonic()

    @contextlib.contextmanager
    def step(what: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        say(f"{what:<48} {time.monotonic() - start:6.1f} s")

    with step("environment"):
        python = str(install.ensure(install.RUNTIME, say))
    servers = servers_in(DEMO)
    if reset:
        with step("old data deleted"):
            servers.remove()
            shutil.rmtree(DEMO, ignore_errors=True)
    env = environment("demo", port, demo_keys())
    try:
        with step("PostgreSQL and Redis"):
            env |= servers.start()
        announce("demo", env)
        with step("database, migrations, template schema"):
            command(python, env, "prepare_database")
        supervisor = Supervisor(Console(DEMO / "demo.log"), ROOT, servers)
        try:
            for process in demo_processes(python, env, port):
                supervisor.add(process)
            sign_ins = []
            if seed:
                with step("example businesses and thirty days of history"):
                    sign_ins = json.loads(command(python, env, "seed_demo", "--json") or "[]")
            with step("web, workers and beat"):
                await_ready(supervisor, port)
            for line in welcome(port, sign_ins):
                say(line)
            say(f"{'everything':<48} {time.monotonic() - began:6.1f} s")
            say("ready")
            supervisor.run(until=lambda: False)
        finally:
            say("stopping")
            supervisor.stop([(6, ["web"]), (10, ["worker-realtime", "worker-bulk"]), (5, ["beat"])])
    finally:
        servers.stop()
    return 0


def demo_processes(python: str, env: dict[str, str], port: int) -> list[Process]:
    """Return the platform's processes, as docs/deploy.md has them, with small numbers."""
    web_workers = env.get("WEB_CONCURRENCY") or "1"
    many = [] if web_workers == "1" else ["--workers", web_workers]
    web = [python, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1"]
    web += ["--port", str(port), "--no-access-log", "--lifespan", "on", *many]
    web += ["--timeout-graceful-shutdown", "3"]  # live pages hold a connection open for ever
    celery = [python, "-m", "celery", "-A", "config"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
    worker = [*celery, "worker", "-P", "threads", "-c", "2", *quiet]
    beat = [*celery, "beat", "-l", "INFO", "--schedule", str(DEMO / "beat-schedule")]
    as_role = lambda role: env | {"RINGBACK_ROLE": role}
    # uvicorn's own workers would survive a SIGKILL of their parent; it passes SIGTERM on.
    web_end = signal.SIGTERM if many else signal.SIGKILL
    return [
        Process("web", web, as_role("web"), death_signal=web_end),
        Process(
            "worker-realtime", [*worker, "-Q", "realtime", "-n", "realtime@%h"], as_role("worker")
        ),
        Process(
            "worker-bulk",
            [*worker, "-Q", "bulk,housekeeping", "-n", "bulk@%h"],
            as_role("worker"),
            nice=5,
        ),
        Process("beat", beat, as_role("beat")),
    ]


def await_ready(supervisor: Supervisor, port: int) -> None:
    """Run the processes until /readyz says 200; every ten seconds say what is missing."""
    next_word = time.monotonic() + 10

    def ready() -> bool:
        nonlocal next_word
        status, body = get(port, "/readyz")
        if status != 200 and time.monotonic() > next_word:
            next_word += 10
            supervisor.console.say(f"not ready yet: {status or 'no answer'} {body[:500]}")
        return status == 200

    supervisor.run(until=ready, every=0.15)


def get(port: int, path: str) -> tuple[int, str]:
    """Return status and body of a GET to the web server; (0, reason) without an answer."""
    try:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=3)) as wire:
            wire.request("GET", path)
            answer = wire.getresponse()
            return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)


def welcome(port: int, sign_ins: list[dict[str, str]]) -> list[str]:
    """Return the lines that tell a newcomer where to go and whom to sign in as."""
    lines = ["", f"  phone simulator   http://localhost:{port}/simulator/"]
    lines += [f"  support's admin   http://localhost:{port}/admin/", ""]
    for entry in sign_ins:
        lines.append(f"  {entry['who']}")
        lines.append(f"      {entry['url']}   {entry['email']}   {entry['password']}")
    return [*lines, ""]


def who_listens(port: int) -> str:
    """Return "" when ``port`` is free, else a word about who has it (a space if unknown)."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.settimeout(1)
            # `localhost` may mean either address, so a listener on ::1 would be met instead of us.
            if probe.connect_ex((host, port)) == 0:
                break
    else:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as error:
                return f" or not allowed ({error})"
        return ""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        found = subprocess.run(
            ["ss", "-Hltnp", f"sport = :{port}"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
        if who := re.search(r'\(\("([^"]+)",pid=(\d+)', found.stdout):
            return f" by {who[1]} (pid {who[2]})"
    return " by another program"


def command(python: str, env: dict[str, str], *words: str) -> str:
    """Run a Django command, its messages passing through; return its standard output.

    Ends run.py with the command's exit code when it fails.
    """
    done = run([python, "manage.py", *words], env, stdout=subprocess.PIPE, text=True)
    if done[0]:
        fail(f"manage.py {' '.join(words)} failed (exit code {done[0]})\n{done[1]}", 1)
    return done[1]


def run(words: list[str], env: dict[str, str], **how: Any) -> tuple[int, str]:
    """Run a child to its end; return exit code (128 + n for signal n) and captured output.

    When we are told to stop, so is the child, and we wait for it.
    """
    how.setdefault("cwd", ROOT)
    tie = tied_to_us(signal.SIGKILL)
    child = subprocess.Popen(words, env=env, preexec_fn=tie, **how)  # noqa: PLW1509 - one thread
    try:
        output = child.communicate()[0] or ""
    except Stopped:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(20)
        child.kill()
        child.wait()
        raise
    return child.returncode if child.returncode >= 0 else 128 - child.returncode, output


def manage(arguments: list[str]) -> int:
    """Run a Django command against the demo's servers, starting them if they are not running."""
    say = say_to(sys.stderr)
    words = ["manage.py", *(arguments or ["help"])]
    patience, told = time.monotonic() + 120, False
    while True:
        try:
            with demo_lock():
                python = str(install.ensure(install.RUNTIME, say))
                env = environment("demo", 8000, demo_keys())
                with servers_in(DEMO) as servers:
                    return run([python, *words], env | servers.urls())[0]
        except Taken as taken:
            pid, about = taken.args
            if about.get("door") in {"demo", "servers"}:
                env = about["env"] | os.environ | {"PYTHONUNBUFFERED": "1"}
                return run([str(install.PYTHON), *words], env)[0]
            if time.monotonic() > patience:
                fail(f"waited two minutes for the run.py with pid {pid}")
            if not told:
                say(f"waiting for the run.py with pid {pid}")
                told = True
            time.sleep(0.2)


def only_servers(_arguments: list[str]) -> int:
    """Run the demo's servers alone until told to stop; print their addresses as JSON lines."""
    try:
        with demo_lock():
            install.ensure(install.DEV, say_to(sys.stderr))
            with servers_in(DEMO) as servers:
                env = environment("demo", 8000, demo_keys(), **servers.urls())
                announce("servers", env)
                for name in ("DATABASE_URL", "REDIS_URL"):
                    print(json.dumps({name: env[name]}), flush=True)
                while True:
                    signal.pause()
    except Taken as taken:
        refuse_second(taken)
    except Stopped:
        return 0


@contextlib.contextmanager
def throw_away(python: str) -> Iterator[dict[str, str]]:
    """Run servers in a temporary directory; yield the environment for tests on them."""
    directory = Path(tempfile.mkdtemp(prefix=f"ringback-{os.getpid()}-"))
    directory.chmod(0o711)  # PostgreSQL may run as another user
    servers = servers_in(directory, durable=False)
    try:
        urls = servers.start()
        yield environment("test", 8000, fresh_keys(), RINGBACK_PYTHON=python, **urls)
    finally:
        servers.remove()


def test(arguments: list[str]) -> int:
    """Run pytest on throw-away servers."""
    say = say_to(sys.stdout)
    python = str(install.ensure(install.DEV, say))
    if not install.ensure_browser(say) and os.environ.get("CI") == "true":
        fail("CI=true and no Chromium: the browser tests must run")
    with throw_away(python) as env:
        return run([python, "-m", "pytest", *arguments], env)[0]


def check(_arguments: list[str]) -> int:
    """Run every check, one line each; show what the failed ones had to say."""
    python = str(install.ensure(install.DEV, say_to(sys.stdout)))
    django = [python, "-W", "ignore::RuntimeWarning", "manage.py"]
    contracts = "import sys; from importlinter.cli import lint_imports_command as c; c()"
    checks: dict[str, list[str]] = {
        "style": [python, "-m", "ruff", "check", "."],
        "format": [python, "-m", "ruff", "format", "--check", "."],
        "types": [python, "-m", "mypy"],
        "import contracts": [python, "-c", contracts],
        "migrations complete": [*django, "makemigrations", "--check", "--dry-run"],
        "deployment settings": [*django, "check", "--deploy", "--fail-level", "WARNING"],
        "templates": [*django, "validate_templates"],
        "OpenAPI": [*django, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
    }
    failed = {}
    with throw_away(python) as env:
        production = env | {
            "RINGBACK_ENV": "production",
            "PUBLIC_BASE_URL": "https://ringback.example",
            "BASE_DOMAIN": "ringback.example",
            "ALLOWED_HOSTS": "ringback.example,.ringback.example",
        }
        production.pop("SIMULATOR_ENABLED")
        for name, words in checks.items():
            start = time.monotonic()
            chosen = production if name == "deployment settings" else env
            joined = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
            code, output = run(words, chosen, **joined)
            seconds = time.monotonic() - start
            print(f"{name:<24} {'FAILED' if code else 'ok':<8}{seconds:6.1f} s", flush=True)
            if code:
                failed[name] = output
    for name, output in failed.items():
        print(f"\n--- {name}\n{output.rstrip()}", flush=True)
    return 1 if failed else 0


def measure(module: str, absent: str, arguments: list[str]) -> int:
    """Run a module of `bench` on its own servers under var/bench; ``absent`` if there is none."""
    if not (ROOT / (module.replace(".", "/") + ".py")).exists():
        print(absent)
        return 0
    python = str(install.ensure(install.DEV, say_to(sys.stderr)))
    waiting = lambda: fail("another bench runs in this checkout", 2)
    with install.file_lock(VAR / "bench.lock", waiting), servers_in(VAR / "bench") as servers:
        env = environment("bench", free_port(), fresh_keys(), **servers.urls())
        return run([python, "-m", module.removesuffix(".__main__"), *arguments], env)[0]


def bench(arguments: list[str]) -> int:
    """Measure speed."""
    return measure("bench.__main__", "There is no bench/ yet: nothing to measure.", arguments)


def evaluate(arguments: list[str]) -> int:
    """Measure judgement."""
    return measure("bench.evaluate", "There is nothing to evaluate yet.", arguments)


def main() -> int:
    """Open the door named on the command line. Returns the exit code."""
    doors = {"demo": demo, "test": test, "check": check, "bench": bench, "eval": evaluate}
    doors |= {"manage": manage, "servers": only_servers}
    name, *arguments = sys.argv[1:] or ["help"]
    if name not in doors:
        wants_help = name in {"help", "-h", "--help"}
        print(DOORS, file=sys.stdout if wants_help else sys.stderr)
        return 0 if wants_help else 2
    stop_on_signals()
    try:
        return doors[name](arguments)
    except (ServerError, install.InstallError) as error:
        fail(str(error))


if __name__ == "__main__":
    sys.exit(main())
