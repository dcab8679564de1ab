"""Twilio's Messages API through its own SDK, over a pooled connection to a configurable address.

The SDK is heavy to import, so it is imported where it is first needed: in the worker, not the web.
"""

from __future__ import annotations

import threading
from datetime import UTC, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import structlog
import urllib3
from django.conf import settings

from messaging.providers.base import Credentials, Found, SendResult, Text
from messaging.status import FROM_PROVIDER, explain

if TYPE_CHECKING:
    from twilio.rest import Client

log = structlog.get_logger(__name__)

# Twilio clears its queue by itself; a text older than this would come too late (telephony.md 2.5).
_MIN_VALID, _MAX_VALID = 1, 36_000
_pool_lock = threading.Lock()
_pools: dict[str, urllib3.PoolManager] = {}


def _pool(base_url: str) -> urllib3.PoolManager:
    with _pool_lock:
        if base_url not in _pools:
            _pools[base_url] = urllib3.PoolManager(
                num_pools=4, maxsize=settings.DRAIN_IO_THREADS, block=False, retries=False
            )
        return _pools[base_url]


@lru_cache(maxsize=2000)
def _client(base_url: str, account_sid: str, token: str) -> Client:
    from urllib.parse import urlencode, urlsplit

    from twilio.http import HttpClient
    from twilio.http.response import Response
    from twilio.rest import Client

    class Pooled(HttpClient):
        """Sends the SDK's requests to `base_url` over kept-alive connections.

        Lighter than the SDK's own (which goes through requests), and it lets the kind of a
        network failure through: refused before it left is not the same as no answer.
        """

        def request(  # type: ignore[no-untyped-def]
            self,
            method,
            url,
            params=None,
            data=None,
            headers=None,
            auth=None,
            timeout=None,
            allow_redirects=False,
        ) -> Response:
            parts = urlsplit(url)
            query = urlencode({k: v for k, v in (params or {}).items() if v is not None})
            query = "&".join(q for q in (parts.query, query) if q)
            target = f"{base_url}{parts.path}" + (f"?{query}" if query else "")
            sent = dict(headers or {})
            sent["X-Twilio-Host"] = parts.netloc
            body = None
            if data:
                body = urlencode(data, doseq=True).encode()
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            if auth:
                sent.update(urllib3.make_headers(basic_auth=":".join(auth)))
            answer = _pool(base_url).request(
                method,
                target,
                body=body,
                headers=sent,
                redirect=False,
                timeout=urllib3.Timeout(
                    connect=5, read=timeout or settings.PROVIDER_TIMEOUT_SECONDS
                ),
            )
            return Response(answer.status, answer.data.decode("utf-8", "replace"), answer.headers)

    return Client(account_sid, token, http_client=Pooled(log, False, None))


def warm(base_url: str) -> None:
    """Import the SDK down to the resource that sends (half a second the first text need not wait)."""
    _ = _client(base_url, "AC" + "0" * 32, "warm").messages


def create_message(base_url: str, account: Credentials, text: Text, callback: str) -> SendResult:
    """Create a Message. Never raises for the network or the provider; says what is known instead."""
    from twilio.base.exceptions import TwilioRestException

    try:
        created = _client(base_url, account.account_sid, account.token).messages.create(
            to=text.to,
            from_=text.sender,
            body=text.body,
            status_callback=callback,
            validity_period=max(_MIN_VALID, min(_MAX_VALID, text.valid_seconds)),
        )
    except TwilioRestException as error:
        return _refusal(error)
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
        # Never left this machine.
        return SendResult("retry", retry_seconds=2, detail=type(error).__name__)
    except Exception as error:
        # A time-out, a connection closed in mid-answer, an answer that is no JSON: it may have
        # been taken. There is no idempotency key, so only asking can tell (telephony.md 2.4).
        return SendResult("unknown", detail=f"{type(error).__name__}: {error}"[:200])
    if not created.sid:
        return SendResult("unknown", detail="the answer carried no message id")
    return SendResult(
        "accepted", message_id=created.sid, status=FROM_PROVIDER.get(str(created.status), "sending")
    )


def _refusal(error: Any) -> SendResult:
    status, code = int(error.status or 0), str(error.code or "")
    if status == 429:
        return SendResult("retry", code=code or "20429", http_status=status, retry_seconds=1)
    if status >= 500 or status < 400:
        # The server broke after it had read the request: it may have been taken.
        return SendResult("unknown", code=code, http_status=status, detail=f"HTTP {status}")
    if explain(code, status).kind == "transient":
        return SendResult("retry", code=code, http_status=status, retry_seconds=5)
    return SendResult("refused", code=code, http_status=status, detail=str(error.msg)[:200])


def find_message(base_url: str, account: Credentials, text: Text, taken: frozenset[str]) -> Found:
    """Look for a text among the newest Messages between the two numbers. Never raises."""
    try:
        listed = _client(base_url, account.account_sid, account.token).messages.list(
            to=text.to, from_=text.sender, limit=50, page_size=50
        )
    except Exception as error:
        log.warning("find_failed", error=type(error).__name__)
        return Found("unknown")
    earliest = text.created_at - timedelta(minutes=1)
    for message in listed:
        created = message.date_created
        if created is not None and created.tzinfo is None:
            created = created.replace(tzinfo=UTC)
        same = (message.body or "").strip() == text.body.strip() and message.sid not in taken
        if same and (created is None or created >= earliest):
            return Found(
                "found",
                message.sid or "",
                FROM_PROVIDER.get(str(message.status), "sending"),
                str(message.error_code or ""),
            )
    return Found("absent")
