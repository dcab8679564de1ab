"""When a delivery is tried again, when an endpoint rests, and when it is switched off. Pure.

The schedule is that of Standard Webhooks (telephony.md 6.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Literal

_HOUR = 3600.0
# Seconds from one attempt to the next.
WAITS = (
    5.0, 5 * 60.0, 30 * 60.0, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR,
)  # fmt: skip
MOST_ATTEMPTS = 1 + len(WAITS)
JITTER = 0.1
# While an endpoint does not answer, one delivery at a time asks whether it is back.
SHORTEST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=15)
# Nothing got through for so long: nobody is there any more.
PATIENCE = timedelta(days=5)
SECONDS = 15.0  # for one attempt, all of it
# Whoever takes longer to say yes rests for as long as it took: it holds a thread half of the time.
TIRING = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt means.

    kind: delivered; failed: this delivery is tried again; trouble: and the endpoint rests; gone: it
    wants no more, ever.
    """

    kind: Literal["delivered", "failed", "trouble", "gone"]
    problem: str = ""


def judged(status: int) -> Verdict:
    """Return what an answer's HTTP status means; a redirect is not followed, so it is a failure."""
    if 200 <= status < 300:
        return Verdict("delivered")
    if status == 410:
        return Verdict("gone", "The address wants no more events (HTTP 410).")
    if status in (408, 425, 429) or status >= 500:
        return Verdict("trouble", f"Not just now (HTTP {status}).")
    if 300 <= status < 400:
        return Verdict("failed", f"A redirect is not followed (HTTP {status}).")
    return Verdict("failed", f"Refused (HTTP {status}).")


def again_at(attempts: int, now: datetime, luck: float) -> datetime | None:
    """Return when a delivery that failed `attempts` times is tried again; None: no more.

    luck: 0 to 1; spreads what failed together by a tenth to either side. `now` is aware.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait = WAITS[max(0, attempts - 1)] * (1 + JITTER * (2 * luck - 1))
    return now + timedelta(seconds=wait)


def rests_until(failing_since: datetime, asked_for: float, now: datetime) -> datetime:
    """Return until when an endpoint in trouble is left alone; asked_for: its own Retry-After, seconds.

    The longer it fails, the longer it rests, so that many dead endpoints cost little.
    """
    rest = min(max((now - failing_since) / 4, SHORTEST_REST), LONGEST_REST)
    return now + max(rest, timedelta(seconds=asked_for))


def typical_ms(before: int, took: Sequence[int]) -> int:
    """Return how long answers take of late, milliseconds; before: as it was known, 0 for not at all.

    Half of it is what was seen before, so that a single slow answer makes nobody slow for long.
    """
    if not took:
        return before
    middle = max(1, median_low(took))
    return (before + middle) // 2 if before else middle


def tired_seconds(took: Sequence[int]) -> float:
    """Return how long whoever answered well rests, by how long that took (milliseconds); 0: not at all."""
    middle = median_low(took) / 1000 if took else 0.0
    return middle if middle >= TIRING else 0.0


def slow_words(took_ms: int) -> str:
    """Return what a delivery log says of one that arrived and took too long; "" for all others."""
    if took_ms < TIRING * 1000:
        return ""
    return (
        f"Delivered, but it took {took_ms / 1000:.0f} s, so the address rests as long. "
        "Answer first, work afterwards."
    )


def is_over(failing_since: datetime, now: datetime) -> bool:
    """Whether an endpoint has failed for so long that it is switched off."""
    return now - failing_since >= PATIENCE
