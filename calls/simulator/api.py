"""The carrier's REST API, as far as the platform uses it.

Messages, Calls, Lookups and the sound of a voicemail; numbers and registrations stand behind a
counter of their own (calls/simulator/counter.py).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from calls.simulator import media, office, outbound, texts
from calls.simulator.counter import Counter
from calls.simulator.dialect import API_VERSION, Place
from calls.simulator.http import Receive, Send, answer, headers_of, read_body
from calls.simulator.inputs import BadInput
from calls.simulator.recording import tone
from messaging.providers.base import Pairs
from messaging.providers.signature import parse_form, readable
from tenants.door import Hub

_FORM = "application/x-www-form-urlencoded"
_BILL = 12_000_000  # bytes: a document with its form around it


class Api:
    """ASGI application for /simulator/api/; raises texts.ApiError for what the provider refuses."""

    def __init__(
        self,
        hub: Hub,
        carrier: texts.Texts,
        placing: outbound.Outbound,
        place_of: Callable[[str], Awaitable[Place]],
        counter: Counter,
    ) -> None:
        self.hub, self.texts, self.placing, self.place_of = hub, carrier, placing, place_of
        self.counter = counter

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        path, method = scope["path"].removeprefix("/simulator/api"), scope["method"]
        query = readable(parse_form(scope.get("query_string", b"")))
        match [method, *path.strip("/").split("/")]:
            case ["GET", "v2", "PhoneNumbers", number]:
                await self._authenticate(scope, "")
                await answer(send, 200, outbound.line_of(number))
            case ["GET", version, "Accounts", sid, "Recordings", name] if version == API_VERSION:
                await self._authenticate(scope, sid)
                await answer(send, 200, tone(name), content_type="audio/x-wav")
            case ["GET", version, "Accounts", sid, "Messages", _, "Media", name] if (
                version == API_VERSION
            ):
                await self._authenticate(scope, sid)
                found = await media.content_of(self.texts.network.redis, name)
                if found is None:
                    raise texts.ApiError(404, 20404, "The requested resource was not found")
                await answer(send, 200, found[0], content_type=found[1])
            case [_, version, "Accounts", sid, "Messages.json"] if version == API_VERSION:
                await self._authenticate(scope, sid)
                if method == "GET":
                    await answer(send, 200, await self.texts.list(sid, query, path))
                else:
                    pairs = await self._pairs(method, receive)
                    form = readable(pairs)
                    urls = [
                        value.decode("utf-8", "replace") for n, value in pairs if n == b"MediaUrl"
                    ]
                    texts.check(form, urls)
                    place = await self._sender(form["From"], sid)
                    await answer(send, 201, await self.texts.create(place, form, urls))
            case [_, version, "Accounts", sid, "Calls.json"] if version == API_VERSION:
                token = await self._authenticate(scope, sid)
                if method == "GET":
                    await answer(send, 200, await self.placing.list(sid, query, path))
                else:
                    form = await self._form(method, receive)
                    await answer(send, 201, await self.placing.create(sid, token, form))
            case [_, *parts]:
                await self._at_counter(scope, path, parts, query, receive, send)

    async def _at_counter(
        self,
        scope: Mapping[str, Any],
        path: str,
        parts: list[str],
        query: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        method = scope["method"]
        named = parts[2] if parts[:2] == [API_VERSION, "Accounts"] and len(parts) > 3 else ""
        account = named or _signed_in_as(scope)[0]
        await self._authenticate(scope, account)
        body = await read_body(receive, _BILL) if method == "POST" else b""
        kind = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        pairs = parse_form(body) if kind.startswith(_FORM) else []
        said = _json(body) if kind.startswith("application/json") else None
        lists: dict[str, list[str]] = {}
        for name, value in pairs:
            lists.setdefault(name.decode(errors="replace"), []).append(
                value.decode(errors="replace")
            )
        reply = await self.counter.answer(
            office.Asked(method, path, account, query, readable(pairs), lists, time.time(), said)
        )
        if reply is None:
            raise texts.ApiError(404, 20404, "The requested resource was not found")
        await answer(send, reply.status, b"" if reply.body is None else reply.body)

    async def _form(self, method: str, receive: Receive) -> dict[str, str]:
        return readable(await self._pairs(method, receive))

    @staticmethod
    async def _pairs(method: str, receive: Receive) -> Pairs:
        if method != "POST":
            raise texts.ApiError(405, 20004, "Method not allowed")
        return parse_form(await read_body(receive))

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

    async def _authenticate(self, scope: Mapping[str, Any], sid: str) -> str:
        """Return the token that was given. Raises ApiError(401) unless it is this account's.

        sid: the account of the path; '' where the path names none.
        """
        user, token = _signed_in_as(scope)
        sid = sid or user
        for fresh in (False, True):  # a token may have been rotated a second ago
            account = await self.hub.directory.account("simulator", sid, fresh=fresh)
            if (
                account is not None
                and user == sid
                and any(
                    hmac.compare_digest(token.encode(), secret.encode())
                    for secret in account.secrets
                )
            ):
                return token
        raise texts.ApiError(401, 20003, "Authenticate")


def _signed_in_as(scope: Mapping[str, Any]) -> tuple[str, str]:
    """Return the account and the token a request was signed in with, not yet proven; '' for none."""
    kind, _, encoded = headers_of(scope).get("authorization", "").partition(" ")
    try:
        user, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, token) if kind.lower() == "basic" else ("", "")


def _json(body: bytes) -> Any:
    """Return what a body of JSON says, nothing for one that is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
