"""The simulated carrier's side of a forwarding: on, or switched off so that one sees what happens."""

from __future__ import annotations

from calls.simulator.network import PREFIX
from tenants.redis import client

_OFF = f"{PREFIX}forwarding_off"


def is_on(number: str) -> bool:
    """Whether calls to a public number (E.164) are forwarded. Raises RedisError."""
    return not client().sismember(_OFF, number)


def switch(number: str, on: bool) -> None:
    """Forward calls to a public number, or let them ring in vain. Raises RedisError."""
    if on:
        client().srem(_OFF, number)
    else:
        client().sadd(_OFF, number)
