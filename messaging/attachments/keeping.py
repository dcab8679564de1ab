"""How files of texts go: with the person who is erased, and with the words when their time is over."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import connection
from django.utils import timezone

from messaging.attachments import storing
from messaging.attachments.arriving import account_of
from messaging.forgetting import Person
from messaging.keeping import Limits, Share
from messaging.models import Attachment
from messaging.providers import provider
from messaging.providers.base import ProviderFailed
from tenants import agenda
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.scope import current_business

# Where the provider keeps it stays until it was asked to delete its own (forget).
_GONE = "state = 'gone', file = '', preview = '', name = '', reason = ''"
_GIVE_UP, _AGAIN = timedelta(days=3), timedelta(hours=1)
log = structlog.get_logger(__name__)


def erase(person: Person) -> dict[str, int]:
    """Take the files of a person's texts away, with all that is known of them (settings.ERASURE_HANDLERS).

    Runs in the transaction that holds the contact's lock; may run again on a later look.
    """
    theirs = Attachment.objects.filter(conversation__contact=person.contact_id)
    unsent = list(theirs.filter(message=None).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE messaging_attachment a SET {_GONE}, sha256 = '', size = 0, width = NULL, "
            "height = NULL, uploaded_by = NULL FROM messaging_conversation v "
            "WHERE v.id = a.conversation_id AND v.contact_id = %s AND a.message_id IS NOT NULL "
            "AND (a.state <> 'gone' OR a.sha256 <> '') RETURNING a.id",
            [person.contact_id],
        )
        gone = [row[0] for row in cursor.fetchall()]
    Attachment.objects.filter(pk__in=unsent).delete()
    for each in [*gone, *unsent]:
        storing.to_forget(each, person.business_id, person.at)
    return {"pictures and files": len(gone) + len(unsent)}


def forget(item: agenda.Item) -> agenda.Answer:
    """Agenda: remove a file of ours, and ask the provider to remove its own. Idempotent."""
    gone = Attachment.objects.filter(pk=item.subject, state="gone").select_related("message")
    try:
        file = gone.exclude(provider_url="").first()
    except Undecryptable:
        file = None
    message = file.message if file is not None else None
    account = account_of(message.our_number) if message is not None else None

    def act() -> bool:
        storing.remove(item.schema, item.subject)
        if file is None or message is None or account is None:
            return True
        try:
            provider(message.provider).delete_media(account, file.provider_url)
        except ProviderFailed as error:
            log.warning("media_not_deleted", attachment=item.subject, status=error.http_status)
            return False
        return True

    def settle(done: bool) -> Later | None:
        now = timezone.now()
        if not done and now < item.due_at + _GIVE_UP:
            return Later(now + _AGAIN)
        Attachment.objects.filter(pk=item.subject, state="gone").update(provider_url="")
        return None

    return Outside(act, settle)


class Files:
    """The files of texts. That there was one, of which kind and size, stays, and its hash to prove it by."""

    _OLD = """
        FROM messaging_attachment a
        JOIN messaging_message m ON m.id = a.message_id
        JOIN messaging_conversation v ON v.id = a.conversation_id
        WHERE a.state <> 'gone' AND m.created_at < %(before)s
          AND m.status NOT IN ('queued', 'held', 'sending')
    """
    _HELD = "v.contact_id = ANY(%(held)s)"

    def count(self, limits: Limits, held: frozenset[int]) -> Share:
        """Return what would go."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE NOT {self._HELD}), "
                f"min(m.created_at) FILTER (WHERE NOT {self._HELD}), "
                f"max(m.created_at) FILTER (WHERE NOT {self._HELD}), "
                f"count(*) FILTER (WHERE {self._HELD}) {self._OLD}",
                {"before": limits.texts_before, "held": list(held)},
            )
            return Share("pictures and files", *cursor.fetchone())

    def purge(self, limits: Limits, held: frozenset[int], limit: int) -> int:
        """Forget the oldest."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH old AS (SELECT a.id {self._OLD} AND NOT {self._HELD} "
                "ORDER BY m.created_at LIMIT %(limit)s FOR UPDATE OF a SKIP LOCKED) "
                f"UPDATE messaging_attachment SET {_GONE} FROM old "
                "WHERE messaging_attachment.id = old.id RETURNING old.id",
                {"before": limits.texts_before, "held": list(held), "limit": limit},
            )
            gone = [row[0] for row in cursor.fetchall()]
        business_id, now = current_business().pk, timezone.now()
        for each in gone:
            storing.to_forget(each, business_id, now)
        return len(gone)
