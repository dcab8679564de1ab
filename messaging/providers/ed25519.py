"""Telnyx's webhook signature: ed25519 over "timestamp|body", the body as it came. Pure.

Source: telephony.md 4.4, its own vector in section 8 is a test. Forms and JSON are signed alike.
The trap: a published library once checked an HMAC keyed with the public key, which anybody can
forge. Nothing here takes a secret.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE_SECONDS = 300.0
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64


def verify(
    body: bytes, timestamp: str, signature: str, public_keys: Sequence[str], now: float
) -> bool:
    """Whether the signature fits under one of the keys and is not older or newer than the tolerance.

    timestamp: Unix seconds as the header has them; public_keys: base64; now: Unix seconds. Never
    raises.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    given = _decoded(signature, _SIGNATURE_BYTES)
    if given is None:
        return False
    signed = timestamp.encode() + b"|" + body
    for text in public_keys:
        key = _key(text)
        if key is not None:
            try:
                key.verify(given, signed)
            except InvalidSignature:
                continue
            return True
    return False


def is_public_key(text: str) -> bool:
    """Whether a text is a public key as the provider's portal shows it."""
    return _decoded(text, _KEY_BYTES) is not None


@lru_cache(maxsize=2_000)
def _key(text: str) -> Ed25519PublicKey | None:
    raw = _decoded(text, _KEY_BYTES)
    return None if raw is None else Ed25519PublicKey.from_public_bytes(raw)


def _decoded(text: str, wanted: int) -> bytes | None:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    return raw if len(raw) == wanted else None
