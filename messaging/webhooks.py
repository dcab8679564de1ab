"""The door providers knock on: verify, store with its agenda row, answer. A bare ASGI application.

It stands before Django's middleware: no tenant is chosen, no session looked up, nothing is asked
of the database but one INSERT (see bench/). Unverified requests leave no trace but a count.
Instructions to stop are obeyed before the answer (messaging/stop_path.py).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string
from psycopg.types.json import Jsonb

from messaging import stop_path
from messaging.instructions import is_instruction
from messaging.plan import POSTURE, SAID, Hangup, Step, transcript
from messaging.providers import provider
from messaging.providers.base import BadEvent, Pairs, Provider, Received
from messaging.providers.signature import parse_form, readable
from tenants import metrics
from tenants.door import Hub
from tenants.routing import Account, Route

log = structlog.get_logger(__name__)

MAX_BODY = 256 * 1024
# Asked on the leg of whoever was rung, staff or on call, before it is connected.
SCREENS = frozenset({"voice.screen", "voice.oncall.screen"})
# A provider gives a voice webhook 15 s (telephony.md 1.6); PostgreSQL restarting takes less.
STORE_WITHIN_SECONDS = 10.0
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

_STORE = """
    WITH event AS (
        INSERT INTO public.tenants_providerevent
            (provider, kind, account_id, business_id, dedupe_key, subject, params, state, note, received_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (dedupe_key) DO NOTHING RETURNING id
    )
    INSERT INTO public.tenants_agendaitem
        (lane, kind, business_id, subject, unique_key, due_at, state, attempts, claimed_by, last_error, created_at)
    SELECT %s, %s, %s, id::text, 'event:' || id, now(), 'waiting', 0, '', '', now() FROM event
    WHERE %s <> ''
    RETURNING id
"""


class Refused(Exception):
    """An answer other than 200: status and a plain sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class WebhookDoor:
    """ASGI application for /webhooks/<provider>/<path>."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        kind = "unknown"
        try:
            adapter, path = self._where(scope)
            kind = settings.WEBHOOKS[path][0]
            body = await _read(scope, receive)
            answer = await self._handle(adapter, path, scope, body)
            await _answer(send, 200, answer, b"text/xml; charset=utf-8")
            result = "ok"
        except Refused as refusal:
            result = str(refusal.status)
            await _answer(
                send, refusal.status, f"{refusal.sentence}\n".encode(), b"text/plain; charset=utf-8"
            )
        except Exception:
            log.exception("webhook_failed", kind=kind)
            result = "500"
            await _answer(send, 500, b"Something of ours failed.\n", b"text/plain; charset=utf-8")
        metrics.WEBHOOKS.labels(kind, result).inc()
        metrics.WEBHOOK_SECONDS.labels(kind).observe(time.perf_counter() - started)

    def _where(self, scope: Mapping[str, Any]) -> tuple[Provider, str]:
        _, _, rest = scope["path"].partition("/webhooks/")
        name, _, path = rest.partition("/")
        if name not in settings.PROVIDERS or path not in settings.WEBHOOKS:
            raise Refused(404, "There is no such webhook.")
        if name == "simulator" and not settings.SIMULATOR_ENABLED:
            raise Refused(404, "There is no such webhook.")
        if scope["method"] != "POST":
            raise Refused(405, "Webhooks are posted: set the method to POST at the provider.")
        return provider(name), path

    async def _handle(
        self, adapter: Provider, path: str, scope: Mapping[str, Any], body: bytes
    ) -> bytes:
        kind, agenda_kind, lane, answerer = settings.WEBHOOKS[path]
        received_at = datetime.now(UTC)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        try:
            pairs: Pairs = adapter.parse(headers.get("content-type", ""), body)
            query = readable(parse_form(scope.get("query_string", b"")))
        except ValueError as error:
            raise Refused(400, f"Body: {error}.") from None
        params = readable(pairs)
        account = await self._verified(adapter, scope, headers, body, pairs, params, query)
        for name in (POSTURE, SAID):
            params.pop(name, None)  # ours to say
        # Our own URL's query: the message id on a receipt, the caller's leg on a staff phone's, the call
        # a member placed.
        named = ("message", "business", "parent", "call")
        params.update({k: v for k, v in query.items() if k in named})
        if (actual := adapter.kind_of(kind, params)) != kind:
            kind, agenda_kind, lane, answerer = _by_kind(actual)
        try:
            subject = adapter.subject(kind, params)
        except BadEvent as error:
            await self._store(
                adapter, kind, account, None, params, "", "refused", str(error), received_at
            )
            raise Refused(400, f"{error}.") from None
        route = await self._route(adapter, kind, account, params)
        if route is None:
            number = adapter.our_number(kind, params)
            log.warning("webhook_unroutable", kind=kind, number=number, account=account.id)
            await self._store(
                adapter,
                kind,
                account,
                None,
                params,
                subject,
                "unroutable",
                "No active number of ours under this account.",
                received_at,
            )
            # On a staff leg silence would connect the call.
            return adapter.render([Hangup()]) if kind in SCREENS else adapter.silence()
        if kind == "messaging" and self._instructs(adapter, params):
            try:
                await self._obey_now(adapter, kind, account, route, params, subject, received_at)
                return adapter.silence()
            except Refused:
                raise
            except Exception:
                # Obeying failed for a reason of ours: it is stored, and the worker tries again.
                log.exception("stop_not_obeyed_yet", subject=subject)
        wanted = kind not in SCREENS or params.get("Digits") is not None
        steps: list[Step] = import_string(answerer)(route, params) if answerer else []
        await self._store(
            adapter,
            kind,
            account,
            route,
            params,
            subject,
            "stored" if wanted else "processed",
            "",
            received_at,
            agenda_kind if wanted else "",
            lane,
            said=_said(adapter, route, params, steps),
        )
        return adapter.render(steps, subject) if answerer else adapter.silence()

    async def _verified(
        self,
        adapter: Provider,
        scope: Mapping[str, Any],
        headers: Mapping[str, str],
        body: bytes,
        pairs: Pairs,
        params: Mapping[str, str],
        query: Mapping[str, str],
    ) -> Account:
        # The configured address, never the Host header: proxies rewrite it and anybody can fake it.
        raw_path = scope.get("raw_path") or scope["path"].encode()
        asked = scope.get("query_string", b"")
        url = settings.PUBLIC_BASE_URL + raw_path.decode("latin-1")
        if asked:
            url += "?" + asked.decode("latin-1")
        received = Received(url, headers, body, pairs)
        claimed = adapter.account_of(params, query)
        for fresh in (False, True):  # a token may have been rotated a second ago
            account = await self._patiently(
                self.hub.directory.account(adapter.name, claimed, fresh=fresh)
            )
            if account is None:
                break
            if adapter.verify(received, account):
                return account
        metrics.WEBHOOKS_UNVERIFIED.labels(adapter.name).inc()
        log.warning(
            "webhook_unverified",
            provider=adapter.name,
            known_account=account is not None,
            fields=sorted(params)[:40],
        )
        raise Refused(403, "The signature does not fit.")

    async def _route(
        self, adapter: Provider, kind: str, account: Account, params: Mapping[str, str]
    ) -> Route | None:
        number = adapter.our_number(kind, params)
        if adapter.is_staff_leg(params) or (not number and kind.startswith("voice")):
            # On the staff's leg To is the staff's phone, and a recording's report names none; the
            # arrival of the call knows our number.
            subject = adapter.subject(kind, params)
            called = await self._patiently(self.hub.called_number(adapter.name, subject))
            number = called or number
        if not number and kind == "messaging.status":
            # A receipt without a sender: our own callback's query, which was signed, names whose.
            sender = self.hub.number_under(params.get("business", ""), account.id)
            number = await self._patiently(sender) or ""
        # A number that was switched off takes no calls, but a STOP to it is obeyed.
        is_text = kind == "messaging"
        for fresh in (False, True):
            route: Route | None = await self._patiently(
                self.hub.directory.route(number, fresh=fresh, inactive_too=is_text)
            )
            if route is not None and route.account_id == account.id:
                return route
        return None

    @staticmethod
    def _instructs(adapter: Provider, params: Mapping[str, str]) -> bool:
        event = adapter.text_event(params)
        return is_instruction(event.body, event.opt_out)

    async def _obey_now(
        self,
        adapter: Provider,
        kind: str,
        account: Account,
        route: Route,
        params: Mapping[str, str],
        subject: str,
        received_at: datetime,
    ) -> None:
        """STOP, START and HELP take effect in the transaction that stores them, before we answer."""
        stored = stop_path.Stored(
            adapter.name,
            kind,
            account.id,
            route.business_id,
            route.schema,
            _dedupe_key(adapter, kind, subject, params),
            subject,
            dict(params),
            received_at,
        )
        until = time.monotonic() + STORE_WITHIN_SECONDS
        while True:
            try:
                await asyncio.to_thread(stop_path.store_and_obey, stored)
                return
            except (OperationalError, InterfaceError) as error:
                # PostgreSQL is restarting; obeying twice is harmless, losing a STOP is not.
                if time.monotonic() > until:
                    log.exception("stop_not_obeyed", error=type(error).__name__)
                    raise Refused(503, "Not stored; please send it again.") from None
                await asyncio.sleep(0.2)

    async def _store(
        self,
        adapter: Provider,
        kind: str,
        account: Account,
        route: Route | None,
        params: Mapping[str, str],
        subject: str,
        state: str,
        note: str,
        received_at: datetime,
        agenda_kind: str = "",
        lane: str = "realtime",
        said: Mapping[str, str] | None = None,
    ) -> None:
        business_id = route.business_id if route else None
        values = (
            adapter.name,
            kind,
            account.id,
            business_id,
            _dedupe_key(adapter, kind, subject, params),
            subject,
            Jsonb({**params, **(said or {})}),
            state,
            note,
            received_at,
            lane,
            agenda_kind,
            business_id,
            agenda_kind,
        )
        row = await self._patiently(self.hub.fetch(_STORE, values))
        if row is not None:
            await self.hub.wake(lane)

    @staticmethod
    async def _patiently(work: Awaitable[Any]) -> Any:
        """Wait for the database through a restart; raise Refused(503) when it stays away."""
        try:
            return await work
        except (psycopg.OperationalError, OSError) as error:
            log.error("webhook_not_stored", error=type(error).__name__)
            raise Refused(503, "Not stored; please send it again.") from None


def _by_kind(kind: str) -> tuple[str, str, str, str | None]:
    return next(row for row in settings.WEBHOOKS.values() if row[0] == kind)


def _said(
    adapter: Provider, route: Route, params: Mapping[str, str], steps: list[Step]
) -> dict[str, str]:
    """Return what the caller is made to hear, to stand with the webhook that asked: evidence of it."""
    if not steps or adapter.is_staff_leg(params):
        return {}
    said = transcript(steps)
    return {POSTURE: route.posture, **({SAID: said} if said else {})}


def _dedupe_key(adapter: Provider, kind: str, subject: str, params: Mapping[str, str]) -> str:
    """One provider event is one row, however often it is delivered.

    The provider's own id of the event tells; without one a retry repeats every field.
    """
    digest = hashlib.sha256()
    if identity := adapter.identity(params):
        digest.update(identity.encode("utf-8", "surrogatepass"))
    else:
        for name in sorted(params):
            digest.update(f"{name}\x00{params[name]}\x00".encode("utf-8", "surrogatepass"))
    return f"{adapter.name}:{kind}:{subject}:{digest.hexdigest()[:24]}"


async def _read(scope: Mapping[str, Any], receive: Receive) -> bytes:
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The request broke off.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise Refused(413, f"Body: at most {MAX_BODY} bytes are read.")
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def _answer(send: Send, status: int, body: bytes, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def host_is_public(scope: Mapping[str, Any]) -> bool:
    """Whether a request came to the public host, by its Host header."""
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1")
    return (urlsplit(f"//{host}").hostname or "") in settings.PUBLIC_HOSTS
