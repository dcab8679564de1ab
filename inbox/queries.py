"""The numbers that stand in the rail, read from the current business in one statement."""

from __future__ import annotations

from django.db import connection

MOST_COUNTED = 1000  # shown as 999+
_STATEMENT = """
    SELECT
        (SELECT count(*) FROM (SELECT 1 FROM messaging_conversation
                               WHERE actionable_at IS NOT NULL
                               ORDER BY actionable_at, id LIMIT %(most)s) x),
        (SELECT count(*) FROM messaging_alert WHERE resolved_at IS NULL),
        (SELECT count(*) FROM (SELECT 1 FROM inbox_notice WHERE "user" = %(me)s AND channel = 'live'
                               AND seen_at IS NULL AND state = 'sent' LIMIT %(most)s) x)
"""


def rail(user_id: int | None) -> dict[str, int]:
    """Return how many conversations are to do, open alerts, and what a user has not seen.

    To do is the folder of that name (inbox/queue/counts.py): two numbers side by side are one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"me": user_id or 0, "most": MOST_COUNTED})
        todo, alerts, notices = cursor.fetchone()
    return {"todo_total": todo, "open_alerts": alerts, "notices_unseen": notices}
