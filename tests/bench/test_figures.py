"""How figures are judged and printed."""

from __future__ import annotations

import json
import math

import pytest

from bench import figures
from bench.figures import Figure


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1)]
)
def test_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert figures.percentile(list(range(100, 0, -1)), share) == expected


def test_percentile_and_median_of_few() -> None:
    assert figures.percentile([7.0], 0.99) == 7.0
    assert math.isnan(figures.percentile([], 0.5))
    assert figures.median([3, 1, 2]) == 2
    assert figures.median([4, 1, 2, 3]) == 2.5
    assert math.isnan(figures.median([]))


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [(40, "<= 40", True), (40.1, "<= 40", False), (45, ">= 45", True), (44, ">= 45", False)],
)
def test_target(value: float, target: str, met: bool) -> None:
    assert Figure("x", value, "ms", target).met is met


def test_no_target_is_neither_met_nor_missed() -> None:
    figure = Figure("x", 1, "ms")
    assert figure.met is None
    assert figures.row(figure)[figures.COLUMNS.index("met")] == ""


def test_a_missing_figure_misses_its_target() -> None:
    assert Figure("x", float("nan"), "ms", "<= 40").met is False


def test_a_miss_is_printed_as_one() -> None:
    missed = Figure("x", 20, "ms/call", "<= 8", 3.0, load=1.5, others=0.25, cpu={"web": 1.0})
    assert " NO " in figures.line(figures.row(missed))
    assert figures.cpu_line(missed) == "CPU web 1.00 s"


def test_json_has_the_columns_and_the_processes() -> None:
    [found] = json.loads(figures.to_json([Figure("x", 20, "ms", "<= 8", cpu={"web": 1.0})]))
    assert set(figures.COLUMNS) <= set(found)
    assert found["met"] is False
    assert found["cpu"] == {"web": 1.0}
