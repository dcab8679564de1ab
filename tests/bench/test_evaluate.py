"""How the reader is judged: sets loaded, figures counted, a report and an exit code."""

from __future__ import annotations

import json

import pytest

from bench import evaluate
from bench.evaluate import Figure, Reply, figures, load, one_line, report, table
from messaging import optout


def reply(label: str, predicted: str, text: str = "x", us: float = 10.0) -> Reply:
    return Reply("authored", text, label, predicted, "", "", us)


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """Two sets of our own; the second may be written by the test."""
    paths = {"dev": tmp_path / "dev.jsonl", "authored": tmp_path / "authored.jsonl"}
    monkeypatch.setattr(evaluate, "SETS", paths)
    monkeypatch.setattr(evaluate, "ROOT", tmp_path / "checkout")
    return paths


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_figures_count_what_they_name():
    replies = [
        *[reply("opt_out", "opt_out")] * 97, *[reply("opt_out", "ambiguous")] * 2,
        reply("opt_out", "not_opt_out"), *[reply("not_opt_out", "not_opt_out")] * 49,
        reply("not_opt_out", "opt_out"),
    ]  # fmt: skip
    kept, exact, wrong, missed, speed = figures(replies)
    assert (kept.value, kept.met) == (99.0, False) and kept.counted == "99 of 100"
    assert (exact.value, exact.met) == (97.0, True)
    assert (wrong.value, wrong.met) == (2.0, False)
    assert missed.value == 0 and missed.met
    assert (speed.value, speed.met) == (10.0, True)


def test_nothing_counted_meets_no_target():
    assert [figure.met for figure in figures([])] == [False, False, False, True, False]
    assert not Figure("x", None, "%", ">= 1", "0 of 0").met


def test_every_per_se_word_is_tried_in_many_forms():
    forms = list(evaluate.per_se_forms())
    assert len(forms) > 1000 and len(set(forms)) > 1000
    for word in optout.PER_SE:
        assert word in forms and f"please {word.upper()}" in forms


def test_the_table_has_a_row_for_every_label():
    lines = table([reply("help", "help"), reply("help", "opt_in")])
    assert len(lines) == 1 + len(evaluate.LABELS)
    assert any("help" in line and "50.0 %" in line for line in lines)


def test_the_report_lists_what_was_misread_and_what_was_missed():
    wrong = reply("opt_out", "not_opt_out", "be\u200bgone\nplease")
    found = [Figure("share", 50.0, "%", ">= 99", "1 of 2")]
    lines = report({"authored": [wrong, reply("help", "help")]}, found, ["shared/dev.jsonl"])
    said = "\n".join(lines)
    assert "opt_out read as not_opt_out: be\\u200bgone\\nplease" in said
    assert "Absent, so not counted: shared/dev.jsonl" in said and "MISSED" in said
    assert "2 texts, 1 misread" in said


def test_a_long_text_is_cut():
    assert len(one_line("a" * 500)) == evaluate.SHOWN


def test_a_bad_set_is_named(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text('{"text": "x", "label": "perhaps"}\n')
    with pytest.raises(ValueError, match=r"set.jsonl line 1: label"):
        load(path)
    path.write_text('\n{"label": "help"}\n')
    with pytest.raises(ValueError, match=r"line 2: no text"):
        load(path)


def test_exit_codes(sets, capsys):
    write(
        sets["authored"],
        {"text": "STOP", "label": "opt_out"},
        {"text": "hi", "label": "not_opt_out"},
    )
    assert evaluate.main([]) == 0
    said = capsys.readouterr().out
    assert "Absent, so not counted" in said and "dev.jsonl" in said and "MISSED" not in said
    write(sets["dev"], {"text": "see you at 4", "label": "opt_out"})
    assert evaluate.main([]) == 1
    assert "opt_out read as not_opt_out: see you at 4" in capsys.readouterr().out
    write(sets["dev"], {"text": "x", "label": "y"})
    assert evaluate.main([]) == 2
    assert "dev.jsonl line 1" in capsys.readouterr().err


def test_json_is_one_object(sets, capsys):
    write(sets["authored"], {"text": "STOP", "label": "help"})
    assert evaluate.main(["--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["met"] is False and said["version"] == optout.VERSION and len(said["figures"]) == 5
    (misread,) = said["sets"]["authored"]["misread"]
    assert misread["predicted"] == "opt_out" and misread["label"] == "help"
    assert said["sets"]["authored"]["confusion"]["help"] == {"opt_out": 1}
