"""The people's part in erasing somebody: only the number that was asked for goes, others stand alone again."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext as _

from inbox.activity import RINGBACK
from inbox.models import Activity, Merge
from inbox.people import merging
from messaging.forgetting import Person


def erase(person: Person) -> Counter[str]:
    """Take an erased number out of what merging kept of it (settings.ERASURE_HANDLERS).

    Numbers that were merged into it are persons of their own again: what is erased shows nobody.
    A number that was merged into another stays hidden there. Runs in the transaction that holds the
    contact's lock; may run again.
    """
    counts: Counter[str] = Counter()
    for row in Merge.objects.filter(kept=person.contact_id, undone_at=None):
        merging.undo(row.pk, actor=RINGBACK, at=person.at)
        counts["merges"] += 1
    about = Merge.objects.filter(folded=person.contact_id) | Merge.objects.filter(
        kept=person.contact_id
    )
    for row in about:
        kept = {
            name: value | {"last_line": ""} if isinstance(value, dict) else value
            for name, value in row.gained.items()
            if name in ("conversation", "before", "made")
        }
        Merge.objects.filter(pk=row.pk).update(gained=kept)
    Activity.objects.filter(detail__contact=person.contact_id).update(
        detail={"number": _("an erased number"), "contact": person.contact_id}
    )
    return counts
