"""What a ready pack is made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time

WEEKDAYS = (0, 1, 2, 3, 4)
STOP_LINE = "Reply STOP to opt out."
# Without á, í, ó, ú: they are not in the alphabet a text has 160 letters of (GSM-7); é and ñ are.
STOP_LINE_ES = "Responda STOP para no recibir mensajes."

Hours = tuple[tuple[int, time, time], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A quick reply: what somebody types to find it, its name and its words (inbox/thread/quick.py)."""

    shortcut: str
    title: str
    body: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Playbook:
    """What a new business of one kind starts with. Hours are local; Monday is 0.

    target_minutes: how soon somebody who waits is answered, counted while open unless always;
    insists_after: so many calls of one person within an hour tell the staff instead of a second
    text, 0 for never.
    """

    key: str
    name: str
    text_open: str
    text_closed: str
    # The same for people whose language is Spanish (Contact.language).
    text_open_es: str
    text_closed_es: str
    hours: Hours
    greeting: str = ""
    cool_down_hours: int = 12
    outcomes: tuple[str, ...] = field(
        default=(
            "no_answer",
            "busy",
            "unreachable",
            "declined",
            "caller_hung_up",
            "forwarded",
            "not_accepted",
        )
    )
    replies: tuple[Reply, ...] = ()
    target_minutes: int = 15
    target_always: bool = False
    insists_after: int = 0

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text of the pack, in both languages."""
        return (self.text_open, self.text_closed, self.text_open_es, self.text_closed_es)


def week(opens: int, closes: int, days: tuple[int, ...] = WEEKDAYS) -> Hours:
    """Return the same hours on several days; full hours, local."""
    return tuple((day, time(opens), time(closes)) for day in days)
