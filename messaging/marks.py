"""Marks: what stands for a number where the number itself must not stand.

HMAC-SHA-256 under a key of the business's own (Business.mark_key), so that a mark finds its person
again after erasure, tells nobody the number, and joins no two businesses.
"""

from __future__ import annotations

import hmac

from django.db import connection

from tenants import mark_keys
from tenants.fields import decrypt
from tenants.scope import current_schema

_KEEP_AT_MOST = 5_000
# The key itself is decrypted from a cache of its own. A schema made again drops its entry.
_kept = mark_keys.kept


def mark(phone: str, key: str) -> str:
    """Return the mark of an E.164 number under a business's key: 64 hexadecimal digits."""
    return hmac.digest(bytes.fromhex(key), phone.encode(), "sha256").hex()


def mark_here(phone: str) -> str:
    """Return the mark of a number in the business whose schema this thread works in.

    Raises LookupError outside a business, Undecryptable when no configured key opens its key.
    """
    schema = current_schema()
    stored = _kept.get(schema)
    if stored is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT mark_key FROM public.tenants_business WHERE schema_name = %s", [schema]
            )
            row = cursor.fetchone()
        if row is None:
            raise LookupError(f"no business has the schema {schema}")
        if len(_kept) >= _KEEP_AT_MOST:
            _kept.clear()
        stored = _kept[schema] = row[0]
    return mark(phone, decrypt(stored))
