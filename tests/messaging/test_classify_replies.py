"""`manage.py classify_replies`: JSON lines in, the same with the reading out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]


def classify(path: Path) -> tuple[list[dict[str, object]], str, str]:
    """Return the lines printed, as objects and as text, and what was said on standard error."""
    out, err = io.StringIO(), io.StringIO()
    failed = ""
    try:
        call_command("classify_replies", str(path), stdout=out, stderr=err)
    except CommandError as error:
        failed = str(error)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return rows, out.getvalue(), err.getvalue() + failed


def test_every_key_is_kept_and_the_reading_added(tmp_path):
    path = tmp_path / "replies.jsonl"
    path.write_text('{"text": "STOP", "label": "opt_out", "id": 7}\n{"text": "see you at 4"}\n')
    rows, _, errors = classify(path)
    assert errors == ""
    assert rows[0] | {"us": 0} == {
        "text": "STOP", "label": "opt_out", "id": 7, "predicted": "opt_out", "matched": "stop", "us": 0,
    }  # fmt: skip
    assert rows[1]["predicted"] == "not_opt_out" and rows[1]["matched"] == ""
    assert all(isinstance(row["us"], float) and row["us"] > 0 for row in rows)


def test_letters_are_printed_as_they_are_and_half_characters_escaped(tmp_path):
    path = tmp_path / "replies.jsonl"
    path.write_text('{"text": "quítenme de la lista 🛑"}\n{"text": "\\ud800 stop"}\n', "utf-8")
    rows, printed, errors = classify(path)
    assert errors == "" and "quítenme de la lista 🛑" in printed and "\\ud800" in printed
    assert [row["predicted"] for row in rows] == ["opt_out", "opt_out"]
    assert rows[1]["text"] == "\ud800 stop"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"{", "no JSON"), (b"[]", "list"), (b'"stop"', "str"), (b"{}", "no text"),
        (b'{"text": 5}', "type int"), (b'{"text": null}', "NoneType"), (b"\xff\xfe", "no UTF-8"),
        (b"[" * 20_000, "no JSON"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path, line, found):
    path = tmp_path / "replies.jsonl"
    path.write_bytes(b'{"text": "hello"}\n\n' + line + b'\n{"text": "stop"}')
    rows, _, errors = classify(path)
    assert [row["predicted"] for row in rows] == ["not_opt_out", "opt_out"]
    assert 'line 3: expected a JSON object with a string "text"' in errors and found in errors
    assert "1 of 3 lines could not be read" in errors


def test_a_file_that_is_not_there(tmp_path):
    rows, _, errors = classify(tmp_path / "none.jsonl")
    assert rows == [] and "none.jsonl" in errors and "No such file" in errors


def test_from_standard_input_without_a_database():
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    done = subprocess.run(
        [sys.executable, "manage.py", "classify_replies", "-"],
        cwd=ROOT,
        env=os.environ | nowhere,
        input='{"text": "退订"}\nnonsense\n'.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["predicted"] == "opt_out" and "退订" in done.stdout.decode()
    assert "line 2" in done.stderr.decode()
