"""What an answer of a member ends beside the waiting: unread texts, "did not arrive", alerts to phone them.

A text that can be taken back, or that the gate holds, has answered nobody yet: it ends these only
when it leaves, in the transaction that claims it. So there is nothing to give back where it is taken
back, and a worker that is killed in between changes nothing. Such a text has `send_after`; one of a
member without it ended them as it was queued. By whichever number, the person is answered.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from messaging import alerts
from messaging.models import Alert
from messaging.people import all_numbers

# What came in after the text was written is news, and is not answered by it.
_ENDS = """
    UPDATE messaging_conversation SET
        unread = CASE WHEN last_at > %(at)s AND last_direction IN ('in', 'miss')
                      THEN unread ELSE 0 END,
        failed_at = CASE WHEN failed_at > %(at)s THEN failed_at END
    WHERE contact_id = %(contact)s AND (unread > 0 OR failed_at <= %(at)s)
"""


def answered(contact_id: int, *, by: str, written_at: datetime, at: datetime) -> None:
    """End what a member's text to a contact answers, all of it from before it was written.

    at: when it leaves. Both aware. Must hold the locks of all the person's numbers.
    """
    numbers = dict(all_numbers(contact_id).values_list("pk", "merged_into"))
    shown = numbers.get(contact_id) or contact_id
    # A folded conversation before the one it is shown in, as everywhere.
    with connection.cursor() as cursor:
        for each in dict.fromkeys([contact_id, shown]):
            cursor.execute(_ENDS, {"contact": each, "at": written_at})
    found = Alert.objects.filter(contact__in=numbers, resolved_at=None, last_at__lte=written_at)
    about = set(found.values_list("contact", flat=True))
    for each in sorted(about, key=lambda number: number == shown):
        alerts.spoken_with(each, by=by, at=at, until=written_at)
