"""`manage.py audit_calls`: one JSON object, whatever the file is."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tenants.models import CallLog
from tests.calls.audit.conftest import HEADING, lines


@pytest.fixture
def audited(tmp_path, capsys, world):
    """Audit a text; returns the one JSON object."""

    def run(text: str | bytes, *words: str) -> dict:
        path = tmp_path / "log.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        call_command("audit_calls", str(path), *words)
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        return json.loads(out)

    return run


def test_it_prints_calls_seconds_peak_and_results_and_keeps_nothing(audited):
    found = audited(HEADING + lines(90))
    assert (found["calls"], found["rows"], found["malformed"], found["missed"]) == (90, 90, 0, 30)
    assert found["seconds"] >= 0 and found["peak_mb"] > 10
    assert found["findings"][0]["headline"] == "33% of incoming calls reached nobody."
    assert found["value"]["low"] <= found["value"]["high"]
    assert [rule["id"] for rule in found["suggested_rules"]][-1] == "audit-all"
    assert not CallLog.objects.exists()


def test_options_are_taken(audited, tmp_path):
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"started": "A", "caller": "B", "outcome": "C"}))
    text = "A;B;C\n1/2/2026 9:30;+13125550142;Missed\n=2;+13125550142;Missed\n"
    found = audited(
        text, "--mapping", str(mapping), "--timezone", "America/Denver", "--hours", "fri 9:00-10:00",
        "--dates", "month", "--assume", "ticket_low=999", "--assume", "ticket_high=1000",
        "--malformed", str(tmp_path / "bad.csv"),
    )  # fmt: skip
    assert found["file"]["delimiter"] == "semicolon"
    assert found["file"]["dates"] == {"order": "month", "certain": False}
    assert (found["open"], found["from"]) == ([1, 1], "2026-01-02T16:30:00+00:00")
    assert found["assumptions"]["ticket_low"] == 999
    assert found["problems"] == [{"line": 3, "problem": "The time “=2” cannot be read."}]
    assert "'=2" in (tmp_path / "bad.csv").read_text()


def test_a_packed_file_is_read(audited):
    assert audited(gzip.compress((HEADING + lines(30)).encode()))["calls"] == 30


@pytest.mark.parametrize(
    ("text", "words", "says"),
    [
        ("", (), "empty"),
        ("a,b\n1,2\n", (), "choose the column"),
        (HEADING + lines(3), ("--timezone", "Mars"), "timezone: expected"),
        (HEADING + lines(3), ("--hours", "weekdays"), "hours: expected"),
        (HEADING + lines(3), ("--assume", "new_share=200"), "new_share"),
        (HEADING + lines(3), ("--mapping", "/nowhere.json"), "mapping: expected"),
    ],
)
def test_what_cannot_be_used_is_named(audited, text, words, says):
    with pytest.raises(CommandError, match=says):
        audited(text, *words)


def test_a_file_that_is_there_is_not_written_over(audited, tmp_path):
    (tmp_path / "mine.csv").write_text("mine")
    with pytest.raises(CommandError, match=r"file: .*mine\.csv: File exists"):
        audited(HEADING + lines(3), "--malformed", str(tmp_path / "mine.csv"))
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_a_file_that_is_not_there_is_named(world):
    with pytest.raises(CommandError, match=r"file: /nowhere/log\.csv: No such file"):
        call_command("audit_calls", "/nowhere/log.csv")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> io.StringIO:
    """Standard output where somebody reads it."""
    return _Terminal()


def test_a_terminal_gets_lines_to_read_and_json_when_asked(terminal, tmp_path, world):
    path = tmp_path / "log.csv"
    path.write_text(HEADING + lines(90).replace(",40\n", ",0\n", 7) + "=1,x,y,in,Missed,0\n")
    call_command("audit_calls", str(path), stdout=terminal)
    told = terminal.getvalue()
    for words in (
        "log.csv: 91 rows, 1 could not be read", "Read as: started = Start, caller = From",
        "90 incoming calls: 53 answered, 37 missed (0 left a voicemail); 0 outgoing",
        "January 5, 2026 to January 5, 2026, America/Chicago",
        "41% of incoming calls reached nobody.", "7 calls the log calls answered last 0 seconds.",
        "Nobody answered                                    30    81%",
        "What that may be worth: $", "Every other missed call: text back.",
        "line 92: The time “=1” cannot be read.", "--json gives all of it",
    ):  # fmt: skip
        assert words in told, told
    assert all(len(line) <= 100 for line in told.splitlines())
    again = _Terminal()
    call_command("audit_calls", str(path), "--json", stdout=again)
    assert json.loads(again.getvalue())["missed"] == 37


def test_a_log_without_a_call_that_counts_is_told_too(terminal, tmp_path, world):
    path = tmp_path / "log.csv"
    path.write_text(HEADING + "2026-01-05 15:00:00Z,101,102,internal,Answered,40\n")
    call_command("audit_calls", str(path), stdout=terminal)
    told = terminal.getvalue()
    assert "0 incoming calls" in told and "1 calls between your own phones" in told
    assert "worth" not in told
