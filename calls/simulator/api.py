"""The carrier's REST API, as far as the platform uses it: Messages and the sound of a voicemail."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from calls.simulator import texts
from calls.simulator.dialect import API_VERSION, Place
from calls.simulator.http import Receive, Send, answer, headers_of, read_body
from calls.simulator.inputs import BadInput
from calls.simulator.recording import tone
from messaging.providers.signature import parse_form, readable
from tenants.door import Hub


class Api:
    """ASGI application for /simulator/api/; raises texts.ApiError for what the provider refuses."""

    def __init__(
        self, hub: Hub, carrier: texts.Texts, place_of: Callable[[str], Awaitable[Place]]
    ) -> None:
        self.hub, self.texts, self.place_of = hub, carrier, place_of

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        parts = scope["path"].removeprefix("/simulator/api/").strip("/").split("/")
        if len(parts) < 4 or parts[:2] != [API_VERSION, "Accounts"]:
            raise texts.ApiError(404, 20404, "The requested resource was not found")
        sid, resource, method = parts[2], parts[3], scope["method"]
        await self._authenticate(scope, sid)
        if resource == "Recordings" and len(parts) == 5 and method == "GET":
            await answer(send, 200, tone(parts[4]), content_type="audio/x-wav")
        elif resource != "Messages.json" or len(parts) != 4:
            raise texts.ApiError(404, 20404, "The requested resource was not found")
        elif method == "GET":
            query = readable(parse_form(scope.get("query_string", b"")))
            path = scope["path"].removeprefix("/simulator/api")
            await answer(send, 200, await self.texts.list(sid, query, path))
        elif method == "POST":
            form = readable(parse_form(await read_body(receive)))
            texts.check(form)
            place = await self._sender(form["From"], sid)
            await answer(send, 201, await self.texts.create(place, form))
        else:
            raise texts.ApiError(405, 20004, "Method not allowed")

    async def _sender(self, number: str, account_sid: str) -> Place:
        try:
            place = await self.place_of(number)
        except BadInput:
            place = None
        if place is None or place.account_sid != account_sid:
            raise texts.ApiError(
                400, 21606, f"The 'From' phone number {number} is not one of this account's."
            )
        return place

    async def _authenticate(self, scope: Mapping[str, Any], sid: str) -> None:
        """Raises ApiError(401) unless the Basic credentials are this account's."""
        kind, _, encoded = headers_of(scope).get("authorization", "").partition(" ")
        try:
            user, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user, token = "", ""
        for fresh in (False, True):  # a token may have been rotated a second ago
            account = await self.hub.directory.account("simulator", sid, fresh=fresh)
            if (
                account is not None
                and kind.lower() == "basic"
                and user == sid
                and any(
                    hmac.compare_digest(token.encode(), secret.encode())
                    for secret in account.secrets
                )
            ):
                return
        raise texts.ApiError(401, 20003, "Authenticate")
