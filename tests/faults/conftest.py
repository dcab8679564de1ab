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
        # All of these tests text within one day, more than a business's own limit lets pass.
        live.sql(
            "UPDATE public.tenants_business "
            "SET daily_text_limit = 100000, monthly_cents_limit = 10000000"
        )
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
