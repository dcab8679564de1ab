"""Kept-alive connections to providers' APIs, one pool for each address of a process."""

from __future__ import annotations

import threading

import urllib3
from django.conf import settings

_lock = threading.Lock()
_pools: dict[str, urllib3.PoolManager] = {}

# What never left this machine may safely be tried again.
NEVER_LEFT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


def pool(base_url: str) -> urllib3.PoolManager:
    """Return the pool for an address; it neither retries nor follows redirects by itself."""
    with _lock:
        if base_url not in _pools:
            _pools[base_url] = urllib3.PoolManager(
                num_pools=4, maxsize=settings.DRAIN_IO_THREADS, block=False, retries=False
            )
        return _pools[base_url]


def patience(seconds: float | None = None) -> urllib3.Timeout:
    """Return how long to wait for an API: 5 s to connect, then `seconds` or the setting."""
    return urllib3.Timeout(connect=5, read=seconds or settings.PROVIDER_TIMEOUT_SECONDS)
