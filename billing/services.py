"""Counting what was used, and saying what a business may do."""

from __future__ import annotations

import time
from datetime import datetime

import structlog
from django.db import DatabaseError, connection
from django.utils import timezone

from billing import limits
from billing.entitlements import Allowance, Standing, allowed
from billing.standing import STANDING_SQL, standing_from

log = structlog.get_logger(__name__)

# How long a process believes what it read. Texts do not ask here: the gate reads it with the set-up.
_BELIEVED_SECONDS = 10.0
_KEEP_AT_MOST = 5_000
_kept: dict[int, tuple[float, Standing]] = {}


def count_use(business_id: int, kind: str, key: str, quantity: int) -> None:
    """Record a use once per `key`, in the current transaction; a repeat changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.billing_usagerecord (business_id, kind, key, quantity, occurred_at) "
            "VALUES (%s, %s, %s, %s, now()) ON CONFLICT (key) DO NOTHING",
            [business_id, kind, key, quantity],
        )


def allowance(business_id: int, now: datetime, *, fresh: bool = False) -> Allowance:
    """Return what a business may do at `now` (aware), by where it stands."""
    return allowed(standing(business_id, fresh=fresh), now)


def standing(business_id: int, *, fresh: bool = False) -> Standing:
    """Return where a business's subscription stands.

    For the assistant, pages and the API. Read at most every ten seconds, unless `fresh`; where it cannot be read, the
    last that was known holds, and who was never known may do everything: a broken question of ours
    must not silence somebody who pays.
    """
    kept = _kept.get(business_id)
    if not fresh and kept is not None and time.monotonic() - kept[0] < _BELIEVED_SECONDS:
        return kept[1]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {STANDING_SQL} FROM public.tenants_business b WHERE b.id = %s",
                [business_id],
            )
            row = cursor.fetchone()
        found = standing_from(row[0] if row else None)
        found = limits.counted(found, business_id, timezone.now())
    except DatabaseError as error:
        log.warning("allowance_not_read", business=business_id, error=type(error).__name__)
        return kept[1] if kept else Standing()
    if len(_kept) >= _KEEP_AT_MOST:
        _kept.clear()
    _kept[business_id] = (time.monotonic(), found)
    return found


def forget_kept() -> None:
    """Forget what this process read: what was changed here is seen here at once."""
    _kept.clear()
