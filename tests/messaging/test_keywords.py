"""The keywords themselves: what a provider answers, and that our reader obeys every form of them."""

from __future__ import annotations

import pytest

from messaging import keywords
from messaging.optout import read

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
            assert read(case(form.format(word))).label == "opt_out", form


@pytest.mark.parametrize(
    "text", ["S T O P", "s.t.o.p", "S-T-O-P", "ＳＴＯＰ", "stop stop stop", "Opt-Out", "STOP\u00a0"]
)
def test_odd_spellings(text):
    assert read(text).label == "opt_out"


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
    assert read(text).label == meaning


def test_yes_is_an_answer_and_no_resubscription():
    assert read("YES").by == "yes" and keywords.provider_answers("YES")


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
