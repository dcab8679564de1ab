"""Twilio's Calls API: placing a call, from whose number, and reading an account's calls for a log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.providers.base import (
    Credentials,
    PlacedCall,
    PlaceResult,
    ProviderCall,
    ProviderFailed,
)
from messaging.providers.pool import NEVER_LEFT
from messaging.providers.twilio_client import client

_PAGE = 1000
_MAX_TWIML = 4000  # characters of the parameter
_RING = (5, 600)  # seconds Timeout may be
_REASON = 40


def create_call(
    base_url: str, account: Credentials, call: PlacedCall, twiml: str, *, reason: str = ""
) -> PlaceResult:
    """Create a Call. Never raises for the network or the provider; says what is known instead.

    twiml: the rendered steps, '' to have `call.answer_url` asked. reason: CallReason, for the
    simulator alone.
    """
    from twilio.base.exceptions import TwilioRestException

    said: dict[str, Any] = {"twiml": twiml} if twiml else {"url": call.answer_url, "method": "POST"}
    if len(twiml) > _MAX_TWIML:
        return PlaceResult("refused", detail=f"the plan is longer than {_MAX_TWIML} characters")
    if call.status_url:
        said |= {
            "status_callback": call.status_url,
            "status_callback_event": ["completed"],
            "status_callback_method": "POST",
        }
    if reason:
        said["call_reason"] = reason[:_REASON]
    try:
        created = client(base_url, account.account_sid, account.token).calls.create(
            to=call.to,
            from_=call.sender,
            timeout=max(_RING[0], min(_RING[1], call.ring_seconds)),
            time_limit=max(1, call.at_most_seconds),
            **said,
        )
    except TwilioRestException as error:
        return _refusal(error)
    except NEVER_LEFT as error:
        return PlaceResult("retry", detail=type(error).__name__)
    except Exception as error:
        # It may ring already, and there is no idempotency key (telephony.md 2.4).
        return PlaceResult("unknown", detail=type(error).__name__)
    if not created.sid:
        return PlaceResult("unknown", detail="the answer carried no call id")
    return PlaceResult("accepted", call_id=created.sid)


def _refusal(error: Any) -> PlaceResult:
    status, code = int(error.status or 0), str(error.code or "")
    if status == 429:
        return PlaceResult("retry", code=code or "20429", http_status=status)
    if status >= 500 or status < 400:
        return PlaceResult("unknown", code=code, http_status=status, detail=f"HTTP {status}")
    return PlaceResult("refused", code=code, http_status=status, detail=str(error.msg)[:200])


def owns_number(base_url: str, account: Credentials, e164: str) -> bool:
    """Whether a number is one of the account's. Raises ProviderFailed."""
    try:
        numbers = client(base_url, account.account_sid, account.token).incoming_phone_numbers
        # The filter takes parts of numbers too: we look ourselves.
        found = numbers.list(phone_number=e164, limit=20)
        return any(number.phone_number == e164 for number in found)
    except Exception as error:  # the network, a refusal, or an answer that is no list of numbers
        code = str(getattr(error, "code", None) or "")
        said = f"error {code}" if code else type(error).__name__
        raise ProviderFailed(
            f"The provider's numbers could not be read ({said}).", code=code
        ) from None


def list_calls(
    base_url: str, account: Credentials, since: datetime, until: datetime, caller: str = "",
    called: str = "",
) -> Iterator[ProviderCall]:  # fmt: skip
    """Yield the account's calls that began in [since, until). Raises ProviderFailed.

    caller, called: E.164, only those between these numbers; '' for anybody's.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    try:
        for call in client(base_url, account.account_sid, account.token).calls.stream(
            # The filter is described as one of whole days: a day more, and we look ourselves.
            start_time_after=since,
            start_time_before=until + timedelta(days=1),
            page_size=_PAGE,
            **({"from_": caller} if caller else {}),
            **({"to": called} if called else {}),
        ):
            # A call that was never put through has no start; its row was made when it was tried.
            started = _aware(call.start_time) or _aware(call.date_created)
            if started is not None and since <= started < until:
                found = _in_our_words(call, started)
                if found.is_between(caller, called):
                    yield found
    except Exception as error:  # the network, a refusal, or an answer that is no list of calls
        # The SDK's words for a refused page: a sentence and the response.
        status = getattr(error.args[-1], "status_code", None) if error.args else None
        said = f"HTTP {status}" if status else type(error).__name__
        raise ProviderFailed(
            f"The provider's calls could not be read ({said}).", http_status=status
        ) from error


def _in_our_words(call: Any, started: datetime) -> ProviderCall:
    seconds = str(call.duration or "")
    return ProviderCall(
        call_id=str(call.sid or ""),
        caller=str(call._from or "")[:80],
        called=str(call.to or "")[:80],
        direction=str(call.direction or ""),
        status=str(call.status or ""),
        started_at=started,
        ended_at=_aware(call.end_time),
        seconds=int(seconds) if seconds.isascii() and seconds.isdigit() else None,
        parent_id=str(call.parent_call_sid or ""),
    )


def _aware(moment: Any) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
