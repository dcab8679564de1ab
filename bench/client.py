"""A light HTTP/1.1 client over kept-alive connections: ready-made bytes out, status and body back."""

from __future__ import annotations

import asyncio


class Connection(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport, self.is_open = transport, True  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request under way, if any."""
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed without an answer"))

    def data_received(self, data: bytes) -> None:
        """Collect until the announced length is there."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        body, self._buffer = self._buffer[end + 4 : end + 4 + length], b""
        if not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    async def exchange(self, raw: bytes) -> tuple[int, bytes]:
        """Send one request and return status and body. Raises OSError when the connection breaks."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


class Client:
    """As many connections to one loopback port as there are requests at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: list[Connection] = []

    async def post(self, raw: bytes) -> tuple[int, bytes]:
        """Send ready-made bytes and return status and body; one new connection if a kept one died."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                try:
                    return await self._over(connection, raw)
                except OSError:
                    break  # closed by the server in the same moment
        return await self._over(await self._open(), raw)

    async def _over(self, connection: Connection, raw: bytes) -> tuple[int, bytes]:
        answer = await connection.exchange(raw)
        self._idle.append(connection)
        return answer

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, "127.0.0.1", self.port)
        return connection

    async def warm(self, count: int) -> None:
        """Open connections ahead, so that a burst does not measure connecting."""
        self._idle += [await self._open() for _ in range(count)]

    def close(self) -> None:
        """Close what is idle."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()
