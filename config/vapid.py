"""The pair of keys by which browsers' push services know us (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# The order of the curve P-256: a private key is a number from 1 to below it.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def made() -> tuple[str, str]:
    """Return a new pair, private and public, in URL-safe base64 without padding."""
    return _pair(secrets.randbelow(_ORDER - 1) + 1)


def derived(secret: str) -> tuple[str, str]:
    """Return the pair of a secret: the same in every process that knows it."""
    digest = hashlib.sha512(b"vapid:" + secret.encode()).digest()
    return _pair(int.from_bytes(digest, "big") % (_ORDER - 1) + 1)


def _pair(number: int) -> tuple[str, str]:
    key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    public = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _text(number.to_bytes(32, "big")), _text(public)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
