"""What a person of the business should know and do: raised once, counted, resolved by somebody."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import connection

from messaging.models import Alert, Contact

log = structlog.get_logger(__name__)

_RAISE = """
    INSERT INTO messaging_alert
        (code, subject, sentence, fix, contact_id, raised_at, last_at, times, resolved_by)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 1, '')
    ON CONFLICT (code, subject) WHERE resolved_at IS NULL DO UPDATE SET
        times = messaging_alert.times + 1, last_at = EXCLUDED.last_at,
        sentence = EXCLUDED.sentence, fix = EXCLUDED.fix
"""


def raise_alert(
    code: str,
    sentence: str,
    *,
    at: datetime,
    fix: str = "",
    subject: str = "",
    contact: Contact | None = None,
) -> None:
    """Raise an alert, or count it once more while one of its code and subject is open. `at` is aware."""
    log.warning("alert", code=code, subject=subject)
    with connection.cursor() as cursor:
        cursor.execute(
            _RAISE,
            [code, subject[:80], sentence, fix, contact.pk if contact else None, at, at],
        )


def resolve(code: str, subject: str, *, by: str, at: datetime) -> bool:
    """Resolve an open alert; False when there is none."""
    found = Alert.objects.filter(code=code, subject=subject[:80], resolved_at=None)
    return bool(found.update(resolved_at=at, resolved_by=by[:120]))
