"""Servers inside the test process: the web application and the provider's stand-in, over real HTTP."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from bench.standin import StandIn

_PATIENCE = 2.0  # seconds for requests still being answered when a test is over
_serving: list[uvicorn.Server] = []


@contextmanager
def web_server() -> Iterator[str]:
    """Serve config.asgi on a free port of 127.0.0.1 in a thread; yields its address."""
    from config.asgi import application

    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, log_config=None, lifespan="on", loop="asyncio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > until:
            raise RuntimeError("the web application did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    _serving.append(server)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        _serving.remove(server)
        server.should_exit = True
        thread.join(timeout=10)


def settle() -> None:
    """End calls a test left in progress and let its requests be answered: none may reach the next test."""
    for server in _serving:
        loop = server.servers[0].get_loop()
        asyncio.run_coroutine_threadsafe(_settle(server), loop).result(_PATIENCE + 10)


async def _settle(server: uvicorn.Server) -> None:
    from config.asgi import simulator_door

    if simulator_door:
        await simulator_door.stop()
    until = time.monotonic() + _PATIENCE
    while server.server_state.tasks and time.monotonic() < until:
        await asyncio.sleep(0.01)


@contextmanager
def stand_in_server() -> Iterator[tuple[StandIn, str]]:
    """Serve the provider's stand-in in a thread; yields it and its address."""
    stand_in, loop = StandIn(), asyncio.new_event_loop()
    stand_in.latency = 0.0
    started: list[int] = []

    async def serve() -> None:
        server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0, limit=1_000_000)
        started.append(server.sockets[0].getsockname()[1])
        async with server:
            await server.serve_forever()

    def run() -> None:
        asyncio.set_event_loop(loop)
        task = loop.create_task(serve())
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield stand_in, f"http://127.0.0.1:{started[0]}"
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join(timeout=5)
