"""What run.py says and returns, apart from the demo."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.doors.conftest import Door, bare_environment, manage


def run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "run.py", *words],
        cwd=checkout,
        env=bare_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_alone_it_lists_the_doors(miniature: Path) -> None:
    listed = run(miniature)
    assert listed.returncode == 0
    for door in ("demo", "test", "check", "bench", "eval", "manage"):
        assert f"run.py {door}" in listed.stdout
    unknown = run(miniature, "dmeo")
    assert unknown.returncode == 2
    assert "run.py demo" in unknown.stderr


def test_nothing_to_measure_yet_is_said(miniature: Path) -> None:
    for door in ("bench", "eval"):
        answer = run(miniature, door)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert "noth" in answer.stdout


def test_bench_and_eval_get_servers_of_their_own(miniature: Path) -> None:
    (miniature / "bench").mkdir()
    for module in ("__init__", "__main__", "evaluate"):
        (miniature / "bench" / f"{module}.py").write_text(SHOW)
    for door, module in (("bench", "__main__"), ("eval", "__main__")):
        answer = run(miniature, door, "ingest", "--json")
        seen = json.loads(answer.stdout)
        assert seen["name"] == module
        assert seen["words"] == ["ingest", "--json"]
        assert seen["kind"] == "bench"
    assert (miniature / "var/bench/postgres.json").exists()
    assert not (miniature / "var/demo").exists()


SHOW = """
import json, os, sys
if __name__ == "__main__":
    import psycopg
    psycopg.connect(os.environ["DATABASE_URL"]).close()
    kind = os.environ["RINGBACK_ENV"]
    print(json.dumps({"name": __name__, "words": sys.argv[1:], "kind": kind}))
"""


def test_tests_run_on_throw_away_servers(miniature: Path) -> None:
    (miniature / "test_it.py").write_text(INNER)
    passed = run(miniature, "test", "-q", "-p", "no:django", "test_it.py")
    assert passed.returncode == 0, passed.stdout
    failed = run(miniature, "test", "-q", "-p", "no:django", "test_nothing.py")
    assert failed.returncode == 4  # pytest's own code: no such file
    assert not (miniature / "var/demo").exists()
    left = Path(tempfile.gettempdir()).glob("ringback-[0-9]*-*")
    assert not [place for place in left if (place / "mark").exists()]


INNER = """
import os, psycopg, redis
def test_it():
    assert os.environ["RINGBACK_ENV"] == "test"
    with psycopg.connect(os.environ["DATABASE_URL"]) as wire:
        assert wire.execute("SHOW fsync").fetchone() == ("off",)
    assert redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
"""


def test_servers_alone(miniature: Path) -> None:
    door = Door(miniature, "servers")
    while door.text().count("\n") < 2:
        assert door.child.poll() is None, door.text()
    addresses = [json.loads(line) for line in door.text().splitlines()]
    assert [list(address) for address in addresses] == [["DATABASE_URL"], ["REDIS_URL"]]
    seen = json.loads(manage(miniature, "environment").stdout)
    assert seen["DATABASE_URL"] == addresses[0]["DATABASE_URL"]
    assert door.end() == 0
