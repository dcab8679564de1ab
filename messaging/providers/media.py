"""Fetching a file that came with a text from a provider: only from its own stores, only so much."""

from __future__ import annotations

from collections.abc import Sequence

from messaging.providers.base import BadMedia
from messaging.providers.stores import Source, Wanted
from messaging.providers.stores import fetch as fetch_file

# Twice what the largest provider takes for one text.
MAX_BYTES = 10 * 1024 * 1024
_WANTED = Wanted("picture", BadMedia, MAX_BYTES)
__all__ = ["MAX_BYTES", "Source", "fetch"]


def fetch(url: str, sources: Sequence[Source]) -> bytes:
    """Return the file at `url`, following redirects within `sources`. Nothing is believed of its type.

    Raises BadMedia for an address outside of them, for what is too large (code stores.TOO_LARGE) or
    empty, and ProviderFailed (with http_status) when it is not to be had right now.
    """
    return fetch_file(url, sources, _WANTED).content
