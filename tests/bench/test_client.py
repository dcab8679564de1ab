"""The load generator's client against a server that answers in pieces and closes when it likes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from bench.client import Client

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Result = TypeVar("Result")
REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"


def _with(serve: Serve, use: Callable[[Client], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = Client(server.sockets[0].getsockname()[1])
        try:
            return await asyncio.wait_for(use(client), 10)
        finally:
            client.close()
            server.close()

    return asyncio.run(run())


def _server(*pieces: bytes, requests: int = 1000) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(requests):
            try:
                await reader.readuntil(b"hi")
            except asyncio.IncompleteReadError:
                break
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    return serve


def test_an_answer_in_pieces() -> None:
    serve = _server(b"HTTP/1.1 2", b"03 X\r\nContent-", b"LENGTH: 5\r\n\r\nab", b"cde")
    assert _with(serve, lambda client: client.post(REQUEST)) == (203, b"abcde")


def test_connections_are_kept() -> None:
    async def use(client: Client) -> int:
        for _ in range(5):
            await client.post(REQUEST)
        return len(client._idle)

    assert _with(_server(b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n"), use) == 1


def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    async def use(client: Client) -> list[int]:
        found = []
        for _ in range(3):
            found.append((await client.post(REQUEST))[0])
            await asyncio.sleep(0.05)
        return found

    serve = _server(b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n", requests=1)
    assert _with(serve, use) == [200, 200, 200]


def test_no_answer_is_an_error() -> None:
    with pytest.raises(OSError):
        _with(_server(requests=1), lambda client: client.post(REQUEST))
