"""What the agenda still holds of the machine's own work."""

from __future__ import annotations

from django.db.models import QuerySet

from tenants.models import AgendaItem

# What our people owe a caller: the first text of a closed day promises when somebody is back, so
# whether such a row stands depends on the hour a test runs at.
_OWED_BY_PEOPLE = ("inbox.promise", "inbox.wait")


def unfinished() -> QuerySet[AgendaItem]:
    """Return the rows of sending, deciding and receipts that wait; nothing of housekeeping."""
    return AgendaItem.objects.exclude(lane="housekeeping").exclude(kind__in=_OWED_BY_PEOPLE)
