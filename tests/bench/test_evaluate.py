"""`run.py eval` counts rightly, and what it counts meets the targets on the development set."""

from __future__ import annotations

import json

import pytest

from bench import evaluate
from messaging.optout import Reading


def test_what_is_counted(monkeypatch):
    said = {"a": "opt_out", "b": "ambiguous", "c": "not_opt_out", "stop": "help", "d": "opt_out"}
    monkeypatch.setattr(evaluate.optout, "read", lambda text: Reading(said[text], "", ""))
    rows = [{"text": text, "label": "opt_out"} for text in ("a", "b", "c", "stop")]
    judged = evaluate.judge("x", [*rows, {"text": "d", "label": "not_opt_out"}])
    values = {name: (value, met) for name, value, _, met in judged.figures()}
    assert values["opt_out read as opt_out or ambiguous, %"] == (50.0, False)
    assert values["opt_out read as opt_out, %"] == (25.0, False)
    assert values["not_opt_out read as opt_out, %"] == (100.0, False)
    assert values["per-se words missed"] == (1, False) and judged.per_se_missed == ["stop"]
    assert ("opt_out", "ambiguous", "b") in judged.misread


def test_a_line_without_a_known_label_is_named(tmp_path):
    file = tmp_path / "set.jsonl"
    file.write_text('{"text": "a", "label": "opt_out"}\n{"text": "b", "label": "maybe"}\n')
    with pytest.raises(ValueError, match=r"set.jsonl, line 2: expected text and a known label"):
        evaluate.load(file)


@pytest.mark.skipif(not evaluate.DEV.exists(), reason="needs ../shared/datasets/optout/dev.jsonl")
def test_the_development_set_s_targets_are_met():
    figures = evaluate.judge("dev", evaluate.load(evaluate.DEV)).figures()
    assert [name for name, _, _, met in figures[:4] if not met] == []


def test_the_report_is_a_table_or_one_json_object(monkeypatch, tmp_path, capsys):
    file = tmp_path / "tiny.jsonl"
    file.write_text(
        '{"text": "STOP", "label": "opt_out"}\n{"text": "Hi", "label": "not_opt_out"}\n'
    )
    monkeypatch.setattr(evaluate, "DEV", tmp_path / "absent.jsonl")
    monkeypatch.setattr(evaluate, "OURS", [file])
    assert evaluate.main([]) in (0, 1)  # the speed of a loaded machine may be the one target missed
    shown = capsys.readouterr().out
    assert "tiny.jsonl: 2 texts" in shown and "not beside this checkout" in shown
    evaluate.main(["--json"])
    assert json.loads(capsys.readouterr().out)["tiny.jsonl"]["texts"] == 2
