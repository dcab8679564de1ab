"""`manage.py classify_replies`: every line answered, bad ones named, nothing that can crash it."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command


def run(tmp_path, *lines: str):
    file = tmp_path / "replies.jsonl"
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    out, err = io.StringIO(), io.StringIO()
    error = ""
    try:
        call_command("classify_replies", str(file), stdout=out, stderr=err)
    except CommandError as problem:
        error = str(problem)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue(), error


def test_every_line_keeps_what_it_had_and_gets_the_reading(tmp_path):
    rows, err, error = run(
        tmp_path,
        json.dumps({"text": "STOP", "label": "opt_out", "id": 7}),
        "",
        json.dumps({"text": "can you stop by at 3?"}),
        json.dumps({"text": "ya no me manden mensajes, señor"}, ensure_ascii=False),
    )
    assert [row["predicted"] for row in rows] == ["opt_out", "not_opt_out", "opt_out"]
    assert rows[0]["id"] == 7 and rows[0]["matched"] == "stop"
    assert all(0 < row["us"] < 1_000_000 for row in rows) and not err and not error


def test_bad_lines_are_named_and_the_others_answered(tmp_path):
    rows, err, error = run(
        tmp_path, "nonsense", '{"text": 3}', '["text"]', '{"body": "x"}', '{"text": "quit"}'
    )
    assert [row["predicted"] for row in rows] == ["opt_out"]
    assert [f"line {n}:" in err for n in (1, 2, 3, 4, 5)] == [True] * 4 + [False]
    assert error == "4 lines could not be read"


def test_hostile_texts_crash_nothing(tmp_path):
    texts = [
        "\ud800 stop",
        "\x00\x07",
        "S\u200bT\u200bO\u200bP",
        "a" * 1600,
        "stop " * 320,
        "🛑" * 800,
        "",
    ]
    rows, _, error = run(tmp_path, *(json.dumps({"text": text}) for text in texts))
    assert len(rows) == len(texts) and not error
    assert rows[2]["predicted"] == rows[4]["predicted"] == rows[5]["predicted"] == "opt_out"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"FILE: .*missing.jsonl: No such file"):
        call_command("classify_replies", str(tmp_path / "missing.jsonl"))
