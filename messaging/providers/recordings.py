"""Fetching a recording from a provider: only from its own hosts, only sound, only so much."""

from __future__ import annotations

import re
from collections.abc import Sequence

from messaging.providers.base import BadRecording, Sound
from messaging.providers.stores import Source, Wanted
from messaging.providers.stores import fetch as fetch_file

MAX_BYTES = 20 * 1024 * 1024
# What a file store calls a file it was not told the kind of: its first bytes tell.
_UNTOLD = frozenset({"application/octet-stream", "binary/octet-stream"})
_BEGINNINGS = {
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"RIFF": "audio/wav",
    b"OggS": "audio/ogg",
}
_WANTED = Wanted("recording", BadRecording, MAX_BYTES, "audio/*")
__all__ = ["MAX_BYTES", "Source", "fetch"]


def fetch(url: str, sources: Sequence[Source]) -> Sound:
    """Return the sound at `url`, following redirects within `sources`.

    Raises BadRecording for an address outside of them or for what is no sound or too large, and
    ProviderFailed (with http_status, where there was one) when it is not to be had right now.
    """
    came = fetch_file(url, sources, _WANTED)
    kind = came.declared_type
    if kind not in _UNTOLD and not re.fullmatch(r"audio/[a-z0-9.+-]{1,40}", kind):
        raise BadRecording("What is at the recording's address is no sound.")
    if kind in _UNTOLD:
        found = (sort for begins, sort in _BEGINNINGS.items() if came.content.startswith(begins))
        kind = next(found, "")
        if not kind:
            raise BadRecording("What is at the recording's address is no sound.")
    return Sound(came.content, kind)
