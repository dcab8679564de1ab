"""Telnyx's Messages API v2: handing a text over, and asking whether one was taken.

Sources: telephony.md 4.3; the provider's own API description for fields and the Idempotency-Key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
import urllib3

from messaging.providers.base import Credentials, Found, SendResult, Text
from messaging.providers.pool import NEVER_LEFT, patience, pool
from messaging.status import FROM_TELNYX, FROM_TELNYX_RECORDS, explain

log = structlog.get_logger(__name__)

_RETRY_AT_MOST = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: status and the JSON object, {} where there was none."""

    status: int
    data: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The first error's code, '' when there is none."""
        return str(self._error.get("code", ""))[:10]

    @property
    def sentence(self) -> str:
        """The first error in the provider's words."""
        return str(self._error.get("detail") or self._error.get("title") or "")[:200]

    @property
    def _error(self) -> Mapping[str, Any]:
        errors = self.data.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else {}
        return first if isinstance(first, Mapping) else {}


def ask(
    base_url: str,
    account: Credentials,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask the API. Raises urllib3's errors for the network, and ValueError for what is no JSON."""
    target = f"{base_url}{path}" + (f"?{urlencode(query)}" if query else "")
    sent = {"Accept": "application/json", "Authorization": f"Bearer {account.token}"}
    raw = None
    if body is not None:
        # Written the same way every time: a repeated request must be the same to the byte.
        raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        sent["Content-Type"] = "application/json"
    answer = pool(base_url).request(
        method, target, body=raw, headers=sent | dict(headers or {}), redirect=False,
        timeout=patience(),
    )  # fmt: skip
    try:
        data = json.loads(answer.data or b"{}")
    except (ValueError, RecursionError):
        if answer.status < 400:
            raise ValueError("the answer is no JSON") from None
        data = {}
    return Answer(answer.status, data if isinstance(data, dict) else {}, answer.headers)


def create_message(base_url: str, account: Credentials, text: Text, callback: str) -> SendResult:
    """Create a message. Never raises for the network or the provider; says what is known instead.

    The Idempotency-Key is our id: should the same text ever be sent again within a day, the
    provider answers with the first one instead of sending a second.
    """
    wanted: dict[str, Any] = {
        "from": text.sender,
        "to": text.to,
        "text": text.body,
        "type": "SMS",
        "use_profile_webhooks": False,  # receipts come to this text's own address, and only there
        "webhook_url": callback,
    }
    if text.media_urls:
        wanted |= {"type": "MMS", "media_urls": list(text.media_urls)}
        if not text.body:
            del wanted["text"]
    try:
        answer = ask(
            base_url, account, "POST", "/v2/messages",
            body=wanted, headers={"Idempotency-Key": text.our_id},
        )  # fmt: skip
    except NEVER_LEFT as error:
        return SendResult("retry", retry_seconds=2, detail=type(error).__name__)
    except Exception as error:
        return SendResult("unknown", detail=type(error).__name__)
    if answer.status >= 300:
        return _refusal(answer)
    data = answer.data.get("data")
    message_id = data.get("id") if isinstance(data, Mapping) else None
    if not isinstance(message_id, str) or not 1 <= len(message_id) <= 64:
        return SendResult("unknown", detail="the answer carried no message id")
    return SendResult("accepted", message_id=message_id, status=_status_of(data))


def _status_of(data: Any) -> str:
    try:
        return FROM_TELNYX.get(str(data["to"][0]["status"]), "sending")
    except (KeyError, IndexError, TypeError):
        return "sending"


def _refusal(answer: Answer) -> SendResult:
    status, code = answer.status, answer.code
    if status == 429:
        return SendResult(
            "retry", code=code or "10011", http_status=status, retry_seconds=_reset(answer.headers)
        )
    if status >= 500 or status < 400 or status == 409:
        # 409: the first request with this key is still being worked on.
        return SendResult("unknown", code=code, http_status=status, detail=f"HTTP {status}")
    if explain(code, status).kind == "transient":
        return SendResult("retry", code=code, http_status=status, retry_seconds=5)
    return SendResult("refused", code=code, http_status=status, detail=answer.sentence)


def _reset(headers: Mapping[str, str]) -> float:
    """Return how long to wait, by the provider's own word where it is a sensible one."""
    try:
        seconds = float(headers.get("x-ratelimit-reset", "1"))
    except ValueError:
        return 1.0
    return min(max(seconds, 1.0), _RETRY_AT_MOST) if seconds == seconds else 1.0


def find_message(base_url: str, account: Credentials, text: Text, taken: frozenset[str]) -> Found:
    """Look for a text among the newest detail records between the two numbers. Never raises.

    Records name no words, so two unsettled texts to one person cannot be told apart: then we do
    not know. They may also be late; a text that is wrongly taken for absent is sent again with the
    same Idempotency-Key, which sends nothing twice.
    """
    query = {
        "filter[record_type]": "messaging",
        "filter[direction]": "outbound",
        "filter[cld]": text.to,
        "filter[cli]": text.sender,
        "sort": "-created_at",
        "page[size]": "50",
    }
    try:
        answer = ask(base_url, account, "GET", "/v2/detail_records", query=query)
        records = answer.data["data"] if answer.status == 200 else None
        if not isinstance(records, list):
            raise ValueError(f"HTTP {answer.status}")
        found = [record for record in records if _fits(record, text, taken)]
    except (urllib3.exceptions.HTTPError, KeyError, ValueError, TypeError) as error:
        log.warning("find_failed", error=type(error).__name__)
        return Found("unknown")
    if len(found) > 1:
        return Found("unknown")
    if not found:
        return Found("absent")
    record = found[0]
    errors = record.get("errors")
    return Found(
        "found",
        _id_of(record),
        FROM_TELNYX_RECORDS.get(str(record.get("status")), "sending"),
        str(errors[0])[:10] if isinstance(errors, list) and errors else "",
    )


def _id_of(record: Mapping[str, Any]) -> str:
    return str(record.get("uuid") or record.get("id") or "")


def _fits(record: Any, text: Text, taken: frozenset[str]) -> bool:
    if not isinstance(record, Mapping) or not 1 <= len(_id_of(record)) <= 64:
        return False
    created = iso_time(record.get("created_at"))
    return (
        record.get("cld") == text.to
        and record.get("cli") == text.sender
        and record.get("direction", "outbound") == "outbound"
        and _id_of(record) not in taken
        and (created is None or created >= text.created_at - timedelta(minutes=1))
    )


def iso_time(value: Any) -> datetime | None:
    """Return an ISO 8601 time as an aware one, None for what is none."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
