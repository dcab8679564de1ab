"""What the missed callers may be worth, as a range, and everything that was assumed for it. Pure.

Nothing here is measured: each assumption is shown beside the result and may be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

_MONTH = 30.4  # days


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is taken for granted. Shares in percent, tickets in whole dollars.

    short_seconds: an answered call shorter than this counts as missed, for a voicemail or a menu
    probably answered it (telephony.md 1.4); window_hours: whoever was not reached within so long
    after his last try is lost.
    """

    new_share: int = 60
    book_low: int = 20
    book_high: int = 40
    ticket_low: int = 150
    ticket_high: int = 450
    short_seconds: int = 5
    window_hours: int = 72

    def as_dict(self) -> dict[str, int]:
        """Return them as JSON."""
        return asdict(self)


# Field: label, unit, lowest, highest, why it is asked.
ASKED: dict[str, tuple[str, str, int, int, str]] = {
    "new_share": ("New callers", "%", 0, 100, "How many of the callers nobody reached were new customers."),
    "book_low": ("Would book, at least", "%", 0, 100, "How many of those would have booked a job."),
    "book_high": ("Would book, at most", "%", 0, 100, "The same, on a good day."),
    "ticket_low": ("A job brings, at least", "$", 0, 1_000_000, "What a small job brings in."),
    "ticket_high": ("A job brings, at most", "$", 0, 1_000_000, "What a good job brings in."),
    "short_seconds": ("Too short to be a talk", "seconds", 0, 60, "Answered calls shorter than this count as missed: a voicemail probably picked up."),
    "window_hours": ("Lost after", "hours", 1, 168, "Whoever is not reached within this time after his last try is lost."),
}  # fmt: skip
# A change of these needs the calls to be gone through again.
ASKS_AGAIN = frozenset({"short_seconds", "window_hours"})


class AssumptionError(ValueError):
    """Assumptions that cannot be used; problems: field to sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {what}" for name, what in problems.items()))
        self.problems = dict(problems)


def assumed(raw: Mapping[str, Any]) -> Assumptions:
    """Return assumptions given as text or numbers, defaults for the rest. Raises AssumptionError."""
    problems: dict[str, str] = {}
    values: dict[str, int] = {}
    for each in fields(Assumptions):
        if each.name not in raw:
            continue
        text = str(raw[each.name]).strip().replace(",", "").strip("$% ")
        low, high = ASKED[each.name][2:4]
        if (
            not (text.isascii() and text.isdigit() and len(text) < 9)
            or not low <= int(text) <= high
        ):
            problems[each.name] = f"Expected a whole number from {low:,} to {high:,}."
            continue
        values[each.name] = int(text)
    if problems:
        raise AssumptionError(problems)
    found = Assumptions(**values)
    if found.book_low > found.book_high:
        problems["book_high"] = "Expected at least as many as above."
    if found.ticket_low > found.ticket_high:
        problems["ticket_high"] = "Expected at least as much as above."
    if problems:
        raise AssumptionError(problems)
    return found


@dataclass(frozen=True, slots=True)
class Worth:
    """Recoverable a month, in whole dollars, from lost callers a month; is_short: under two weeks of calls."""

    lost_a_month: float
    low: int
    high: int
    days: float
    is_short: bool


def worth(result: Mapping[str, Any], assumptions: Assumptions) -> Worth:
    """Return what the callers nobody reached may be worth a month (`result` as of examine)."""
    days = max(float(result["days"]), 1.0)
    # A log of a few days says little about a month, and must not be multiplied by thirty.
    lost = result["lost"] * _MONTH / max(days, 7.0)
    new = lost * assumptions.new_share / 100
    return Worth(
        round(lost, 1),
        _rounded(new * assumptions.book_low / 100 * assumptions.ticket_low),
        _rounded(new * assumptions.book_high / 100 * assumptions.ticket_high),
        days,
        days < 14,
    )


def _rounded(amount: float) -> int:
    """Two figures are all that a range of guesses can bear."""
    step = 10 ** max(0, len(str(int(amount))) - 2)
    return int(round(amount / step) * step)
