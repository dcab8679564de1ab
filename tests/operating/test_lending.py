"""A request gives its database connection back however it ends: real uvicorn, real sockets, a pool of two."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from config.processes import free_port, tied_to_us

ROOT = Path(__file__).resolve().parents[2]
TIMES = 50


class Served:
    """One web process; `abort` is a client that slams the door."""

    def __init__(self, port: int, static: Path) -> None:
        self.port, self.static = port, static
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=10, headers={"Host": "localhost"})

    def connect(self, head: str) -> socket.socket:
        """Send a request's head; the connection is cut, not closed, when the socket is."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.settimeout(10)
        sock.connect(("127.0.0.1", self.port))
        sock.sendall(f"{head}\r\n\r\n".encode())
        return sock

    def abort(self, path: str, read: int = 0, method: str = "GET", more: str = "") -> None:
        """Ask, read so many bytes (0: wait for nothing), and cut the connection."""
        with self.connect(f"{method} {path} HTTP/1.1\r\nHost: localhost{more}") as sock:
            while read > 0 and (piece := sock.recv(min(read, 4096))):
                read -= len(piece)

    def broken(self, path: str, host: str = "localhost") -> int:
        """Ask so many times; how often it was an error, or no whole answer came."""
        count = 0
        for _ in range(TIMES):
            try:
                count += self.http.get(path, headers={"Host": host}).status_code == 500
            except httpx.TransportError:
                count += 1
        return count

    def borrowed(self, within: float = 5) -> int:
        """How many connections are lent, once what was aborted has had its time to end."""
        until = time.monotonic() + within
        while (count := int(self.http.get("/-/borrowed").text)) and time.monotonic() < until:
            time.sleep(0.05)
        return count


@pytest.fixture(scope="module", params=["httptools", "h11"])
def served(_snapshot, request, tmp_path_factory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("lending") / "web.log"
    static = tmp_path_factory.mktemp("static")
    (static / "changed.css").write_text("short")
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.support.lending:application"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--http", request.param]
    env = {
        **os.environ,
        "RINGBACK_ROLE": "web",
        "PYTHONPATH": str(ROOT),
        "LENT_STATIC": str(static),
    }
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=out, stderr=out,
            preexec_fn=tied_to_us(signal.SIGKILL),
        )  # fmt: skip
    web = Served(port, static)
    until = time.monotonic() + 30
    while True:
        try:
            web.http.get("/-/borrowed")
            assert web.http.get("/page/").text == "xx"  # whatever is loaded once, is loaded now
            break
        except httpx.TransportError:
            assert time.monotonic() < until and child.poll() is None, log.read_text()[-3000:]
            time.sleep(0.1)
    yield web
    web.http.close()
    child.kill()
    child.wait()


GONE = {
    "before the answer": ("/page/?wait=0.02", 0),
    "while a large page is sent": ("/page/?bytes=20000000", 1),
    "while a stream is sent": ("/stream/", 1),
    "before a stream begins": ("/stream/", 0),
    "after the whole page": ("/page/", 150),
}


@pytest.mark.parametrize("case", GONE)
def test_a_client_that_goes(served, plumber, dentist, case):
    path, read = GONE[case]
    for _ in range(TIMES):
        served.abort(path, read)
    _all_is_well(served, plumber, dentist)


def test_a_client_that_goes_in_mid_request(served, plumber, dentist):
    for _ in range(TIMES):
        served.abort("/page/", method="POST", more="\r\nContent-Length: 9\r\n\r\nhalf")
    _all_is_well(served, plumber, dentist)


BROKEN = {
    "longer than it said": "/page/?bytes=9&said=5",
    "shorter than it said": "/page/?bytes=5&said=9",
    "pieces longer than they said": "/pieces/?ask=1&said=7",
    "pieces that raise": "/pieces/?ask=1&raise=body",
    "a stream that raises": "/stream/?raise=body",
    "a middleware that raises": "/page/?raise=innermost",
    "a middleware around all that raises": "/page/?raise=outermost",
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_answer_that_breaks(served, plumber, dentist, case):
    assert served.broken(BROKEN[case]) == TIMES
    _all_is_well(served, plumber, dentist)


def test_a_static_file_that_changes_under_the_process(served, plumber, dentist):
    assert served.http.get("/static/changed.css").text == "short"
    (served.static / "changed.css").write_text("longer than it was at the start")
    assert served.broken("/static/changed.css", plumber.host) == TIMES
    (served.static / "changed.css").write_text("short")
    _all_is_well(served, plumber, dentist)


@pytest.mark.parametrize("path", ["/page/", "/page/?wait=0.02", "/pieces/"])
def test_a_request_that_the_server_cancels(served, plumber, dentist, path):
    assert int(served.http.get(f"/-/cancelled?{path}").text) > 5
    _all_is_well(served, plumber, dentist)


@pytest.mark.parametrize("path", ["/page/?bytes=20000000", "/pieces/?bytes=20000000"])
def test_clients_that_read_slowly_hold_none(served, plumber, dentist, path):
    slow = [served.connect(f"GET {path} HTTP/1.1\r\nHost: localhost") for _ in range(10)]
    assert all(sock.recv(1) for sock in slow)
    _all_is_well(served, plumber, dentist)
    for sock in slow:
        sock.close()


def _all_is_well(served: Served, plumber, dentist) -> None:
    # A page that had to wait for the pool would be an error: it is waited for two seconds.
    assert served.borrowed() == 0
    for biz in (plumber, dentist):
        page = served.http.get("/login/", headers={"Host": biz.host})
        assert page.status_code == 200, page.text
    assert served.http.get("/page/").text == "xx"
    assert served.borrowed() == 0
