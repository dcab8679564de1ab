"""Values every floor's models are made of."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime

from django.core.validators import RegexValidator

E164 = RegexValidator(r"^\+[1-9][0-9]{6,14}\Z", "Expected a number like +13125550142 (E.164).")


def new_id() -> uuid.UUID:
    """Return a time-ordered UUID (version 7, RFC 9562), so that new rows sit together in the index."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(secrets.token_bytes(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def new_mark_key() -> str:
    """Return 256 random bits in hexadecimal."""
    return secrets.token_hex(32)
