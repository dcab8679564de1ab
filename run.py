#!/usr/bin/env python3
"""The one door to Ringback. Needs Python 3.11 or newer and nothing else.

Without a word it lists what it can do. What it needs it makes beside itself: `.venv` from the
lock files, PostgreSQL, Redis and their data under `var/`. In config/: install.py (packages),
embedded.py (servers), supervisor.py (processes), demo.py, checkout.py (locks, secrets).
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader may well have an older one
    sys.exit("Ringback needs Python 3.11 or newer; this is " + sys.version.split()[0])

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent
# config/__init__.py loads Celery, which is not installed yet: stand in for the package.
_config = types.ModuleType("config")
_config.__path__ = [str(ROOT / "config")]
sys.modules["config"] = _config

from config import install, second_look
from config.checkout import (
    DEMO,
    PREPARED,
    VAR,
    Taken,
    announce,
    demo_lock,
    environment,
    fresh_keys,
    kept_keys,
    refuse_second,
    servers_in,
)
from config.demo import demo
from config.embedded import ServerError, Servers
from config.processes import Stopped, fail, free_port, is_alive, run, stop_on_signals

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


def say_to(stream: TextIO) -> Callable[[str], None]:
    """Return a function that writes a line to ``stream`` at once."""
    return lambda text: print(text, file=stream, flush=True)


def manage(arguments: list[str]) -> int:
    """Run a Django command against the demo's servers, starting them if they are not running."""
    say = say_to(sys.stderr)
    words = ["manage.py", *(arguments or ["help"])]
    if re.search("migrat|flush|shell|seed|prepare|delete", words[1]):
        PREPARED.unlink(missing_ok=True)  # the next demo looks at its data more closely
    patience, told = time.monotonic() + 120, False
    while True:
        try:
            with demo_lock():
                python = str(install.ensure(install.RUNTIME, say))
                env = environment("demo", 8000, kept_keys(DEMO))
                with servers_in(DEMO) as servers:
                    return run([python, *words], env | servers.urls(), typed=True, cwd=ROOT)[0]
        except Taken as taken:
            pid, about = taken.args
            if about.get("door") in {"demo", "servers"}:
                env = about["env"] | os.environ | {"PYTHONUNBUFFERED": "1"}
                return run([str(install.PYTHON), *words], env, typed=True, cwd=ROOT)[0]
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
                env = environment("demo", 8000, kept_keys(DEMO), **servers.urls())
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
    for left in Path(tempfile.gettempdir()).glob("ringback-[0-9]*-*"):  # by a killed run.py
        if left.stat().st_uid == os.geteuid() and not is_alive(int(left.name.split("-")[1])):
            Servers(left).remove()
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
        if arguments:  # what is asked for by name runs in one process, in order
            return run([python, "-m", "pytest", *arguments], env, cwd=ROOT)[0]
        told = VAR / f"failed-{os.getpid()}.txt"
        VAR.mkdir(exist_ok=True)
        try:
            whole = ["-n", "2", "--dist", "loadgroup", "-q"]
            code, _ = run(
                [python, "-m", "pytest", *whole], env | {"FAILED_TESTS": str(told)}, cwd=ROOT
            )
            failed = second_look.worth(told.read_text().split("\n")[:-1] if told.exists() else [])
        finally:
            told.unlink(missing_ok=True)
        if code != 1 or not failed:
            return code
        say("\nFailed beside the others; once more, alone:\n  " + "\n  ".join(failed))
        code, _ = run([python, "-m", "pytest", "-q", *failed], env, cwd=ROOT)
        if code == 0:
            say("Alone they passed. They are worth a look: what did they wait for?")
        return code


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
            code, output = run(
                words, chosen, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
            )
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
        env = environment("bench", free_port(), kept_keys(VAR / "bench"), **servers.urls())
        return run([python, "-m", module.removesuffix(".__main__"), *arguments], env, cwd=ROOT)[0]


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
