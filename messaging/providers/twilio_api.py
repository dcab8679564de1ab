"""Twilio's Messages API: handing a text over, and asking whether one was taken."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlencode

import structlog

from messaging.providers.base import Credentials, Found, SendResult, Text
from messaging.providers.pool import NEVER_LEFT, patience, pool
from messaging.providers.twilio_client import client, creating, error_of
from messaging.status import FROM_PROVIDER, explain

log = structlog.get_logger(__name__)

# Twilio clears its queue by itself; a text older than this would come too late (telephony.md 2.5).
_MIN_VALID, _MAX_VALID = 1, 36_000


def create_message(base_url: str, account: Credentials, text: Text, callback: str) -> SendResult:
    """Create a Message. Never raises for the network or the provider; says what is known instead."""
    from twilio.base.exceptions import TwilioRestException

    try:
        created = _create(base_url, account, text, callback)
    except TwilioRestException as error:
        return _refusal(error)
    except NEVER_LEFT as error:
        # Never left this machine.
        return SendResult("retry", retry_seconds=2, detail=type(error).__name__)
    except Exception as error:
        # A time-out, a connection closed in mid-answer, an answer that is no JSON: it may have
        # been taken. There is no idempotency key, so only asking can tell (telephony.md 2.4).
        return SendResult("unknown", detail=f"{type(error).__name__}: {error}"[:200])
    if not created.get("sid"):
        return SendResult("unknown", detail="the answer carried no message id")
    status = FROM_PROVIDER.get(str(created.get("status")), "sending")
    return SendResult("accepted", message_id=created["sid"], status=status)


def _create(base_url: str, account: Credentials, text: Text, callback: str) -> dict[str, Any]:
    """Return the Message as the API wrote it. Raises the SDK's errors, urllib3's, and ValueError.

    The form is sent as the SDK would send it; the SDK's own way there costs more than the request.
    """
    address, headers = creating(base_url, account.account_sid, account.token)
    form: dict[str, Any] = {
        "To": text.to,
        "StatusCallback": callback,
        "ValidityPeriod": max(_MIN_VALID, min(_MAX_VALID, text.valid_seconds)),
        "From": text.sender,
        "Body": text.body,
    }
    if text.media_urls:
        form["MediaUrl"] = text.media_urls
        if not text.body:
            del form["Body"]
    answer = pool(base_url).urlopen(
        "POST", address, body=urlencode(form, doseq=bool(text.media_urls)).encode(), headers=headers, redirect=False,
        timeout=patience(),
    )  # fmt: skip
    if not 200 <= answer.status < 300:
        raise error_of(address, answer)
    created = json.loads(answer.data)
    if not isinstance(created, dict):
        raise ValueError("the answer is no Message")
    return created


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
        listed = client(base_url, account.account_sid, account.token).messages.list(
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
