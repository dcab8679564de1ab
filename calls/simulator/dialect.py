"""How the simulated carrier says things: ids, timestamps and form fields as Twilio has them. Pure.

Sources: telephony.md 1.1, 1.3 to 1.5 (voice), 2.1 to 2.3 (messaging).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from messaging import keywords
from messaging.segments import measure

API_VERSION = "2010-04-01"
_PLACES = {
    "312": ("CHICAGO", "IL", "60601"),
    "773": ("CHICAGO", "IL", "60614"),
    "602": ("PHOENIX", "AZ", "85004"),
    "480": ("SCOTTSDALE", "AZ", "85251"),
    "305": ("MIAMI", "FL", "33131"),
    "786": ("MIAMI", "FL", "33125"),
    "212": ("NEW YORK", "NY", "10001"),
    "415": ("SAN FRANCISCO", "CA", "94103"),
    "512": ("AUSTIN", "TX", "78701"),
    "206": ("SEATTLE", "WA", "98101"),
}

STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this "
    "number. Reply START to resubscribe."
)
STARTED = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


@dataclass(frozen=True, slots=True)
class Place:
    """A business number on the simulated network, and the account that pays for it."""

    number: str
    business_name: str
    schema: str
    account_sid: str
    token: str = field(repr=False)
    staff: tuple[str, ...] = ()


def new_sid(kind: str) -> str:
    """Return an id of Twilio's shape: two letters (CA, SM, RE) and 32 hex digits."""
    return f"{kind}{secrets.token_hex(16)}"


def timestamp(moment: datetime) -> str:
    """Return an aware time as RFC 2822, which Twilio uses everywhere."""
    return format_datetime(moment)


def voice_fields(place: Place, call_sid: str, caller: str, status: str) -> dict[str, str]:
    """Return the fields every webhook about the caller's leg carries."""
    return {
        "AccountSid": place.account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": call_sid,
        "CallStatus": status,
        "Direction": "inbound",
        "From": caller,
        "Caller": caller,
        "To": place.number,
        "Called": place.number,
        **_where("From", caller),
        **_where("Caller", caller),
        **_where("To", place.number),
        **_where("Called", place.number),
        "StirVerstat": "TN-Validation-Passed-A",
    }


def staff_fields(
    place: Place, child: str, parent: str, caller: str, phone: str, status: str
) -> dict[str, str]:
    """Return the fields of a webhook about the leg to a staff phone, which shows the caller's number."""
    return {
        "AccountSid": place.account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": child,
        "ParentCallSid": parent,
        "CallStatus": status,
        "Direction": "outbound-dial",
        "From": caller,
        "Caller": caller,
        "To": phone,
        "Called": phone,
    }


def text_fields(
    place: Place, sid: str, sender: str, body: str, media: Sequence[tuple[str, str]] = ()
) -> dict[str, str]:
    """Return the fields of an incoming text. media: address and type of each picture."""
    pictures: dict[str, str] = {}
    for n, (url, kind) in enumerate(media):
        pictures |= {f"MediaUrl{n}": url, f"MediaContentType{n}": kind}
    return {
        "AccountSid": place.account_sid,
        "ApiVersion": API_VERSION,
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "SmsStatus": "received",
        "From": sender,
        "To": place.number,
        "Body": body,
        "NumMedia": str(len(media)),
        **pictures,
        "NumSegments": str(segments(body)),
        **_where("From", sender),
        **_where("To", place.number),
    }


def receipt_fields(message: Mapping[str, Any], status: str, error: str = "") -> dict[str, str]:
    """Return the fields of a delivery receipt."""
    fields = {
        "AccountSid": message["account"],
        "ApiVersion": API_VERSION,
        "MessageSid": message["sid"],
        "SmsSid": message["sid"],
        "MessageStatus": status,
        "SmsStatus": status,
        "From": message["from"],
        "To": message["to"],
    }
    return {**fields, "ErrorCode": error} if error else fields


def segments(body: str) -> int:
    """Return how many segments a text is billed as."""
    return max(1, measure(body).segments)


def _where(prefix: str, number: str) -> dict[str, str]:
    city, state, postcode = _PLACES.get(number[2:5], ("", "", ""))
    values = {"City": city, "State": state, "Zip": postcode, "Country": "US"}
    return (
        {f"{prefix}{name}": value for name, value in values.items()}
        if number.startswith("+1")
        else {}
    )


@dataclass(frozen=True, slots=True)
class CarrierReply:
    """What the network itself does with a keyword: its answer and whether the phone is opted out."""

    body: str
    opted_out: bool


def carrier_reply(body: str, opted_out: bool) -> CarrierReply | None:
    """Return how the network answers a text that is exactly a keyword, None when it does not.

    Default keyword handling (telephony.md 2.3): a second STOP is not answered again, and START or
    YES means something only to somebody who had opted out.
    """
    word = body.strip().upper()
    if word in keywords.PROVIDER_OPT_OUT:
        return None if opted_out else CarrierReply(STOPPED, True)
    if word in keywords.PROVIDER_OPT_IN:
        return CarrierReply(STARTED, False) if opted_out else None
    if word in keywords.PROVIDER_HELP:
        return CarrierReply(HELPED, opted_out)
    return None


def undeliverable(number: str) -> tuple[int, str] | None:
    """Return the API's refusal for a number with a magic ending, None for an ordinary one."""
    if number.endswith("0006"):
        return 21614, f"'To' number: {number}, is not a valid mobile number"
    return None


def fate(number: str) -> tuple[tuple[float, str, str], ...]:
    """Return what happens to a text: (seconds after it was taken, status, error code) in order.

    Magic endings: 0007 is a phone that cannot be reached, 0008 a carrier that never confirms.
    """
    if number.endswith("0007"):
        return ((0.2, "sent", ""), (1.2, "undelivered", "30003"))
    if number.endswith("0008"):
        return ((0.2, "sent", ""),)
    return ((0.2, "sent", ""), (0.7, "delivered", ""))
