"""How events are written for the browser (the format of server-sent events). Pure."""

from __future__ import annotations

import json
from typing import Any

# An event, not a comment: a page can tell a quiet line from a dead one.
HEARTBEAT = b"event: here\ndata: {}\n\n"


def dumps(data: Any) -> str:
    """Return JSON on one line."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def frame(event: str, data: str, last_id: str = "") -> bytes:
    """Return one event. `data` is one line of JSON; with `last_id` the browser resumes after it."""
    head = f"id: {last_id}\n" if last_id else ""
    return f"{head}event: {event}\ndata: {data}\n\n".encode()


def reset(last_id: str, spread_ms: int) -> bytes:
    """Return the hint to ask for everything again, at some moment within `spread_ms`."""
    return frame("reset", dumps({"spread": spread_ms}), last_id)


def gone() -> bytes:
    """Return what somebody hears who may no longer listen; nothing comes after it."""
    return frame("gone", "{}")


def full() -> bytes:
    """Return what a member's oldest window hears when he has too many open: it asks now and then."""
    return frame("full", "{}")


def hello(last_id: str, retry_ms: int) -> bytes:
    """Return the beginning of a stream: how soon to come back when it breaks, and where it stands."""
    return f"retry: {retry_ms}\n\n".encode() + frame("hello", "{}", last_id)
