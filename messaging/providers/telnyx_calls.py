"""Telnyx's TeXML REST API for calls, and its number lookup.

Source: the provider's own API description. Not tried on a live account: whether the answer to a
placed call names its id, and which direction the legs of a <Dial> carry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from messaging.providers.base import (
    Credentials,
    Looked,
    PlacedCall,
    PlaceResult,
    ProviderCall,
    ProviderFailed,
)
from messaging.providers.pool import NEVER_LEFT
from messaging.providers.telnyx_api import Answer, ask, iso_time

_PAGE = 250
_MOST_PAGES = 10_000
_RING, _LIMIT = (5, 120), (30, 14_400)  # seconds Timeout and TimeLimit may be
_DIRECTIONS = {"inbound": "inbound", "outbound": "outbound-api"}
_LINE_TYPES = {
    "fixed line": "landline",
    "mobile": "mobile",
    # It does not say whether the number stays at one place; only landlines are left out anyway.
    "voip": "nonFixedVoip",
    "toll free": "tollFree",
    "premium rate": "premium",
    "shared cost": "sharedCost",
    "personal number": "personal",
    "pager": "pager",
    "uan": "uan",
    "voicemail": "voicemail",
}


def create_call(base_url: str, account: Credentials, call: PlacedCall, texml: str) -> PlaceResult:
    """Place a call by the account's TeXML application. Never raises.

    An accepted call may have no id yet: its end is then known by `call.status_url` alone.
    """
    if not account.application_id:
        return PlaceResult(
            "refused", detail="The account has no voice application; enter the TeXML app's id."
        )
    wanted: dict[str, Any] = {
        "ApplicationSid": account.application_id,
        "From": call.sender,
        "To": call.to,
        "Timeout": max(_RING[0], min(_RING[1], call.ring_seconds)),
        "TimeLimit": max(_LIMIT[0], min(_LIMIT[1], call.at_most_seconds)),
    }
    wanted |= {"Texml": texml} if texml else {"Url": call.answer_url, "UrlMethod": "POST"}
    if call.status_url:
        wanted |= {
            "StatusCallback": call.status_url,
            "StatusCallbackEvent": "completed",
            "StatusCallbackMethod": "POST",
        }
    try:
        answer = ask(base_url, account, "POST", _calls(account), body=wanted)
    except NEVER_LEFT as error:
        return PlaceResult("retry", detail=type(error).__name__)
    except Exception as error:
        return PlaceResult("unknown", detail=type(error).__name__)
    status, code = answer.status, answer.code
    if status < 300:
        return PlaceResult("accepted", call_id=_id_in(answer))
    if status == 429:
        return PlaceResult("retry", code=code or "10011", http_status=status)
    if status >= 500 or status < 400:
        return PlaceResult("unknown", code=code, http_status=status, detail=f"HTTP {status}")
    return PlaceResult("refused", code=code, http_status=status, detail=answer.sentence)


def _calls(account: Credentials) -> str:
    return f"/v2/texml/Accounts/{quote(account.account_sid, safe='')}/Calls"


def _id_in(answer: Answer) -> str:
    inner = answer.data.get("data")
    for data in (answer.data, inner if isinstance(inner, Mapping) else {}):
        for name in ("sid", "call_sid", "CallSid"):
            if isinstance(data.get(name), str):
                return str(data[name])[:64]
    return ""


def owns_number(base_url: str, account: Credentials, e164: str) -> bool:
    """Whether a number is one of the account's. Raises ProviderFailed."""
    query = {"filter[phone_number]": e164, "page[size]": "20"}
    try:
        answer = ask(base_url, account, "GET", "/v2/phone_numbers", query=query)
        listed = answer.data.get("data") if answer.status == 200 else None
    except Exception as error:
        raise ProviderFailed(
            f"The provider's numbers could not be read ({type(error).__name__})."
        ) from None
    if not isinstance(listed, list):
        raise ProviderFailed(
            f"The provider refused to list the numbers (error {answer.code or answer.status}).",
            code=answer.code, http_status=answer.status,
        )  # fmt: skip
    return any(isinstance(row, Mapping) and row.get("phone_number") == e164 for row in listed)


def list_calls(
    base_url: str, account: Credentials, since: datetime, until: datetime, caller: str = "",
    called: str = "",
) -> Iterator[ProviderCall]:  # fmt: skip
    """Yield the account's calls that began in [since, until). Raises ProviderFailed.

    caller, called: E.164, only those between these numbers; '' for anybody's.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    # The filter knows whole days: a day more at the end, and we look ourselves.
    query = {
        "PageSize": str(_PAGE),
        "StartTime<": (until + timedelta(days=1)).strftime("%Y-%m-%d"),
        "StartTime>": (since - timedelta(days=1)).strftime("%Y-%m-%d"),
    }
    # A filter it should not know is passed over, and we look ourselves.
    query |= {name: number for name, number in (("From", caller), ("To", called)) if number}
    for _ in range(_MOST_PAGES):
        try:
            answer = ask(base_url, account, "GET", _calls(account), query=query)
            listed = answer.data.get("calls") if answer.status == 200 else None
        except Exception as error:
            raise ProviderFailed(
                f"The provider's calls could not be read ({type(error).__name__})."
            ) from None
        if not isinstance(listed, list):
            raise ProviderFailed(
                f"The provider refused to list the calls (error {answer.code or answer.status}).",
                code=answer.code,
                http_status=answer.status,
            )
        for row in listed:
            call = _in_our_words(row) if isinstance(row, Mapping) else None
            fits = call is not None and since <= call.started_at < until
            if call is not None and fits and call.is_between(caller, called):
                yield call
        following = answer.data.get("next_page_uri")
        if not isinstance(following, str) or not following:
            return
        # Only its query: an address in an answer says nothing about where we ask.
        query = dict(parse_qsl(urlsplit(following).query))


def _in_our_words(row: Mapping[str, Any]) -> ProviderCall | None:
    started = _time(row.get("start_time")) or _time(row.get("date_created"))
    if started is None:
        return None
    seconds = str(row.get("duration") or "")
    return ProviderCall(
        call_id=str(row.get("sid") or "")[:64],
        caller=str(row.get("from") or "")[:80],
        called=str(row.get("to") or "")[:80],
        direction=_DIRECTIONS.get(str(row.get("direction")), ""),
        status=str(row.get("status") or "")[:20],
        started_at=started,
        ended_at=_time(row.get("end_time")),
        seconds=int(seconds) if seconds.isascii() and seconds.isdigit() else None,
    )


def _time(value: Any) -> datetime | None:
    """Return a time as these resources write it: RFC 2822, or ISO 8601 as everywhere else."""
    if moment := iso_time(value):
        return moment
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def lookup(base_url: str, account: Credentials, e164: str) -> Looked:
    """Ask for the carrier of a number. Never raises: whatever goes wrong, the line is unknown."""
    path = f"/v2/number_lookup/{quote(e164, safe='')}"
    try:
        answer = ask(base_url, account, "GET", path, query={"type": "carrier"})
    except Exception as error:
        return Looked(code=type(error).__name__)
    if answer.status != 200:
        return Looked(answered=answer.status == 404, code=answer.code or str(answer.status))
    data = answer.data.get("data")
    carrier = data.get("carrier") if isinstance(data, Mapping) else None
    if not isinstance(carrier, Mapping):
        return Looked(code="no carrier in the answer")
    return Looked(
        line_type=_LINE_TYPES.get(str(carrier.get("type")), "unknown"),
        carrier=str(carrier.get("name") or "")[:80],
        answered=True,
    )
