"""What the inbox keeps for a time: the words of promises, which are words of texts (messaging.keeping.Keeper)."""

from __future__ import annotations

from django.db import connection

from messaging.keeping import Limits, Share


class Promises:
    """What a text promised, word for word, as long as the text itself. That it was kept or not stays."""

    _OLD = (
        "FROM inbox_promise p JOIN messaging_conversation v ON v.id = p.conversation_id "
        "WHERE p.created_at < %(before)s AND p.state <> 'open' AND p.words NOT LIKE 'erased %%'"
    )

    def count(self, limits: Limits, held: frozenset[int]) -> Share:
        """Return what would be blanked."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE NOT kept), min(at) FILTER (WHERE NOT kept), "
                "max(at) FILTER (WHERE NOT kept), count(*) FILTER (WHERE kept) FROM "
                "(SELECT p.created_at AS at, v.contact_id = ANY(%(held)s) AS kept "
                f"{self._OLD}) AS old",
                {"before": limits.texts_before, "held": list(held)},
            )
            return Share("promises", *cursor.fetchone())

    def purge(self, limits: Limits, held: frozenset[int], limit: int) -> int:
        """Blank the oldest. Of one text no two promises have the same words, so each has its number."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH old AS (SELECT p.id {self._OLD} AND v.contact_id <> ALL(%(held)s) "
                "ORDER BY p.created_at LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED) "
                "UPDATE inbox_promise p SET words = 'erased ' || p.id FROM old WHERE p.id = old.id",
                {"before": limits.texts_before, "held": list(held), "limit": limit},
            )
            return cursor.rowcount
