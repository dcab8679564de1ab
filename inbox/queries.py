"""The numbers that stand in the rail, read from the current business in one statement."""

from __future__ import annotations

from django.db import connection

MOST_COUNTED = 1000  # shown as 999+
_STATEMENT = """
    SELECT
        (SELECT count(*) FROM (SELECT 1 FROM messaging_conversation
                               WHERE unread > 0 AND hidden = '' LIMIT %(most)s) x),
        (SELECT count(*) FROM messaging_alert WHERE resolved_at IS NULL),
        (SELECT count(*) FROM (SELECT 1 FROM inbox_notice WHERE "user" = %(me)s AND channel = 'live'
                               AND seen_at IS NULL AND state = 'sent' LIMIT %(most)s) x)
"""


def rail(user_id: int | None) -> dict[str, int]:
    """Return how many conversations somebody should look at, open alerts, and what a user has not seen."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"me": user_id or 0, "most": MOST_COUNTED})
        unread, alerts, notices = cursor.fetchone()
    return {"unread_total": unread, "open_alerts": alerts, "notices_unseen": notices}
