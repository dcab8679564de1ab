"""What the callers' and the limits' pages show, read from the current business."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.db.models import Count, Q, QuerySet

from messaging import breakers
from messaging.breakers import Use
from messaging.models import Contact, Message
from messaging.numbers import national

SHOWN = 50
VIEWS = (
    ("all", "All"),
    ("ignored", "Never texted"),
    ("vip", "VIP"),
    ("tagged", "Tagged"),
)
_HOLDS = {
    breakers.DAY: "Today’s limit is reached",
    breakers.MONTH: "This month’s limit is reached",
    breakers.RANGE: "Numbers that look alike call too much",
    breakers.PLATFORM: "The platform sends far more than usual",
}


@dataclass(frozen=True, slots=True)
class Brake:
    """A limit that holds texts now: its code, what it is called, how many wait, until when they are wanted."""

    code: str
    title: str
    count: int
    people: list[tuple[str, int]]  # name or number, and the conversation
    can_let_go: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A use against its limit. share: 0 to 100, of the limit."""

    label: str
    used: str
    limit: str
    share: int
    ends: datetime


def marked() -> QuerySet[Contact]:
    """Return the people who bear a mark."""
    some = Q(ignored_at__isnull=False) | Q(vip_at__isnull=False) | ~Q(tags=[])
    return Contact.objects.filter(some, erased_at=None)


def people(view: str, find: str, page: int) -> tuple[list[Contact], int]:
    """Return a page of the people who bear a mark, by name, and how many there are in all."""
    found = marked()
    if view == "ignored":
        found = found.filter(ignored_at__isnull=False)
    elif view == "vip":
        found = found.filter(vip_at__isnull=False)
    elif view == "tagged":
        found = found.exclude(tags=[])
    if find:
        digits = "".join(letter for letter in find if letter.isascii() and letter.isdigit())
        by = Q(name__icontains=find)
        if len(digits) >= 3:
            by |= Q(phone__contains=digits)
        found = found.filter(by)
    count = found.count()
    start = (page - 1) * SHOWN
    return list(found.order_by("name", "phone")[start : start + SHOWN]), count


def rows(contacts: Iterable[Contact]) -> Iterable[list[str]]:
    """Yield people as rows of a list: number, name, marks."""
    yield ["Phone", "Name", "Never texted", "VIP", "Tags"]
    for contact in contacts:
        yield [
            contact.phone,
            contact.name,
            "yes" if contact.ignored_at else "",
            "yes" if contact.vip_at else "",
            ", ".join(contact.tags),
        ]


def bars(use: Use) -> list[Bar]:
    """Return today's and this month's use as bars."""
    return [
        Bar(
            "Texts by rules today", f"{use.texts:,}", f"{use.texts_limit:,}",
            _share(use.texts, use.texts_limit), use.day_ends,
        ),
        Bar(
            "Spent this month", f"${use.cents / 100:,.2f}", f"${use.cents_limit / 100:,.2f}",
            _share(use.cents, use.cents_limit), use.month_ends,
        ),
    ]  # fmt: skip


def _share(used: float, limit: float) -> int:
    return 100 if used >= limit else ceil(100 * used / limit)


def brakes() -> list[Brake]:
    """Return the limits that hold texts now."""
    waiting = Message.objects.filter(status="held", hold_code__in=_HOLDS)
    counts = dict(waiting.values_list("hold_code").annotate(n=Count("pk")).order_by())
    return [
        Brake(
            code, title, counts[code],
            [
                (message.conversation.contact.name or national(message.their_number),
                 message.conversation_id)
                for message in waiting.filter(hold_code=code)
                .select_related("conversation__contact").order_by("created_at")[:5]
            ],
            code in breakers.LETTABLE,
        )
        for code, title in _HOLDS.items() if counts.get(code)
    ]  # fmt: skip
