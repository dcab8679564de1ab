"""Which failed tests are run once more, alone: few, and of the browser only."""

from __future__ import annotations

import pytest

from config import second_look

PAGE = "tests/browser/test_day.py::test_a_day[390-844]"


def test_few_browser_tests_are_looked_at_again_each_once() -> None:
    others = [f"tests/browser/test_live.py::test_{n}" for n in range(second_look.MOST - 1)]
    assert second_look.worth([PAGE, *others, PAGE]) == sorted([PAGE, *others])


@pytest.mark.parametrize(
    "failed",
    [
        [],
        ["tests/messaging/test_gate.py::test_stop"],
        [PAGE, "tests/faults/test_killed.py::test_no_text_twice"],
        ["tests/api/browser/test_x.py::test_y"],
        [f"tests/browser/test_live.py::test_{n}" for n in range(second_look.MOST + 1)],
    ],
)
def test_nothing_else_has_a_second_run(failed: list[str]) -> None:
    assert second_look.worth(failed) == []
