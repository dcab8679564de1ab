"""A client's address that wants events, as a stand-in on this machine: it may hang, redirect, refuse."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(slots=True)
class Told:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, unverified."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    def verified(self, secret: str) -> dict[str, Any]:
        """Return the body once a library of Standard Webhooks has checked it. Raises when it is not ours."""
        read: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return read


@dataclass(slots=True)
class Client:
    """What came in, and how it answers: statuses in their order, then 204 for ever.

    hang: while it is clear, nobody gets an answer. headers and body go with every answer.
    """

    url: str = ""
    got: list[Told] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    may_answer: threading.Event = field(default_factory=threading.Event)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def types(self) -> list[str]:
        """The events that came, in their order."""
        return [told.json["type"] for told in self.got]


class _Server(ThreadingHTTPServer):
    request_queue_size = 512  # as many as knock at once


@contextmanager
def listening_client() -> Iterator[Client]:
    """Serve a Client on a free port of 127.0.0.1."""
    client = Client()
    client.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            client.got.append(Told(self.path, dict(self.headers.items()), body))
            client.came.release()
            client.may_answer.wait(30)
            status = client.answers.pop(0) if client.answers else 204
            self.send_response(status)
            for name, value in client.headers.items():
                self.send_header(name, value)
            content = client.body if status != 204 else b""
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    client.url = f"http://127.0.0.1:{server.server_port}/in"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield client
    finally:
        client.may_answer.set()
        server.shutdown()
        server.server_close()
