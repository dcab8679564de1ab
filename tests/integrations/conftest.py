"""Clients that want events, and endpoints of the two businesses that lead to them."""

from __future__ import annotations

import pytest

from integrations import endpoints, shares
from integrations.endpoints import Owner
from tests.support.endpoints import listening_client


@pytest.fixture(autouse=True)
def places(monkeypatch):
    """Threads of the lane that nobody holds from elsewhere."""
    monkeypatch.setattr(shares, "_here", None)


@pytest.fixture
def client_at(settings):
    """A client's address on this machine."""
    settings.NOTICES_MAY_BE_PRIVATE = True
    with listening_client() as served:
        yield served


@pytest.fixture
def other_client(settings):
    """Another client's."""
    settings.NOTICES_MAY_BE_PRIVATE = True
    with listening_client() as served:
        yield served


@pytest.fixture
def endpoint(plumber, client_at):
    """The plumber's endpoint, which hears of everything."""
    return endpoints.make(Owner(business=plumber.business), client_at.url, [])
