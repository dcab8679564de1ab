"""The simulator against the web application of this process, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def simulator(world, web_url, settings) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    """Both businesses moved to the simulated network; `.base_url` and a client's methods."""
    from calls.simulator.client import Simulator
    from config.asgi import hub
    from tenants.models import ProviderAccount
    from tests.support.inprocess import settle

    settings.PUBLIC_BASE_URL = web_url
    settings.SIMULATOR_API_BASE_URL = f"{web_url}/simulator/api"
    before = dict(ProviderAccount.objects.values_list("pk", "provider"))
    ProviderAccount.objects.update(provider="simulator")
    # A call of an earlier test that was still going on asked for these accounts while they were
    # another provider's: for a second the door would remember them as nobody's.
    hub.directory._nobody_until.clear()
    with Simulator(web_url) as client:
        yield client
    settle()  # before its accounts are another provider's again
    for pk, provider in before.items():
        ProviderAccount.objects.filter(pk=pk).update(provider=provider)
