"""STOP and its family, START and HELP as single instructions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import keywords
from messaging.keywords import read

OPT_OUT = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "stop all",
]


@pytest.mark.parametrize("word", OPT_OUT)
def test_every_form_of_opting_out(word):
    forms = [
        "{}",
        "{}.",
        " {} ",
        "{}!!",
        "please {}",
        "{} please",
        "{} now",
        "{}, thanks",
        "\u200b{}\ufeff",
        "{}\n",
        '"{}"',
        "{} 🛑",
    ]
    for form in forms:
        for case in (str.lower, str.upper, str.title):
            assert read(case(form.format(word))).meaning == "opt_out", form


@pytest.mark.parametrize(
    "text", ["S T O P", "s.t.o.p", "S-T-O-P", "ＳＴＯＰ", "stop stop stop", "Opt-Out", "STOP\u00a0"]
)
def test_odd_spellings(text):
    assert read(text).meaning == "opt_out"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Stop by at 5",
        "I can't stop it leaking",
        "The end",
        "When does the sale end?",
        "cancel my appointment",
        "yes",
        "YES",
        "no",
        "thanks",
        "please",
        "stopp",
        "restart",
        "info about prices please call",
        "?" * 300,
        "stop" + " x" * 150,
    ],
)
def test_anything_longer_than_the_instruction_is_no_instruction(text):
    assert read(text).meaning == "none"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("START", "opt_in"),
        ("unstop", "opt_in"),
        ("Start.", "opt_in"),
        ("HELP", "help"),
        ("info", "help"),
        ("Help please", "help"),
    ],
)
def test_start_and_help(text, meaning):
    assert read(text).meaning == meaning


def test_yes_is_an_answer_and_no_resubscription():
    assert read("YES").meaning == "none" and keywords.provider_answers("YES")


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("STOP", True),
        (" stop ", True),
        ("Stop.", False),
        ("please stop", False),
        ("opt out", False),
        ("HELP", True),
        ("info", True),
        ("hello", False),
    ],
)
def test_the_provider_answers_exact_words_only(text, answers):
    assert keywords.provider_answers(text) is answers


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    reading = read(text)
    assert reading.meaning in {"opt_out", "opt_in", "help", "none"}
    assert bool(reading.matched) is (reading.meaning != "none")


def test_labelled_replies_are_never_read_as_the_opposite():
    """Single instructions need not catch every wording; what they catch must be right."""
    labelled = Path(__file__).resolve().parents[3] / "shared" / "datasets" / "optout" / "dev.jsonl"
    if not labelled.exists():
        pytest.skip("needs ../shared/datasets/optout/dev.jsonl, which stands beside the checkout")
    rows = [json.loads(line) for line in labelled.read_text().splitlines()]
    wrong = [
        (row["text"], row["label"], meaning)
        for row in rows
        if (meaning := read(row["text"]).meaning) != "none" and meaning != row["label"]
    ]
    assert wrong == []
