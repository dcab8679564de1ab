"""One shape for every telephony provider, and the visible registry of them (settings.PROVIDERS)."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.providers.base import Provider


def warm() -> None:
    """Load what providers need for sending, so that the first text of a worker is not the slow one."""
    for name in settings.PROVIDERS:
        provider(name).warm()


@cache
def provider(name: str) -> Provider:
    """Return the adapter of a provider. Raises KeyError for one that is not registered."""
    adapter: Provider = import_string(settings.PROVIDERS[name])()
    return adapter
