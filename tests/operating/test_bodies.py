"""No body larger than the largest upload comes in, with or without a length."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import uvicorn

from config.bodies import Limited


async def _echo(scope, receive, send):
    came = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        came += len(message["body"])
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(came).encode()})


@pytest.fixture
def served():
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(Limited(_echo, 1_000), log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def post(url: str, body, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.request("POST", "/", body, headers, encode_chunked=not isinstance(body, bytes))
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_body_within_the_limit_passes(served):
    assert post(served, b"x" * 1_000) == (200, "1000")


def test_a_body_that_says_it_is_larger_is_refused(served):
    assert post(served, b"x" * 1_001)[0] == 413


def test_a_body_that_does_not_say_is_refused_when_it_is_larger(served):
    pieces = iter([b"x" * 600, b"x" * 600])
    status, words = post(served, pieces, **{"Transfer-Encoding": "chunked"})
    assert status == 413 and "larger than anything" in words
