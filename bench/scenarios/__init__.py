"""The scenarios by name, in the order they run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bench.rig import Plan
from bench.scenarios import (
    answering,
    api,
    backtest,
    burst,
    gate,
    imports,
    inbound_text,
    inbox,
    ingest,
    ledger,
    live,
    migrate,
    missed_call,
    neighbour,
    onboard,
    portal,
    webhooks,
)

SCENARIOS: dict[str, Callable[[Plan], Awaitable[None]]] = {
    "ingest": ingest.measure,
    "missed_call": missed_call.measure,
    "burst": burst.measure,
    "answering": answering.measure,
    "neighbour": neighbour.measure,
    "inbound_text": inbound_text.measure,
    "live": live.measure,
    "onboard": onboard.measure,
    "gate": gate.measure,
    "ledger": ledger.measure,
    "import": imports.measure,
    "backtest": backtest.measure,
    "inbox": inbox.measure,
    "api": api.measure,
    "webhooks": webhooks.measure,
    "migrate": migrate.measure,
    "portal": portal.measure,
}
# Long, and about nothing but itself: measured when asked for by name.
ON_REQUEST = frozenset(
    {
        "answering",
        "ledger",
        "backtest",
        "import",
        "live",
        "inbox",
        "api",
        "webhooks",
        "portal",
        "migrate",
    }
)
