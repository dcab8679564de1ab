"""What the calls keep for a time: voicemail recordings (messaging.keeping.Keeper)."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from calls import voicemails
from messaging.keeping import Limits, Share
from messaging.scrub import without_recording
from messaging.stored_webhooks import rewrite
from tenants.scope import current_business


class Recordings:
    """A voicemail: ours, its words, and the way to the provider's, here and in the stored webhooks.

    That one was left, and how long, stays.
    """

    _OLD = (
        "FROM calls_call WHERE (voicemail_url <> '' OR recording <> '' OR transcript <> '') "
        "AND started_at < %(before)s"
    )
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
                "WITH old AS (SELECT id, voicemail_url AS was "
                f"{self._OLD} AND NOT {self._HELD} "
                "ORDER BY started_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) "
                "UPDATE calls_call c SET voicemail_url = '', recording = '', transcript = '' "
                "FROM old WHERE c.id = old.id "
                "RETURNING c.provider, c.provider_id, c.contact_id, c.id, old.was",
                {"before": limits.recordings_before, "held": list(held), "limit": limit},
            )
            rows = cursor.fetchall()
        business_id, now = current_business().pk, timezone.now()
        for *_, call_id, url in rows:
            voicemails.to_forget(call_id, url, business_id, now)
        for contact_id in {row[2] for row in rows} - {None}:
            voicemails.note_unheard(contact_id)
        for provider in {row[0] for row in rows}:
            subjects = [row[1] for row in rows if row[0] == provider]
            rewrite(business_id, provider, subjects, without_recording)
        return len(rows)
