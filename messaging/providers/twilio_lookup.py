"""Twilio's Lookup v2: what kind of line a number is (telephony.md 2.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messaging.providers.base import LINE_TYPES, Credentials, Looked
from messaging.providers.twilio_client import client

_FIELDS = "line_type_intelligence"
_MAX_CARRIER = 80


def lookup(base_url: str, account: Credentials, e164: str) -> Looked:
    """Ask for the line type. Never raises: whatever goes wrong, the line is unknown."""
    from twilio.base.exceptions import TwilioRestException

    try:
        answer = (
            client(base_url, account.account_sid, account.token)
            .lookups.v2.phone_numbers(e164)
            .fetch(fields=_FIELDS)
        )
        return _in_our_words(answer.line_type_intelligence)
    except TwilioRestException as error:
        # 404: no such number. That is an answer.
        return Looked(answered=error.status == 404, code=str(error.code or error.status or ""))
    except Exception as error:
        return Looked(code=type(error).__name__)


def _in_our_words(found: Any) -> Looked:
    if not isinstance(found, Mapping):
        return Looked(code="no line type in the answer")
    code = str(found.get("error_code") or "")
    kind = str(found.get("type") or "unknown")
    return Looked(
        line_type=kind if kind in LINE_TYPES else "unknown",
        carrier=str(found.get("carrier_name") or "")[:_MAX_CARRIER],
        answered=not code,  # 60601 (Canada) and others: asked again another day
        code=code,
    )
