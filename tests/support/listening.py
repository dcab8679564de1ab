"""Screens as the server sees them: event streams read over real HTTP, and who looks at them."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from tenants.models import User


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the browser would have it."""

    id: str
    name: str
    data: dict[str, Any]
    at: float


def session_of(user: User) -> str:
    """Sign a user in; returns his session's key."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def headers_of(session: str, host: str, **more: str) -> dict[str, str]:
    """Return the headers a browser of that session sends."""
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
    return {"Host": host, "Cookie": cookie, **{k.replace("_", "-"): v for k, v in more.items()}}


@dataclass(slots=True)
class Screen:
    """An event stream, read in a thread of its own until `close`. `last` resumes after an event."""

    url: str
    host: str
    session: str
    last: str = ""
    query: str = ""
    told: list[Told] = field(default_factory=list)
    status: int = 0
    ended: bool = False
    _response: Any = None
    _thread: threading.Thread | None = None

    def open(self) -> Screen:
        """Connect and wait for the answer's head; with 200 also for the first event."""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        until = time.monotonic() + 30
        while not (self.told or self.ended):
            assert time.monotonic() < until, "no stream"
            time.sleep(0.005)
        return self

    def _read(self) -> None:
        headers = headers_of(self.session, self.host)
        if self.last:
            headers["Last-Event-ID"] = self.last
        try:
            with httpx.stream(
                "GET", f"{self.url}/inbox/events/{self.query}", headers=headers, timeout=60
            ) as self._response:
                self.status = self._response.status_code
                if self.status == 200:
                    self._events(self._response.iter_lines())
        except (httpx.HTTPError, OSError, AttributeError, RuntimeError):
            pass
        self.ended = True

    def _events(self, lines: Any) -> None:
        fields: dict[str, str] = {}
        for line in lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                if fields.get("id"):
                    self.last = fields["id"]
                if "data" in fields:
                    data = json.loads(fields["data"])
                    self.told.append(
                        Told(fields.get("id", ""), fields["event"], data, time.monotonic())
                    )
                fields = {}

    def named(self, name: str) -> list[Told]:
        """Return the events of a name so far."""
        return [each for each in self.told if each.name == name]

    def changed(self) -> list[int]:
        """Return every conversation said to have changed, in order, as often as it was said."""
        return [each for told in self.named("news") for each in told.data.get("changed", [])]

    def payloads(self) -> list[dict[str, Any]]:
        """Return every event told beside what changed, in order."""
        return [each for told in self.named("news") for each in told.data.get("events", [])]

    def until(self, happened: Callable[[], Any], within: float = 30.0) -> Any:
        """Wait for something; fails with what was told when it never comes."""
        end = time.monotonic() + within
        while not (value := happened()):
            assert time.monotonic() < end, (self.status, self.told[-5:])
            time.sleep(0.005)
        return value

    def close(self) -> None:
        """Cut the connection."""
        stream = self._response.extensions.get("network_stream") if self._response else None
        if stream is not None:
            with contextlib.suppress(OSError, AttributeError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(timeout=5)
