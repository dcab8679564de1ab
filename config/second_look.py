"""Which failed tests are looked at once more, alone: browser tests, few of them. Pure.

On two cores a page waits for what dozens of other tests do at once. A second look is said aloud, and
takes nothing from a test: money, consent, sends and everything else has one run.
"""

from __future__ import annotations

from collections.abc import Iterable

MOST = 3
_ROOM = "tests/browser/"


def worth(failed: Iterable[str]) -> list[str]:
    """Return the tests to run again, by their ids; none where another kind failed, or more than MOST."""
    tests = sorted(set(failed))
    few = len(tests) <= MOST and all(name.startswith(_ROOM) for name in tests)
    return tests if few else []
