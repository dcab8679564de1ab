"""What this room keeps for a time: the words of texts, those of blocked texts, details of consent.

Each is a messaging.keeping.Keeper, named in settings.RETAINED.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from messaging.keeping import Limits, Share
from messaging.models import Message, Refusal
from messaging.scrub import QUOTING, without_quotes, without_words
from messaging.stored_webhooks import rewrite
from tenants.scope import current_business


def without_their_words(text: Message) -> tuple[list[Any], str]:
    """Return a text's answers of the gate and its error in words, without what quotes its body."""
    clearances = [without_quotes(answer) for answer in text.clearances]
    blanked = {
        before["sentence"]
        for before, after in zip(text.clearances, clearances, strict=True)
        if before != after
    }
    sentence = text.error_sentence
    quotes = sentence in blanked or text.error_code in QUOTING
    return clearances, "" if quotes else sentence


def _blank_quotes(ids: list[Any]) -> None:
    """Take the words of these texts out of the reasons that were stored with them."""
    found = Message.objects.filter(pk__in=ids, direction="out")
    for text in found.only("clearances", "error_code", "error_sentence").iterator():
        clearances, sentence = without_their_words(text)
        if (clearances, sentence) != (text.clearances, text.error_sentence):
            Message.objects.filter(pk=text.pk).update(
                clearances=clearances, error_sentence=sentence
            )


class Texts:
    """The words of texts, with their last line in the list and their stored webhooks.

    The hash of the words stays, so that whoever shows them can still prove them.
    """

    _OLD = """
        FROM messaging_message m JOIN messaging_conversation v ON v.id = m.conversation_id
        WHERE m.erased_at IS NULL AND m.created_at < %(before)s
          AND m.status NOT IN ('queued', 'held', 'sending')
    """
    _PURGE = f"""
        WITH old AS (
            SELECT m.id {_OLD} AND v.contact_id <> ALL(%(held)s)
            ORDER BY m.created_at LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED
        )
        UPDATE messaging_message m SET
            body_hash = CASE WHEN m.body = '' THEN ''
                             ELSE encode(sha256(convert_to(m.body, 'UTF8')), 'hex') END,
            body = '', media = '[]', erased_at = now()
        FROM old WHERE m.id = old.id
        RETURNING m.conversation_id, m.provider, coalesce(m.provider_id, ''), m.id
    """

    def count(self, limits: Limits, held: frozenset[int]) -> Share:
        """Return what would be blanked."""
        return _share("texts", self._OLD, "m.created_at", limits.texts_before, held)

    def purge(self, limits: Limits, held: frozenset[int], limit: int) -> int:
        """Blank the oldest."""
        values: dict[str, Any] = {"before": limits.texts_before, "held": list(held), "limit": limit}
        with connection.cursor() as cursor:
            cursor.execute(self._PURGE, values)
            rows = cursor.fetchall()
            # What was said last stands in the list as well; the line of a later call stays.
            cursor.execute(
                "UPDATE messaging_conversation SET last_line = '' WHERE id = ANY(%s) "
                "AND last_at < %s AND last_direction IN ('in', 'out') AND last_line <> ''",
                [sorted({row[0] for row in rows}), limits.texts_before],
            )
        _blank_quotes([row[3] for row in rows])
        business_id = current_business().pk
        for provider in {row[1] for row in rows}:
            subjects = [row[2] for row in rows if row[1] == provider and row[2]]
            rewrite(business_id, provider, subjects, without_words)
        return len(rows)


class BlockedTexts:
    """The words of texts that were kept back. That and why stays."""

    _OLD = """
        FROM messaging_refusal v WHERE v.at < %(before)s AND v.body <> ''
    """

    def count(self, limits: Limits, held: frozenset[int]) -> Share:
        """Return what would be blanked."""
        return _share("blocked texts", self._OLD, "v.at", limits.texts_before, held)

    def purge(self, limits: Limits, held: frozenset[int], limit: int) -> int:
        """Blank the oldest."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE messaging_refusal SET body = '' WHERE id IN (SELECT v.id {self._OLD} "
                "AND v.contact_id <> ALL(%(held)s) ORDER BY v.at LIMIT %(limit)s) RETURNING id",
                {"before": limits.texts_before, "held": list(held), "limit": limit},
            )
            ids = [row[0] for row in cursor.fetchall()]
        for refusal in Refusal.objects.filter(pk__in=ids).only("clearance"):
            clearance = without_quotes(refusal.clearance)
            if clearance != refusal.clearance:
                Refusal.objects.filter(pk=refusal.pk).update(clearance=clearance)
        return len(ids)


class ConsentDetails:
    """Number and exact words beside the ledger. The ledger's rows and their hashes stay for ever.

    Of an opt-out they stay ten years; of anything else five years from the last text with the person.
    """

    _OLD = """
        FROM messaging_consentdetail d JOIN messaging_consentevent v ON v.id = d.event_id
        WHERE v.occurred_at < CASE
                WHEN v.kind IN ('opt_out', 'refusal', 'invalid', 'erasure') THEN %(opt_outs)s
                ELSE %(before)s END
          AND NOT EXISTS (
            SELECT FROM messaging_message m JOIN messaging_conversation c ON c.id = m.conversation_id
            WHERE c.contact_id = v.contact_id AND m.created_at >= %(before)s)
    """

    def count(self, limits: Limits, held: frozenset[int]) -> Share:
        """Return what would be deleted."""
        return _share(
            "details of consent", self._OLD, "v.occurred_at", limits.evidence_before, held,
            opt_outs=limits.opt_outs_before,
        )  # fmt: skip

    def purge(self, limits: Limits, held: frozenset[int], limit: int) -> int:
        """Delete the oldest."""
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM messaging_consentdetail WHERE event_id IN "
                f"(SELECT v.id {self._OLD} AND v.contact_id <> ALL(%(held)s) "
                "ORDER BY v.seq LIMIT %(limit)s)",
                {
                    "before": limits.evidence_before,
                    "opt_outs": limits.opt_outs_before,
                    "held": list(held),
                    "limit": limit,
                },
            )
            return cursor.rowcount


def _share(what: str, old: str, at: str, before: Any, held: frozenset[int], **more: Any) -> Share:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE NOT kept), min(at) FILTER (WHERE NOT kept), "
            f"max(at) FILTER (WHERE NOT kept), count(*) FILTER (WHERE kept) "
            f"FROM (SELECT {at} AS at, v.contact_id = ANY(%(held)s) AS kept {old}) AS old",
            {"before": before, "held": list(held), **more},
        )
        count, oldest, newest, kept = cursor.fetchone()
    return Share(what, count, oldest, newest, kept)
