"""Child processes that end with us, free ports and private files: ground for the servers.

Only the standard library: ``run.py`` imports this before any package is installed.

A launcher killed with SIGKILL cannot clean up, so the kernel tells its children
(PR_SET_PDEATHSIG). That signal fires when the *thread* that forked ends: start children from the
main thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

STARTUP_SECONDS = 60.0  # PostgreSQL may have to replay its log after a crash on a busy machine
STOP_SECONDS = 20.0

_prctl: Callable[..., int] | None = None
if sys.platform == "linux":
    # Looked up before any fork: between fork and exec only the bare call is safe.
    _prctl = ctypes.CDLL(None, use_errno=True).prctl


class ServerError(RuntimeError):
    """A server cannot be found, started or reached; the message says what to do about it."""


def tied_to_us(death_signal: int) -> Callable[[], None]:
    """Return a ``preexec_fn`` after which the child gets ``death_signal`` when our thread ends."""
    parent = os.getpid()

    def tie() -> None:
        if _prctl is not None:
            _prctl(1, death_signal, 0, 0, 0)  # 1 = PR_SET_PDEATHSIG
        if os.getppid() != parent:  # we died before the call took effect
            os._exit(1)

    return tie


def free_port() -> int:
    """Return a TCP port free on 127.0.0.1 now, below the range of outgoing connections.

    An ephemeral port could be taken by some client while its server is stopped for a test.
    Raises ServerError when nothing is free.
    """
    for _ in range(200):
        port = random.randint(20000, 31999)
        if port_is_free(port):
            return port
    raise ServerError("no free TCP port between 20000 and 31999 on 127.0.0.1")


def port_is_free(port: int) -> bool:
    """Say whether a server could listen on 127.0.0.1 at ``port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_alive(pid: int) -> bool:
    """Say whether a process has this pid."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` whole or not at all, readable by the owner only (0600)."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    fresh.replace(path)


def read_lines(path: Path) -> list[str]:
    """Return the lines of ``path``; none when it cannot be read."""
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []


class Server:
    """One server process on 127.0.0.1 with its data, port, password and log in ``directory``.

    ``durable=False`` trades safety for speed: tests only. Port and password are remembered in
    ``<directory>/<name>.json``, so that a second start has the same.
    """

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path, *, durable: bool) -> None:
        self.directory = directory
        self.durable = durable
        self.child: subprocess.Popen[bytes] | None = None
        self.facts: dict[str, Any] = {}
        self.is_new = False  # nothing was remembered: data found now is of an earlier life

    @property
    def port(self) -> int:
        """The TCP port; known once ``remember`` has been called."""
        return int(self.facts["port"])

    @property
    def password(self) -> str:
        """The password; known once ``remember`` has been called."""
        return str(self.facts["password"])

    def remember(self) -> None:
        """Load port and password, or make them; another port when the known one is taken."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError, ValueError):
            self.facts = json.loads(self._facts_file.read_text())
        self.is_new = "password" not in self.facts
        self.facts.setdefault("password", secrets.token_hex(16))
        port = self.facts.get("port")
        if port and not port_is_free(port):
            self.end_leftover()
        if not port or not port_is_free(port):
            self.facts["port"] = free_port()
        self.save()

    def save(self) -> None:
        """Write what is remembered, for the owner's eyes only."""
        write_private(self._facts_file, json.dumps(self.facts, indent=1))

    @property
    def _facts_file(self) -> Path:
        return self.directory / f"{self.name}.json"

    def end_leftover(self) -> None:
        """End a server of ours whose launcher was killed and that has not ended yet, if any."""

    def died(self) -> bool:
        """Say whether the server ended without being asked to."""
        return self.child is not None and self.child.poll() is not None

    def stop(self) -> None:
        """Stop in good order and wait for the end; harmless when not running."""
        self.end(self.stop_signal)

    def kill(self) -> None:
        """Kill as a power cut would, and wait for the end."""
        self.end(signal.SIGKILL)

    def end(self, how: int) -> None:
        """Send signal ``how``, wait, kill after STOP_SECONDS."""
        child, self.child = self.child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(how)
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def launch(self, command: list[str], *, stdin_text: str = "", **user: Any) -> None:
        """Start ``command`` with its output in the log; ``user`` goes to Popen as it is."""
        self.kill()
        log = self.directory / f"{self.name}.log"
        if log.exists() and log.stat().st_size > 10_000_000:
            log.replace(log.with_suffix(".log.old"))
        with log.open("ab") as out:
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                cwd="/",
                start_new_session=True,  # Ctrl-C at the terminal is for the launcher alone
                preexec_fn=tied_to_us(self.stop_signal),
                umask=0o077,
                **user,
            )
        assert self.child.stdin is not None
        with contextlib.suppress(BrokenPipeError), self.child.stdin as stdin:
            stdin.write(stdin_text.encode())

    def await_ready(self, ready: Callable[[], bool]) -> None:
        """Wait until ``ready()``. Raises ServerError, with the log's end, when that never comes."""
        deadline = time.monotonic() + STARTUP_SECONDS
        while self.child and self.child.poll() is None and time.monotonic() < deadline:
            if ready():
                return
            time.sleep(0.02)
        self.kill()
        tail = "\n".join(read_lines(self.directory / f"{self.name}.log")[-15:])
        raise ServerError(f"{self.name} did not start; the end of its log:\n{tail}")


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


def run(
    words: list[str], env: dict[str, str], *, typed: bool = False, **how: Any
) -> tuple[int, str]:
    """Run a child to its end; return exit code (128 + n for signal n) and captured output.

    When we are told to stop, so is the child, and we wait for it. ``typed`` leaves Ctrl-C to the
    child alone: a shell or a question in it has its own idea of what that means.
    """
    tie = tied_to_us(signal.SIGKILL)
    child = subprocess.Popen(words, env=env, preexec_fn=tie, **how)
    try:
        if typed:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        output = child.communicate()[0] or ""
    except Stopped as stopped:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if stopped.code == 128 + signal.SIGINT:
                child.wait(3)  # Ctrl-C at a terminal has reached it, too: let it finish
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS)
        child.kill()
        child.wait()
        raise
    return child.returncode if child.returncode >= 0 else 128 - child.returncode, output
