"""What was typed on an audit's pages, read without trust; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calls.audit.columns import ROLES
from calls.audit.findings import DAYS
from calls.audit.logs import LogError
from calls.audit.value import ASKED


@dataclass(frozen=True, slots=True)
class DayHours:
    """One weekday's hours as typed; both empty: closed."""

    number: int
    name: str
    opens: str
    closes: str


def typed_hours(post: Mapping[str, str]) -> list[DayHours]:
    """Return the days of the form as they were typed."""
    return [
        DayHours(
            n, name, post.get(f"opens_{n}", "").strip()[:8], post.get(f"closes_{n}", "").strip()[:8]
        )
        for n, name in enumerate(DAYS)
    ]


def shown_hours(spans: list[list[Any]]) -> list[DayHours]:
    """Return stored hours as the form shows them: a day's first opening and last closing."""
    days = []
    for number, name in enumerate(DAYS):
        mine = [span for span in spans if span[0] == number]
        opens, closes = (mine[0][1], mine[-1][2]) if mine else ("", "")
        days.append(DayHours(number, name, opens, closes))
    return days


def spans(days: list[DayHours]) -> list[list[Any]]:
    """Return typed days as hours; a wrong one is found by whoever keeps them."""
    return [[d.number, d.opens, d.closes] for d in days if d.opens or d.closes]


def typed_mapping(post: Mapping[str, str]) -> dict[str, Any]:
    """Return the chosen columns: role to column number, roles without one left out."""
    chosen: dict[str, Any] = {}
    for role in ROLES:
        value = post.get(f"column_{role}", "")
        if value.isascii() and value.isdigit() and len(value) < 5:
            chosen[role] = int(value)
    return chosen


def typed_assumptions(post: Mapping[str, str]) -> dict[str, str]:
    """Return the assumptions as they were typed."""
    return {name: post.get(name, "").strip()[:20] for name in ASKED if name in post}


def period(post: Mapping[str, str], zone: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the chosen days as moments, the last day included. Raises LogError naming the field."""
    found = []
    for name in ("since", "until"):
        try:
            day = date.fromisoformat(post.get(name, "").strip()[:10])
            # A day at either end of the calendar has none before or after it.
            begins = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
            found.append((begins.astimezone(UTC), (begins + timedelta(days=1)).astimezone(UTC)))
        except (ValueError, OverflowError):
            raise LogError(name, "expected a day such as 2026-01-31") from None
    return found[0][0], min(found[1][1], now)
