"""A rulebook that is wrong stops every process at its start, with file and line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from messaging.jurisdictions import RulesetError, load
from messaging.places import FOLDER

ROOT = Path(__file__).resolve().parents[2]
# manage.py as it stands, but for the folder its rules lie in.
ELSEWHERE = """
import runpy, sys
from pathlib import Path
from messaging import places
places.FOLDER = Path(sys.argv[1])
sys.argv = ["manage.py", "check"]
runpy.run_path("manage.py", run_name="__main__")
"""
# file, what stands there, what stands there instead, what is said of it
WRONG = [
    ("us.yaml", "hours: mon-sun 8:00-21:00", "hours: mon-sun 21:00-8:00", "us.yaml:"),
    ("us.yaml", "code: US-TX", "code: US-TZ", "US-TZ: unknown state"),
    ("rulebook.yaml", "emergency: []", "emergency: [US-ZZ]", "unknown state US-ZZ"),
    ("states.csv", "US,TX,Texas", "US,TX", "states.csv:"),
    ("area_codes.csv", "212,US,NY,America/New_York,", "212,US,NY,America/Gotham,", "area_codes.csv"),
]  # fmt: skip


@pytest.fixture
def rulebook(tmp_path):
    """A copy of the rulebook to spoil."""
    folder = tmp_path / "rulebook"
    shutil.copytree(FOLDER, folder)
    return folder


def spoil(folder: Path, file: str, before: str, after: str) -> int:
    """Exchange the first such words of a file; returns the line they stand on."""
    content = (folder / file).read_text()
    assert before in content
    (folder / file).write_text(content.replace(before, after, 1))
    return content[: content.index(before)].count("\n") + 1


def start(folder: Path) -> subprocess.CompletedProcess[str]:
    """Start a process on this rulebook, as `manage.py check` does."""
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(folder)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_a_process_starts_on_a_good_rulebook(rulebook):
    done = start(rulebook)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(("file", "before", "after", "said"), WRONG)
def test_no_process_starts_on_a_wrong_one(rulebook, file, before, after, said):
    spoil(rulebook, file, before, after)
    done = start(rulebook)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and done.stdout == ""
    assert "ImproperlyConfigured: messaging/rulebook: " in last and said in last


def test_the_line_is_the_right_one(rulebook):
    line = spoil(rulebook, "us.yaml", "code: US-TX", "code: US-TZ")
    with pytest.raises(RulesetError, match="unknown state") as caught:
        load(rulebook)
    assert (caught.value.file, caught.value.line) == ("us.yaml", line)
    assert f"us.yaml:{line}: " in start(rulebook).stderr


def test_a_rulebook_that_is_not_there(rulebook):
    shutil.rmtree(rulebook)
    done = start(rulebook)
    assert done.returncode == 1 and "ImproperlyConfigured" in done.stderr.splitlines()[-1]
