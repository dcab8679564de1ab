"""Twilio's own SDK over our pooled connections, at a configurable address.

The SDK is heavy to import, so it is imported where it is first needed: in the worker, not the web.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urlsplit

import structlog
import urllib3

from messaging.providers.pool import patience, pool

if TYPE_CHECKING:
    from twilio.rest import Client

log = structlog.get_logger(__name__)

# The provider's own address: its other products (Lookups) have hosts beside it. Any other address
# is a stand-in or the simulator, which serves all of them.
PUBLIC = "https://api.twilio.com"


def origin(base_url: str, wanted: SplitResult) -> str:
    """Return where a request of the SDK goes."""
    return f"https://{wanted.netloc}" if base_url == PUBLIC else base_url


@lru_cache(maxsize=2000)
def client(base_url: str, account_sid: str, token: str) -> Client:
    """Return an SDK client for an account."""
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
            target = f"{origin(base_url, parts)}{parts.path}" + (f"?{query}" if query else "")
            sent = dict(headers or {})
            sent["X-Twilio-Host"] = parts.netloc
            body = None
            if data and sent.get("Content-Type") == "application/json":
                body = json.dumps(_said(data)).encode()
            elif data:
                body = urlencode(data, doseq=True).encode()
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            if auth:
                sent.update(urllib3.make_headers(basic_auth=":".join(auth)))
            answer = pool(base_url).request(
                method,
                target,
                body=body,
                headers=sent,
                redirect=False,
                timeout=patience(timeout),
            )
            return Response(answer.status, answer.data.decode("utf-8", "replace"), answer.headers)

    return Client(account_sid, token, http_client=Pooled(log, False, None))


def _said(value: Any) -> Any:
    """Return what is said of a thing, all that is not left out: the SDK writes null for it."""
    if isinstance(value, dict):
        return {name: _said(each) for name, each in value.items() if each is not None}
    return [_said(each) for each in value] if isinstance(value, list) else value


@lru_cache(maxsize=2000)
def creating(base_url: str, account_sid: str, token: str) -> tuple[str, dict[str, str]]:
    """Return address and headers of the SDK's request that creates a Message.

    They are the same for every text of an account: the SDK would make them anew each time.
    """
    sdk = client(base_url, account_sid, token)
    wanted = sdk.get_hostname(f"{PUBLIC}/2010-04-01/Accounts/{account_sid}/Messages.json")
    parts = urlsplit(wanted)
    headers = sdk.get_headers(
        "POST", {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    )
    headers["X-Twilio-Host"] = parts.netloc
    headers.update(urllib3.make_headers(basic_auth=f"{account_sid}:{token}"))
    return f"{origin(base_url, parts)}{parts.path}", headers


def error_of(address: str, answer: urllib3.BaseHTTPResponse) -> Exception:
    """Return what the SDK would raise for an answer that creates nothing."""
    from twilio.base.version import Version
    from twilio.http.response import Response

    text = answer.data.decode("utf-8", "replace")
    return Version.exception(
        "POST", address, Response(answer.status, text, answer.headers), "Unable to create record"
    )


def warm(base_url: str) -> None:
    """Import the SDK down to the resource that sends (half a second the first text need not wait)."""
    _ = client(base_url, "AC" + "0" * 32, "warm").messages
