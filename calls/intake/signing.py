"""Whether a report comes from whom it says: signatures as each system makes them. Pure.

Standard Webhooks by telephony.md 6.3, test vector in section 8; the others as their makers document
them (docs/call-events.md names the pages). Everything is compared in constant time, over the bytes
as they came. Secrets are given newest first: the one before still verifies while it is exchanged.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TOLERANCE_SECONDS = 300
PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request: its headers by small name, its body as it came, and when (aware)."""

    headers: Mapping[str, str]
    raw: bytes = field(repr=False)
    at: datetime


class NotProven(Exception):
    """No proof (401) or a wrong one (403); the sentence tells what to do, and quotes nothing."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def equal(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that tells nothing."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def any_equal(presented: str, secrets: Sequence[str]) -> bool:
    """Whether what was presented is one of the secrets; an empty one never is."""
    return any([equal(presented, secret) for secret in secrets if secret])


def _key(secret: str) -> bytes:
    """Return the bytes of a `whsec_` or bare base64 secret; b'' when it is neither."""
    bare = secret.removeprefix(PREFIX).strip()
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def sign(secret: str, message_id: str, timestamp: int | str, raw: bytes) -> str:
    """Return the webhook-signature of a body by Standard Webhooks. Raises ValueError for a bad secret."""
    key = _key(secret)
    if not key:
        raise ValueError("secret: expected whsec_ and base64")
    content = f"{message_id}.{timestamp}.".encode() + raw
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def prove_standard(incoming: Incoming, secrets: Sequence[str]) -> str:
    """Check a Standard Webhooks signature; return the message's id. Raises NotProven."""
    message_id = incoming.headers.get("webhook-id", "")
    timestamp = incoming.headers.get("webhook-timestamp", "")
    presented = incoming.headers.get("webhook-signature", "")
    if not (message_id and timestamp and presented):
        raise NotProven(
            401, "Sign the request: webhook-id, webhook-timestamp and webhook-signature are needed."
        )
    _timely(timestamp, incoming.at, 1)
    fits = False
    for secret in secrets:
        if not _key(secret):
            continue
        expected = sign(secret, message_id, timestamp, incoming.raw)
        for one in presented.split(" ")[:20]:
            fits |= equal(one, expected)
    if not fits:
        raise NotProven(403, "The signature does not fit the body and this source's secret.")
    return message_id


def prove_openphone(incoming: Incoming, secrets: Sequence[str]) -> None:
    """Check the older signature of Quo: hmac;1;<milliseconds>;<base64> over "time.body". Raises NotProven."""
    fits = False
    for one in incoming.headers.get("openphone-signature", "").split(",")[:5]:
        parts = one.strip().split(";")
        if len(parts) != 4 or parts[0] != "hmac":
            continue
        _timely(parts[2], incoming.at, 1000)
        for secret in secrets:
            key = _key(secret)
            mac = hmac.new(key, f"{parts[2]}.".encode() + incoming.raw, hashlib.sha256).digest()
            fits |= bool(key) and equal(parts[3], base64.b64encode(mac).decode())
    if not fits:
        raise NotProven(403, "The signature does not fit the body and this source's secret.")


def prove_jwt(incoming: Incoming, secrets: Sequence[str]) -> dict[str, Any]:
    """Return the claims of a body that is a JWT signed by HS256 (RFC 7519). Raises NotProven.

    Whatever algorithm its header names, HS256 with our secret is what is computed.
    """
    try:
        head, claims, presented = incoming.raw.decode("ascii").strip().strip('"').split(".")
        read = json.loads(_unpadded(head))
        algorithm = read.get("alg") if isinstance(read, dict) else None
    except (ValueError, RecursionError):
        raise NotProven(401, "The body is not a signed token: set this source's secret.") from None
    fits = False
    for secret in secrets:
        mac = hmac.new(secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        expected = base64.urlsafe_b64encode(mac).decode().rstrip("=")
        fits |= bool(secret) and equal(presented.rstrip("="), expected)
    if algorithm != "HS256" or not fits:
        raise NotProven(403, "The token's signature does not fit this source's secret.")
    try:
        read = json.loads(_unpadded(claims))
    except (ValueError, RecursionError):
        raise NotProven(403, "The token's claims cannot be read.") from None
    if not isinstance(read, dict):
        raise NotProven(403, "The token's claims cannot be read.")
    return read


def prove_authorization(incoming: Incoming, secrets: Sequence[str]) -> None:
    """Check a secret sent as bearer token or as the user of Basic authorization. Raises NotProven."""
    scheme, _, presented = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            presented = base64.b64decode(presented, validate=True).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            presented = ""
    elif scheme.lower() != "bearer":
        raise NotProven(401, "Send this source's secret: it is the key in the template's settings.")
    if not any_equal(presented.strip(), secrets):
        raise NotProven(403, "The key is not this source's secret.")


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _timely(timestamp: str, now: datetime, per_second: int) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise NotProven(401, "The timestamp of the signature is not a Unix time.")
    if abs(now.timestamp() - int(timestamp) / per_second) > TOLERANCE_SECONDS:
        raise NotProven(
            403, "The signature is more than five minutes old or ahead: set the sender's clock."
        )
