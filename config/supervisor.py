"""Several processes under one roof: prefixed log lines, restarts, an orderly end.

Only the standard library; one thread, because children are tied to the thread that forks them
(config/processes.py).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config.embedded import Postgres, Redis, ServerError, Servers
from config.processes import tied_to_us

LONGEST_PAUSE = 10.0  # seconds between two starts of a process that keeps dying
STEADY_AFTER = 30.0  # seconds of life after which a process counts as healthy again
_COLOURS = (36, 33, 35, 32, 34, 31)


class Console:
    """Where lines go: standard output, and a file that keeps them all.

    A reader that stops reading (a pipe nobody empties, a paused terminal) must not stop the
    product, so log lines are dropped rather than waited for; the file has them.
    """

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > 20_000_000:
            log.replace(log.with_suffix(".log.old"))
        self._log = log.open("a", buffering=1, errors="replace")
        self._dropped = 0
        self.coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def line(self, text: str, *, patience: float = 0.0) -> None:
        """Write one line, dropping it when nobody has read for ``patience`` seconds."""
        self._log.write(text + "\n")
        if self._dropped:
            patience = 0.0  # it has been waited for already
        try:
            if not select.select([], [sys.stdout], [], patience)[1]:
                self._dropped += 1
                return
            if self._dropped:
                text = f"({self._dropped} lines not shown, see {self._log.name})\n{text}"
                self._dropped = 0
            # A pipe said to be writable takes this much without blocking.
            os.write(sys.stdout.fileno(), text.encode(errors="replace")[:4000] + b"\n")
        except OSError:
            self._dropped += 1  # the reader is gone; the work goes on

    def say(self, text: str) -> None:
        """Write a line that matters: waits up to five seconds for a reader."""
        self.line(text, patience=5.0)


@dataclass
class Process:
    """One long-running child: what to run, and how it is doing."""

    name: str
    command: list[str]
    env: dict[str, str]
    nice: int = 0
    once: bool = False  # a command that is meant to end, whose end the caller looks after
    death_signal: int = signal.SIGKILL  # when the launcher is killed; nothing of ours needs more
    child: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    restart_at: float | None = None
    pipe: IO[bytes] | None = None
    unfinished: bytes = field(default=b"", repr=False)

    @property
    def ended(self) -> bool:
        """Whether the child has run and is over."""
        return self.child is not None and self.child.poll() is not None

    def start(self, cwd: Path, stdout: int | None = None) -> None:
        """Start the child in its own session; what it writes becomes log lines.

        ``stdout`` is a file descriptor for its standard output, when that is not to be logged.
        """
        tie = tied_to_us(self.death_signal)

        def before_exec() -> None:
            tie()
            if self.nice:
                os.nice(self.nice)

        self.child = subprocess.Popen(
            self.command,
            cwd=cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.STDOUT if stdout is None else subprocess.PIPE,
            start_new_session=True,
            preexec_fn=before_exec,
        )
        self.pipe = self.child.stdout or self.child.stderr
        self.started_at, self.restart_at = time.monotonic(), None

    def signal_group(self, how: int) -> None:
        """Send ``how`` to the child and whatever it started."""
        if self.child:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child.pid, how)


class Supervisor:
    """Runs processes until told to stop; what dies is started again, later and later."""

    def __init__(self, console: Console, cwd: Path, servers: Servers | None = None) -> None:
        self.console = console
        self.cwd = cwd
        self.servers = servers
        self.processes: list[Process] = []
        self._broken: list[Postgres | Redis] = []
        self._next_try = 0.0

    def add(self, *processes: Process, stdout: int | None = None) -> None:
        """Start processes and look after them from now on; ``stdout`` as Process.start has it."""
        for process in processes:
            self.processes.append(process)
            process.start(self.cwd, stdout)

    def run(self, *, until: Callable[[], bool], every: float = 0.1) -> None:
        """Show lines and revive the dead until ``until()``, asked every so many seconds."""
        while not until():
            self._show(every)
            self._revive()

    def stop(self, stages: Iterable[tuple[float, list[str]]]) -> None:
        """End the processes stage by stage: (seconds before it is killed, names)."""
        for patience, names in stages:
            ending = [process for process in self.processes if process.name in names]
            for process in ending:
                process.restart_at = None
                if process.child and not process.ended:
                    process.child.terminate()
            deadline = time.monotonic() + patience
            while not all(process.ended for process in ending) and time.monotonic() < deadline:
                self._show(0.05)
            for process in ending:
                process.signal_group(signal.SIGKILL)  # it, or what it left behind
                if process.child:
                    process.child.wait()
                    self._drain(process)
                self.processes.remove(process)

    def _show(self, seconds: float) -> None:
        """Pass on what the children wrote, waiting at most ``seconds`` for something."""
        pipes = {
            process.pipe: process
            for process in self.processes
            if process.pipe and not process.pipe.closed
        }
        if not pipes:
            time.sleep(seconds)
            return
        for pipe in select.select(list(pipes), [], [], seconds)[0]:
            process = pipes[pipe]
            chunk = os.read(pipe.fileno(), 65536)
            if not chunk:
                self._finish(process)
                continue
            *lines, process.unfinished = (process.unfinished + chunk).split(b"\n")
            for line in lines:
                self._line(process, line)
            if len(process.unfinished) > 65536:
                self._finish(process, close=False)

    def _drain(self, process: Process) -> None:
        pipe = process.pipe
        if pipe and not pipe.closed:
            os.set_blocking(pipe.fileno(), False)
            process.unfinished += pipe.read() or b""
            self._finish(process)

    def _finish(self, process: Process, *, close: bool = True) -> None:
        for line in process.unfinished.splitlines():
            self._line(process, line)
        process.unfinished = b""
        if close and process.pipe:
            process.pipe.close()

    def _line(self, process: Process, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        prefix = f"{process.name:<15} |"
        if self.console.coloured:
            colour = _COLOURS[self.processes.index(process) % len(_COLOURS)]
            prefix = f"\033[{colour}m{prefix}\033[0m"
        self.console.line(f"{prefix} {text}")

    def _revive(self) -> None:
        now = time.monotonic()
        for process in self.processes:
            if process.restart_at is not None:
                if now >= process.restart_at:
                    process.start(self.cwd)
            elif process.ended:
                self._drain(process)
                if process.once:
                    continue
                process.signal_group(signal.SIGKILL)  # children of the dead
                process.deaths = 0 if now - process.started_at > STEADY_AFTER else process.deaths
                pause = min(LONGEST_PAUSE, 2.0**process.deaths)
                process.deaths += 1
                process.restart_at = now + pause
                self.console.say(
                    f"{process.name} ended unexpectedly ({_ending(process)}); "
                    f"starting it again in {pause:.0f} s"
                )
        if self.servers:
            self._revive_servers(self.servers)

    def _revive_servers(self, servers: Servers) -> None:
        if time.monotonic() < self._next_try:
            return
        dead, self._broken = servers.dead() + self._broken, []
        for server in dead:
            self.console.say(f"{server.name} ended unexpectedly; starting it again")
            try:
                server.start()
            except (ServerError, OSError) as error:
                self.console.say(str(error))
                self._broken.append(server)
                self._next_try = time.monotonic() + LONGEST_PAUSE


def _ending(process: Process) -> str:
    code = process.child.returncode if process.child else 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"
