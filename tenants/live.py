"""Tells open screens that something changed. Lost notices cost nothing: screens ask again anyway.

Notices of a few milliseconds go out together, each once, from a thread of their own: nobody who
changes something waits for Redis.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time

from django.db import transaction

from tenants.redis import client
from tenants.scope import current_schema

GATHER_SECONDS = 0.02


def channel(schema: str) -> str:
    """Return the pub/sub channel of a business."""
    return f"ringback:live:{schema}"


def changed(conversation_id: int) -> None:
    """Announce, after commit, that a conversation of the current business changed."""
    notice = (current_schema(), conversation_id)
    transaction.on_commit(lambda: _publisher.add(notice))


class _Publisher:
    """Gathers notices and publishes them in one round trip."""

    def __init__(self) -> None:
        self._notices: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, notice: tuple[str, int]) -> None:
        with self._lock:
            self._notices.add(notice)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._some.set()

    def _run(self) -> None:
        while True:
            self._some.wait()
            time.sleep(GATHER_SECONDS)
            self._some.clear()
            with self._lock:
                notices, self._notices = self._notices, set()
            with contextlib.suppress(Exception):
                pipe = client().pipeline(transaction=False)
                for schema, conversation_id in notices:
                    pipe.publish(channel(schema), json.dumps({"conversation": conversation_id}))
                pipe.execute()


_publisher = _Publisher()
