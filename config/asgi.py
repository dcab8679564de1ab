"""The web process: webhooks go straight to their door, everything else to Django."""

from __future__ import annotations

import os
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from django.conf import settings

from config.bodies import Limited
from config.lending import Lending
from config.settled import settle
from inbox.live.door import is_live, live_door
from inbox.live.hub import close_hub
from inbox.live.presence import is_presence, presence
from messaging.webhooks import WebhookDoor, host_is_public
from tenants.door import Hub

# Our static files are small: reading one whole before sending it is no harm.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")

# A form around the largest call log.
limited_application = Limited(
    Lending(cast(Any, django_application)), settings.CALL_LOG_MAX_BYTES + 1_000_000
)
hub = Hub()
webhook_door = WebhookDoor(hub)
simulator_door = None
if settings.SIMULATOR_ENABLED:
    from calls.simulator.asgi import PATHS, SimulatorDoor

    simulator_door = SimulatorDoor(hub)
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """ASGI entry point."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif (
        scope["type"] == "http" and scope["path"].startswith("/webhooks/") and host_is_public(scope)
    ):
        await webhook_door(scope, receive, send)
    elif scope["type"] == "http" and simulator_door and is_simulator(scope):
        await simulator_door(scope, receive, send)
    elif scope["type"] == "websocket":
        await (presence if is_presence(scope) else _no_socket)(scope, receive, send)
    elif scope["type"] == "http" and is_live(scope):
        await live_door(scope, receive, send)
    else:
        await limited_application(scope, receive, send)


def is_simulator(scope: dict[str, Any]) -> bool:
    """Whether a request is for the simulator's own doors (its page is Django's)."""
    return scope["path"].startswith(PATHS) and host_is_public(scope)


async def _no_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})  # before it was accepted: 403


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            settle()
            await hub.open()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await close_hub()
            if simulator_door:
                await simulator_door.close()
            await hub.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
