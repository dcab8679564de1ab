"""Screens that are open: members signed in to one business, and their event streams.

`python -m bench.screens COUNT` makes the members and prints {"host": …, "sessions": […]}.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.traffic import line

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = re.compile(rb"Ref (\d{6})")
# So many people have them open: several pages each, as on a desk with two screens and a phone.
PEOPLE = 20
# Four kinds of screens, so that nothing is drawn once for all by luck.
LOOKS = (("en", ""), ("es", ""), ("en", "America/New_York"), ("es", "America/New_York"))


@dataclass(frozen=True, slots=True)
class Signed:
    """Members of the first business: the host of its pages, and a session of each."""

    host: str
    sessions: list[str]


def sign_in(count: int, env: dict[str, str]) -> Signed:
    """Sign PEOPLE members of the first business in so many times, in the database of `env`."""
    words = [sys.executable, "-m", "bench.screens", str(count)]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    return Signed(found["host"], found["sessions"])


class Screen(asyncio.Protocol):
    """One event stream: when each reference was first seen on it."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._left = b""
        self.seen: dict[bytes, float] = {}
        self.bytes = 0
        self.is_open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self.transport = transport
        transport.write(self._head)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Note what is new, and when."""
        now = time.time()
        self.bytes += len(data)
        if not self.is_open.done():
            first = self._left + data
            if b"event: hello" in first or b" 200 " not in first[:20]:
                self.is_open.set_result(first.partition(b"\r\n")[0].decode())
        text = self._left + data
        for reference in REFERENCE.findall(text):
            self.seen.setdefault(reference, now)
        self._left = text[-200:] if self.is_open.done() else text

    def connection_lost(self, exc: Exception | None) -> None:
        """A stream that ends is not open."""
        if not self.is_open.done():
            self.is_open.set_result("closed without an answer")


@dataclass(slots=True)
class Screens:
    """All of them."""

    port: int
    signed: Signed
    all: list[Screen] = field(default_factory=list)

    async def open(self) -> float:
        """Open every stream; returns how long that took, in seconds. Raises RuntimeError where one fails."""
        began, loop = time.monotonic(), asyncio.get_running_loop()
        for session in self.signed.sessions:
            head = (
                f"GET /inbox/events/ HTTP/1.1\r\nHost: {self.signed.host}\r\n"
                f"Cookie: sessionid={session}\r\nAccept: text/event-stream\r\n\r\n"
            ).encode()
            _, screen = await loop.create_connection(
                lambda head=head: Screen(head), "127.0.0.1", self.port
            )
            self.all.append(screen)
        answers = await asyncio.gather(*(screen.is_open for screen in self.all))
        if refused := {answer for answer in answers if " 200 " not in answer}:
            raise RuntimeError(f"streams were refused: {refused}")
        return time.monotonic() - began

    async def until_seen(self, references: list[bytes], within: float) -> bool:
        """Wait until every screen has seen every reference; False when that has not come."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if all(each in screen.seen for screen in self.all for each in references):
                return True
            await asyncio.sleep(0.05)
        return False

    def close(self) -> None:
        """Cut all of them."""
        for screen in self.all:
            screen.transport.close()


def main() -> None:
    """Make members and sessions; print them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from tenants.models import Domain, Membership, PhoneNumber, Role, User

    business = PhoneNumber.objects.get(e164=line(0).number).business
    Membership.objects.filter(user__email__startswith="screen-").delete()
    sessions = []
    for number in (each % PEOPLE for each in range(int(sys.argv[1]))):
        language, zone = LOOKS[number % len(LOOKS)]
        user, _ = User.objects.update_or_create(
            email=f"screen-{number}@bench.example",
            defaults={"name": f"Screen {number}", "language": language, "timezone": zone},
        )
        Membership.objects.get_or_create(
            user=user, agency=None, business=business, defaults={"role": Role.AGENT}
        )
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        sessions.append(store.session_key)
    host = Domain.objects.filter(tenant=business).values_list("domain", flat=True)[0]
    print(json.dumps({"host": host, "sessions": sessions}))


if __name__ == "__main__":
    main()
