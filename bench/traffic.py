"""Webhooks as Twilio sends them, signed and laid out as bytes before anything is measured. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

ACCOUNTS = 20
_AREAS = (773, 602, 305, 415, 617, 206, 404, 512)


@dataclass(frozen=True, slots=True)
class Line:
    """A number of the bench's, and the account that signs for it."""

    number: str
    account_sid: str
    token: str


def line(position: int) -> Line:
    """Return the line of business number `position` (from 0); twenty accounts share them."""
    account = position % ACCOUNTS
    return Line(
        f"+1312{2_000_000 + position}", f"ACbench{account:025d}", f"token-of-account-{account}"
    )


class Callers:
    """Distinct valid caller numbers, each given once."""

    def __init__(self) -> None:
        self._count = itertools.count()

    def next(self) -> str:
        """Return a number nobody had before."""
        position = next(self._count)
        return f"+1{_AREAS[position // 1_000_000]}{2_000_000 + position % 1_000_000}"


def sign(url: str, params: Mapping[str, str], token: str) -> str:
    """Return Twilio's signature of a form posted to `url`: written apart from the product's own."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(
        hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    ).decode()


def request(base_url: str, path: str, params: Mapping[str, str], token: str) -> bytes:
    """Return one signed POST as bytes. `path` may carry a query."""
    body = urlencode(params).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {base_url.split('//')[1]}\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        "User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\nI-Twilio-Idempotency-Token: "
        f"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}\r\n"
        f"X-Twilio-Signature: {sign(base_url + path, params, token)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def call_params(ours: Line, caller: str, status: str) -> dict[str, str]:
    """Return the fields every voice webhook of one call carries; the call's id follows from the caller."""
    return {
        "AccountSid": ours.account_sid,
        "ApiVersion": "2010-04-01",
        "CallSid": f"CA{int(caller):032x}",
        "CallStatus": status,
        "Called": ours.number,
        "CalledCity": "CHICAGO",
        "CalledCountry": "US",
        "CalledState": "IL",
        "CalledZip": "60601",
        "Caller": caller,
        "CallerCity": "CHICAGO",
        "CallerCountry": "US",
        "CallerState": "IL",
        "CallerZip": "60614",
        "Direction": "inbound",
        "From": caller,
        "FromCity": "CHICAGO",
        "FromCountry": "US",
        "FromState": "IL",
        "FromZip": "60614",
        "To": ours.number,
        "ToCity": "CHICAGO",
        "ToCountry": "US",
        "ToState": "IL",
        "ToZip": "60601",
    }


def arrival(base_url: str, ours: Line, caller: str) -> bytes:
    """Return the webhook of a call that arrives."""
    return request(
        base_url, "/webhooks/twilio/voice", call_params(ours, caller, "ringing"), ours.token
    )


def hang_up(base_url: str, ours: Line, caller: str) -> bytes:
    """Return the webhook that says nobody of the staff answered: the one that makes a missed call."""
    params = call_params(ours, caller, "in-progress") | {
        "DialCallSid": f"CA{int(caller) + 10**15:032x}",
        "DialCallStatus": "no-answer",
        "DialBridged": "false",
    }
    return request(base_url, "/webhooks/twilio/voice/dial", params, ours.token)


def ended(base_url: str, ours: Line, caller: str) -> bytes:
    """Return the number-level callback after the call."""
    params = call_params(ours, caller, "completed") | {
        "CallDuration": "24",
        "Duration": "1",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
    }
    return request(base_url, "/webhooks/twilio/voice/status", params, ours.token)


def text_in(base_url: str, ours: Line, sender: str, body: str) -> bytes:
    """Return the webhook of an incoming text."""
    message = f"SM{int(sender):032x}"
    params = {
        "AccountSid": ours.account_sid,
        "ApiVersion": "2010-04-01",
        "Body": body,
        "From": sender,
        "FromCity": "CHICAGO",
        "FromCountry": "US",
        "FromState": "IL",
        "FromZip": "60614",
        "MessageSid": message,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": message,
        "SmsSid": message,
        "SmsStatus": "received",
        "To": ours.number,
        "ToCity": "CHICAGO",
        "ToCountry": "US",
        "ToState": "IL",
        "ToZip": "60601",
    }
    return request(base_url, "/webhooks/twilio/messaging", params, ours.token)


def receipt(base_url: str, ours: Line, callback: str, to: str, sid: str, status: str) -> bytes:
    """Return a delivery receipt posted to the callback our text carried."""
    path = callback.removeprefix(base_url)
    params = {
        "AccountSid": ours.account_sid,
        "ApiVersion": "2010-04-01",
        "From": ours.number,
        "MessageSid": sid,
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "To": to,
    }
    return request(base_url, path, params, ours.token)
