"""Posting to strangers' addresses: only to public machines, pinned, and never longer than was said."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from tenants import outgoing
from tests.support.endpoints import listening_client


@pytest.fixture
def client():
    with listening_client() as served:
        yield served


def line(url, seconds=5.0):
    return outgoing.Line(outgoing.found(url, allow_private=True), seconds=seconds)


def test_one_connection_serves_many_posts_and_redirects_are_not_followed(client):
    client.headers, client.answers = {"Location": "http://127.0.0.1:1/"}, [302, 200]
    wire = line(client.url)
    assert [wire.post(b"{}", {"a": "b"}).status for _ in range(3)] == [302, 200, 204]
    assert len(client.got) == 3 and client.got[0].headers["a"] == "b"
    assert client.got[0].headers["Host"] == client.url.split("/")[2]
    wire.close()


def test_a_connection_that_had_gone_is_opened_again(client):
    wire = line(client.url)
    wire.post(b"{}", {})
    wire._socket.socket.shutdown(socket.SHUT_RDWR)
    assert wire.post(b"{}", {}).status == 204
    wire.close()


def test_a_machine_that_answers_a_byte_now_and_then_holds_nobody():
    over = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def drip() -> None:
            talk, _ = listener.accept()
            with talk:
                for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1000:
                    if over.wait(0.05):
                        return
                    try:
                        talk.sendall(bytes([letter]))
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        wire = line(f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.5)
        with pytest.raises(outgoing.NoAnswer, match=r"within 0\.5 s"):
            wire.post(b"{}", {})
        over.set()
        assert time.monotonic() - began < 5


def test_much_is_not_read_and_the_connection_is_not_kept(client):
    client.answers, client.body = [200], b"x" * 100_000
    wire = line(client.url)
    assert len(wire.post(b"{}", {}).body) == outgoing.MOST_READ and wire._socket is None


def test_nobody_there_and_nobody_public():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        wire = line(f"http://127.0.0.1:{taken.getsockname()[1]}/")
        with pytest.raises(outgoing.NoAnswer, match="No answer"):
            wire.post(b"{}", {})
    for url in ("https://127.0.0.1/", "https://[::ffff:169.254.169.254]/", "https://10.1.2.3/"):
        with pytest.raises(outgoing.Refused, match="private"):
            outgoing.found(url)
