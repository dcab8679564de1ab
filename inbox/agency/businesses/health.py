"""What of a business wants somebody of its agency, worst first. Pure: a code each, words.py says it.

product.md I: an agency looks at a list of a thousand and must see the three that lose calls. What ends
missed calls being texted at all stands before what makes texts fewer, that before what is merely late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

# How long nobody may wait before it is somebody's business above the desk.
TOO_LONG = timedelta(hours=4)
# A line that has called before and is silent so long has perhaps lost its forwarding.
SILENT = timedelta(days=7)
# Fewer texts say nothing of a share.
FEW = 10
LOST_SHARE = 0.1
SLOW_MS = 30_000  # from the call's end to the provider's acceptance, for the slowest of twenty

# How bad each is; the worst of a business is the number its list is ordered by.
WEIGHTS = {
    "no_number": 95,
    "forwarding_lost": 90,
    "registration_rejected": 85,
    "registration_suspended": 85,
    "stopped_by_us": 80,
    "bill_stops_texts": 75,
    "registration_missing": 70,
    "texts_lost": 60,
    "waits_too_long": 50,
    "silent": 40,
    "slow": 35,
    "alerts": 30,
    "registration_pending": 20,
    "forwarding_untried": 10,
}
# From here on it is trouble; below, something to know.
TROUBLE = 30

# From bad to good: the worst of a business's lines is what its list shows.
REGISTRATIONS = ("rejected", "suspended", "unregistered", "pending", "declared", "approved")
FORWARDINGS = ("lost", "unknown", "reached")
_REGISTRATION = {
    "rejected": "registration_rejected",
    "suspended": "registration_suspended",
    "unregistered": "registration_missing",
    "pending": "registration_pending",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """A business as it was found. The counts are of seven days; the moments are aware.

    texts: texts back to missed calls that a provider took; replies: how many of them were written
    back to; sent and undelivered: of all texts that left; text_p50_ms and text_p95_ms: from the end of the call, None
    without a text that went at once; registration and forwarding: '' without a line; forwarded: whether
    any line is one that calls are forwarded to; step: of billing.entitlements.
    """

    stage: str = "live"
    suspended_by: str = ""
    is_suspended: bool = False
    calls: int = 0
    missed: int = 0
    texts: int = 0
    replies: int = 0
    sent: int = 0
    undelivered: int = 0
    text_p50_ms: int | None = None
    text_p95_ms: int | None = None
    waiting: int = 0
    oldest_waiting_at: datetime | None = None
    open_alerts: int = 0
    registration: str = ""
    forwarding: str = ""
    forwarded: bool = False
    last_call_at: datetime | None = None
    step: int = 0


def wrong(facts: Facts, now: datetime) -> tuple[str, ...]:
    """Return what is wrong at `now` (aware), worst first; nothing of a business that is not live.

    A draft is nobody's trouble yet, and whoever suspended a business himself knows it.
    """
    if facts.stage != "live":
        return ()
    if facts.is_suspended:
        return () if facts.suspended_by == "agency" else ("stopped_by_us",)
    found: list[str] = []
    if not facts.registration:
        found.append("no_number")
    elif facts.registration in _REGISTRATION:
        found.append(_REGISTRATION[facts.registration])
    if facts.forwarding == "lost":
        found.append("forwarding_lost")
    elif facts.forwarded and facts.forwarding == "unknown":
        found.append("forwarding_untried")
    if facts.step >= 3:  # Step.NO_TEXT_BACKS
        found.append("bill_stops_texts")
    if facts.sent >= FEW and facts.undelivered >= facts.sent * LOST_SHARE:
        found.append("texts_lost")
    if facts.oldest_waiting_at is not None and now - facts.oldest_waiting_at >= TOO_LONG:
        found.append("waits_too_long")
    if facts.last_call_at is not None and now - facts.last_call_at >= SILENT:
        found.append("silent")
    if facts.text_p95_ms is not None and facts.text_p95_ms >= SLOW_MS:
        found.append("slow")
    if facts.open_alerts:
        found.append("alerts")
    return tuple(sorted(found, key=lambda code: -WEIGHTS[code]))


def trouble(codes: Iterable[str]) -> int:
    """Return how bad the worst of them is; 0 is well."""
    return max((WEIGHTS[code] for code in codes), default=0)


def worst(found: Iterable[str], order: tuple[str, ...]) -> str:
    """Return the worst of several states by an order from bad to good, '' of none."""
    return min(found, key=order.index, default="")


def rate(part: int, whole: int) -> int | None:
    """Return a share in percent, None of nothing."""
    return round(100 * part / whole) if whole else None


def seconds(milliseconds: int | None) -> float | None:
    """Return a time as the list shows it: tenths of a second below ten, whole ones above, never less
    than it was.
    """
    if milliseconds is None:
        return None
    return (
        ceil(milliseconds / 100) / 10 if milliseconds < 10_000 else float(ceil(milliseconds / 1000))
    )
