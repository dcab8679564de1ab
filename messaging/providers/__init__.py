"""One shape for every telephony provider, and the visible registry of them (settings.PROVIDERS)."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.providers.base import Provider


@cache
def provider(name: str) -> Provider:
    """Return the adapter of a provider. Raises KeyError for one that is not registered."""
    adapter: Provider = import_string(settings.PROVIDERS[name])()
    return adapter
