"""What belongs to this checkout: its `var/`, its secrets, its environment, its one demo.

Only the standard library: ``run.py`` imports this before any package is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Any, NoReturn
from urllib.parse import urlsplit

from config.embedded import Servers
from config.processes import fail, write_private

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
DEMO = VAR / "demo"
RUNNING = DEMO / "running.json"  # what `manage` needs to join a running demo
PREPARED = DEMO / "prepared.json"  # with what code and settings the demo's data was made
LOCK = VAR / "demo.lock"  # held by whoever runs the demo's servers; its text is his pid


def product_names() -> set[str]:
    """Return the names of the variables the product reads, which .env.example lists."""
    text = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]+)=", text, flags=re.MULTILINE))


def environment(kind: str, port: int, keys: dict[str, str], **more: str) -> dict[str, str]:
    """Return the environment for Django processes of ``kind`` (demo, test, bench, production).

    What the user has set himself wins in the demo; tests and checks do not depend on his shell.
    """
    ours = product_names()
    # Empty means not set, as a half-filled .env has it.
    dropped = {"DEBUG"} | {name for name in ours if not os.environ.get(name)}
    if kind in {"test", "production"}:
        dropped |= ours - {"DATABASE_URL", "REDIS_URL"}
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
    if kind in {"bench", "test"}:
        # Rehearsals call by the thousand from numbers that count up, and mean nothing by it.
        env |= {"CROWD_HERE": "1000000000", "CROWD_ANYWHERE": "1000000000"}
    if kind == "bench":
        env |= {
            "RULE_TEXTS_A_DAY": "1000000",
            "CENTS_A_MONTH": "100000000",
            "PLATFORM_BRAKE_FLOOR": "1000000000",
            "PLATFORM_CENTS_AN_HOUR": "1000000000",
            "PLATFORM_CENTS_A_DAY": "1000000000",
        }
    env |= {"RINGBACK_ENV": kind, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    return env | {"DJANGO_SETTINGS_MODULE": "config.settings"} | more


def fresh_keys() -> dict[str, str]:
    """Return newly made secrets under the names the settings read."""
    return {
        "SECRET_KEY": token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(token_bytes(32)).decode(),
    }


def kept_keys(directory: Path) -> dict[str, str]:
    """Return the secrets of the data in ``directory``, made once, for its owner's eyes only."""
    place = directory / "env.json"
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(place.read_text()))
    directory.mkdir(parents=True, exist_ok=True)
    keys = fresh_keys()
    write_private(place, json.dumps(keys, indent=1))
    return keys


def code_mark(env: dict[str, str]) -> str:
    """Return a word that changes with any of our Python files, the lock or the settings."""
    files = [ROOT / "requirements.lock", *ROOT.glob("*.py")]
    for rooms in ROOT.glob("[!.]*"):
        if rooms.name not in {"var", "tests", "bench"}:
            files += rooms.rglob("*.py")
    known = [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in sorted(files)]
    # Where our own servers listen is no matter: a port may still be taken when they start again.
    names = product_names() - {"DATABASE_URL", "REDIS_URL"}
    settings = [(name, env.get(name)) for name in sorted(names)]
    return hashlib.sha256(repr((known, settings)).encode()).hexdigest()


def servers_in(directory: Path, *, durable: bool = True) -> Servers:
    """Return the servers we must bring ourselves: those the user has not named."""
    return Servers(
        directory,
        durable=durable,
        postgres=not os.environ.get("DATABASE_URL"),
        redis=not os.environ.get("REDIS_URL"),
    )


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
