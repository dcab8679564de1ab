"""What this process remembers of the businesses' mark keys. Read and filled by messaging/marks.py."""

from __future__ import annotations

# By schema, as stored (encrypted).
kept: dict[str, str] = {}


def forget(schema: str) -> None:
    """Drop what is remembered of a schema: it is made anew, perhaps for a business with another key."""
    kept.pop(schema, None)
