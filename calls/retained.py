"""What the calls keep for a time: voicemail recordings (messaging.keeping.Keeper)."""

from __future__ import annotations

from django.db import connection

from messaging.keeping import Limits, Share
from messaging.scrub import without_recording
from messaging.stored_webhooks import rewrite
from tenants.scope import current_business


class Recordings:
    """The way to a voicemail, here and in the stored webhooks. That one was left, and how long, stays."""

    _OLD = "FROM calls_call WHERE voicemail_url <> '' AND started_at < %(before)s"
    _HELD = "coalesce(contact_id, 0) = ANY(%(held)s)"

    def count(self, limits: Limits, held: frozenset[int]) -> Share:
        """Return what would go."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE NOT {self._HELD}), "
                f"min(started_at) FILTER (WHERE NOT {self._HELD}), "
                f"max(started_at) FILTER (WHERE NOT {self._HELD}), "
                f"count(*) FILTER (WHERE {self._HELD}) {self._OLD}",
                {"before": limits.recordings_before, "held": list(held)},
            )
            return Share("voicemail recordings", *cursor.fetchone())

    def purge(self, limits: Limits, held: frozenset[int], limit: int) -> int:
        """Forget the oldest."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH old AS (SELECT id {self._OLD} AND NOT {self._HELD} "
                "ORDER BY started_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) "
                "UPDATE calls_call c SET voicemail_url = '' FROM old WHERE c.id = old.id "
                "RETURNING c.provider, c.provider_id",
                {"before": limits.recordings_before, "held": list(held), "limit": limit},
            )
            rows = cursor.fetchall()
        business_id = current_business().pk
        for provider in {row[0] for row in rows}:
            subjects = [row[1] for row in rows if row[0] == provider]
            rewrite(business_id, provider, subjects, without_recording)
        return len(rows)
