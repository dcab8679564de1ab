"""A clock the test puts where it likes, and what is asked of texts that wait by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from messaging.models import Alert, Message
from tenants.models import AgendaItem

CHICAGO = ZoneInfo("America/Chicago")


class Clock:
    """What time it is."""

    def __init__(self) -> None:
        self.now = datetime(2027, 1, 13, 18, 0, tzinfo=UTC)

    def at(self, words: str) -> datetime:
        """Put the clock to what a clock in Chicago shows."""
        self.now = datetime.fromisoformat(words).replace(tzinfo=CHICAGO).astimezone(UTC)
        return self.now

    def forward(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


def the_text(biz: Any, **wanted: Any) -> Message:
    with biz.scope():
        return Message.objects.get(direction="out", **wanted)


def waiting(message: Message) -> list[datetime]:
    """Return when the agenda asks about a text again; nothing where it never does."""
    return list(
        AgendaItem.objects.filter(kind="messaging.deliver", subject=str(message.pk)).values_list(
            "due_at", flat=True
        )
    )


def last_said(message: Message) -> tuple[str, str]:
    """Return a text's state and what the gate said of it last."""
    return message.status, message.clearances[-1]["code"]


def alerts(biz: Any, code: str) -> list[Alert]:
    with biz.scope():
        return list(Alert.objects.filter(code=code, resolved_at=None))
