"""The numbers that stand in the rail, read from the current business."""

from __future__ import annotations

from messaging.models import Alert, Conversation

MOST_COUNTED = 1000  # shown as 999+


def unread_total() -> int:
    """Return how many conversations somebody should look at."""
    return Conversation.objects.filter(unread__gt=0, hidden="")[:MOST_COUNTED].count()


def open_alerts() -> int:
    """Return how many alerts wait for a person."""
    return Alert.objects.filter(resolved_at=None).count()
