"""Tells open screens what happens: one Redis stream a business, read by every web process.

An entry is written after the commit that it speaks of. Entries of a few milliseconds go out together
from a thread of their own, each conversation once: nobody who changes something waits for Redis.
While Redis is away they are kept, as many as a screen could use; beyond that the screens are told to
ask for everything again.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tenants.redis import client
from tenants.scope import current_schema

GATHER_SECONDS = 0.02
# What a stream keeps for those who come back: about so many entries, for so long after the last.
KEEP_ENTRIES = 5_000
KEEP_SECONDS = 24 * 3600
# More than this at once is one entry: "many".
MANY = 200
MAX_PAYLOAD_BYTES = 4_000
MEMBERS_KEY = "ringback:live:members"
_LONGEST_PAUSE = 5.0


def stream_key(schema: str) -> str:
    """Return the key of a business's stream."""
    return f"ringback:live:{schema}"


def changed(conversation_id: int) -> None:
    """Announce, after commit, that a conversation of the current business changed."""
    schema = current_schema()
    transaction.on_commit(lambda: _publisher.changed(schema, conversation_id))


def notice(user_ids: Iterable[int], payload: Mapping[str, Any]) -> None:
    """Announce something, after commit, to certain users of the current business and nobody else.

    Raises ValueError as `event` does.
    """
    event("notice", payload, to=user_ids)


def event(kind: str, payload: Mapping[str, Any], to: Iterable[int] | None = None) -> None:
    """Announce something of a kind, after commit, to everybody in the current business or to `to`.

    payload: what JSON can say, up to 4,000 bytes. Raises ValueError naming `payload` or `kind`.
    """
    if not kind.isidentifier():
        raise ValueError("kind: expected one plain word")
    # Written twice where Redis took it and its answer was lost: the page shows one mark once.
    entry: dict[str, Any] = {"kind": kind, "payload": dict(payload), "mark": secrets.token_hex(6)}
    if to is not None:
        entry["to"] = sorted(set(to))
        if not entry["to"]:
            return
    if len(json.dumps(entry["payload"])) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"payload: expected at most {MAX_PAYLOAD_BYTES} bytes of JSON")
    schema = current_schema()
    transaction.on_commit(lambda: _publisher.event(schema, entry))


def members_changed() -> None:
    """Announce, after commit, that somebody may have lost his place: every open screen is checked at once.

    Without it they are checked within three seconds (inbox/live/roll.py).
    """
    transaction.on_commit(_publisher.members_changed)


@dataclass(slots=True)
class _Waiting:
    """What a business's stream has still to get."""

    changed: dict[int, None] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    many: bool = False

    def entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if self.many or len(self.changed) > MANY:
            found.append({"kind": "many"})
        elif self.changed:
            found.append({"kind": "changed", "ids": list(self.changed)})
        return found + self.events

    def put_back(self, older: _Waiting) -> None:
        """Take what could not be written in front of what came since."""
        self.changed = {**older.changed, **self.changed}
        self.events = older.events + self.events
        if len(self.changed) > MANY or len(self.events) > MANY:
            self.many, self.changed, self.events = True, {}, self.events[-MANY:]
        self.many |= older.many


class _Publisher:
    """Gathers entries and writes them in one round trip."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._members = False
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def changed(self, schema: str, conversation_id: int) -> None:
        with self._lock:
            self._of(schema).changed[conversation_id] = None
        self._wake()

    def event(self, schema: str, entry: dict[str, Any]) -> None:
        with self._lock:
            self._of(schema).events.append(entry)
        self._wake()

    def members_changed(self) -> None:
        with self._lock:
            self._members = True
        self._wake()

    def _of(self, schema: str) -> _Waiting:
        return self._waiting.setdefault(schema, _Waiting())

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._some.set()

    def _run(self) -> None:
        pause = 0.1
        while True:
            self._some.wait()
            time.sleep(GATHER_SECONDS)
            self._some.clear()
            try:
                self.flush()
                pause = 0.1
            except Exception:
                self._some.set()
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def flush(self) -> None:
        """Write what waits, now. Raises what the Redis client raises; what waited then waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            members, self._members = self._members, False
        if not waiting and not members:
            return
        try:
            # One transaction: a time limit that strikes leaves all of it or nothing to repeat.
            pipe = client().pipeline(transaction=True)
            for schema, each in waiting.items():
                key = stream_key(schema)
                for entry in each.entries():
                    data = json.dumps(entry, separators=(",", ":"))
                    pipe.xadd(key, {"e": data}, maxlen=KEEP_ENTRIES, approximate=True)
                pipe.expire(key, KEEP_SECONDS)
            if members:
                pipe.xadd(MEMBERS_KEY, {"e": "1"}, maxlen=10, approximate=True)
            pipe.execute()
        except BaseException:
            with self._lock:
                for schema, each in waiting.items():
                    self._of(schema).put_back(each)
                self._members |= members
            raise


_publisher = _Publisher()


@atexit.register
def _last_words() -> None:
    with contextlib.suppress(Exception):
        _publisher.flush()
