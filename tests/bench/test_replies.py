"""The labelled replies in ``bench/replies`` are fit to judge with."""

from __future__ import annotations

import collections
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AUTHORED = ROOT / "bench" / "replies" / "authored.jsonl"
SECOND = ROOT / "bench" / "replies" / "second.jsonl"
THIRD = ROOT / "bench" / "replies" / "third.jsonl"
DEVELOPMENT = ROOT.parent / "shared" / "datasets" / "optout" / "dev.jsonl"

LABELS = {"opt_out", "not_opt_out", "ambiguous", "help", "opt_in"}

#: The fewest lines of each set a figure per label may rest on.
LEAST = {
    AUTHORED: {"opt_out": 280, "not_opt_out": 210, "ambiguous": 80, "help": 35, "opt_in": 35},
    SECOND: {"opt_out": 220, "not_opt_out": 165, "ambiguous": 65, "help": 25, "opt_in": 25},
    THIRD: {"opt_out": 170, "not_opt_out": 130, "ambiguous": 50, "help": 20, "opt_in": 20},
}

#: 47 CFR 64.1200(a)(10): a reply of one of these words alone is always a revocation.
PER_SE = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")

#: The longest message the provider delivers as one webhook.
LONGEST = 1600


def read(path: Path) -> list[dict[str, str]]:
    """The lines of a labelled set, each a JSON object."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


@pytest.fixture(scope="module", params=[AUTHORED, SECOND, THIRD], ids=lambda path: path.stem)
def source(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def replies(source: Path) -> list[dict[str, str]]:
    return read(source)


def test_each_line_has_exactly_three_strings(replies: list[dict[str, str]]) -> None:
    for number, reply in enumerate(replies, start=1):
        assert set(reply) == {"text", "label", "why"}, f"line {number}"
        assert all(isinstance(value, str) for value in reply.values()), f"line {number}"
        assert len(reply["text"]) <= LONGEST, f"line {number}"


def test_labels_are_known(replies: list[dict[str, str]]) -> None:
    assert {reply["label"] for reply in replies} == LABELS


def test_every_line_says_why(replies: list[dict[str, str]]) -> None:
    assert [reply["text"] for reply in replies if not reply["why"].strip()] == []


def test_no_text_appears_twice(replies: list[dict[str, str]]) -> None:
    counts = collections.Counter(reply["text"] for reply in replies)
    assert [text for text, count in counts.items() if count > 1] == []


def test_there_is_enough_of_each_label(source: Path, replies: list[dict[str, str]]) -> None:
    counts = collections.Counter(reply["label"] for reply in replies)
    wanted = LEAST[source]
    assert {label: counts[label] for label, least in wanted.items() if counts[label] < least} == {}


def test_both_halves_look_alike(replies: list[dict[str, str]]) -> None:
    """One half may guide the work and the other judge it only if they are alike."""
    halves = [collections.Counter(reply["label"] for reply in replies[half::2]) for half in (0, 1)]
    for label in LABELS:
        fewer, more = sorted(half[label] for half in halves)
        assert fewer >= 0.6 * more, label


def test_per_se_words_are_always_opt_out(replies: list[dict[str, str]]) -> None:
    labels: dict[str, set[str]] = {}
    for reply in replies:
        word = reply["text"].strip(" .!?").casefold().replace("-", " ")
        labels.setdefault(word, set()).add(reply["label"])
    assert {word: labels.get(word) for word in PER_SE} == {word: {"opt_out"} for word in PER_SE}


def test_the_sets_share_no_text() -> None:
    """What one set taught must not be what the other judges.

    The third set is left out: it keeps the commonest replies ("STOP", "wrong number") in
    their natural share, so some of its lines also stand in the other two.
    """
    known = {reply["text"].casefold() for reply in read(AUTHORED)}
    assert [reply["text"] for reply in read(SECOND) if reply["text"].casefold() in known] == []


def test_nothing_is_taken_from_the_development_set(replies: list[dict[str, str]]) -> None:
    if not DEVELOPMENT.exists():
        pytest.skip("needs ../shared/datasets/optout/dev.jsonl, which stands beside the checkout")
    known = {reply["text"] for reply in read(DEVELOPMENT)}
    assert [reply["text"] for reply in replies if reply["text"] in known] == []
