"""What is kept of API traffic for a while, and then forgotten."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from tenants import agenda, api_log, idempotency
from tenants.agenda import Later

KIND = "tenants.forget_requests"
_EVERY = timedelta(minutes=10)
_SOON = timedelta(seconds=5)
_MOST = 10_000


def prepared() -> None:
    """After an update: forgetting is on the agenda (settings.PREPARED_HANDLERS)."""
    agenda.put(KIND, "all", lane="housekeeping", business_id=None, due_at=timezone.now())


def forget(item: agenda.Item) -> Later:
    """Agenda: forget answers after a day and the log after a fortnight, and come again."""
    now = timezone.now()
    gone = max(idempotency.forget_old(now, _MOST), api_log.forget_old(now, _MOST))
    return Later(now + (_SOON if gone == _MOST else _EVERY))
