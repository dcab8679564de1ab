"""Faults are inflicted on whole processes, started once for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.live import Live


def pytest_collection_modifyitems(items):
    for item in items:
        if "/faults/" in str(item.path):
            item.add_marker(pytest.mark.processes)


@pytest.fixture(scope="session")
def _live() -> Iterator[Live]:
    live = Live()
    try:
        live.start()
        yield live
    finally:
        live.stop()


@pytest.fixture
def live(_live: Live) -> Iterator[Live]:
    """Everything running and the provider well-behaved, before and after."""
    for name in _live.commands:
        if name not in _live.children or _live.children[name].poll() is not None:
            _live.children.pop(name, None)
            _live.bring_up(name)
    _live.await_ready()
    _live.begin()
    yield _live
    _live.control(mode="ok", latency=0.02)
