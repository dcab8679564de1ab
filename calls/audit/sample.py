"""Made-up call logs: the same seed, the same calls. Pure. Nobody's real calls are in them.

Numbers are of the exchange reserved for examples (555-01xx) in area codes all over the country.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

HEADING = ("Start time", "From", "To", "Direction", "Result", "Ring time", "Talk time")
_LINE = "+13125550100"
_AREAS = (312, 773, 630, 708, 847, 815, 224, 331, 872, 464, 219, 262, 414, 608, 309, 217, 618, 779, 920, 260)  # fmt: skip
# How many calls an hour brings (from 0), and how often nobody answers.
_BUSY = (0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.8, 3, 8, 10, 10, 9, 8, 8, 9, 9, 8, 5, 2.5, 1.6, 1.2, 0.8, 0.4, 0.2)  # fmt: skip


def sample(
    count: int, begin: datetime, *, seed: int = 7, people: int = 0
) -> Iterator[tuple[str, ...]]:
    """Yield about `count` rows of a small business's calls, each below HEADING, in the order of time.

    begin: aware, local to the business, midnight of the first day. people: how many different
    callers there are; 0 for a fitting number.
    """
    dice = random.Random(seed)
    people = people or max(40, min(2_000, count // 4))
    hour = begin.replace(minute=0, second=0, microsecond=0)
    a_day = max(12, min(4_000, count // 60))
    waiting: list[tuple[datetime, str]] = []
    made = 0
    busy_until = hour
    while made < count:
        weekend = hour.weekday() >= 5
        expected = a_day * _BUSY[hour.hour] / sum(_BUSY) * (0.2 if weekend else 1.0)
        for at in sorted(hour + timedelta(seconds=dice.randrange(3600)) for _ in range(_poisson(dice, expected))):  # fmt: skip
            while waiting and waiting[0][0] <= at and made < count:
                when, whom = waiting.pop(0)
                ring, talk = dice.randint(4, 20), dice.randint(30, 240)
                reached = dice.random() < 0.6
                yield _row(when, _LINE, whom, "Outbound", "Connected" if reached else "No answer", ring, talk if reached else 0)  # fmt: skip
                made += 1
            if made >= count:
                return
            caller = _number(dice.randrange(people))
            open_now = not weekend and 8 <= at.hour < 17
            miss = 0.09 if open_now else 0.85
            if open_now and at.hour in (12, 13):
                miss = 0.42
            if open_now and at < busy_until:
                miss = min(0.9, miss + 0.4)
            made += 1
            if dice.random() >= miss:
                talk = int(dice.lognormvariate(4.7, 0.8)) + 5
                ring = dice.randint(2, 18)
                busy_until = max(busy_until, at + timedelta(seconds=ring + talk))
                yield _row(at, caller, _LINE, "Inbound", "Answered", ring, talk)
                continue
            result, ring, talk = _missed(dice, open_now and at < busy_until)
            yield _row(at, caller, _LINE, "Inbound", result, ring, talk)
            fate = dice.random()
            if fate < 0.25 and made < count:
                later = at + timedelta(minutes=dice.randint(2, 50))
                yield _row(later, caller, _LINE, "Inbound", *_missed(dice, False))
                made += 1
            elif fate < 0.7:
                waiting.append((at + timedelta(minutes=int(dice.lognormvariate(3.2 if open_now else 5.8, 1.1)) + 2), caller))  # fmt: skip
                waiting.sort()
        hour += timedelta(hours=1)


def _missed(dice: random.Random, is_busy: bool) -> tuple[str, int, int]:
    fate = dice.random()
    if is_busy and fate < 0.7:
        return "Busy", 0, 0
    if fate < 0.22:
        return "Abandoned", dice.randint(2, 15), 0
    if fate < 0.4:
        return "Voicemail", 25, dice.randint(6, 70)
    return "No answer", dice.randint(18, 30), 0


def _row(
    at: datetime, caller: str, called: str, way: str, result: str, ring: int, talk: int
) -> tuple[str, ...]:
    seconds = f"{talk // 60}:{talk % 60:02d}"
    return (f"{at:%Y-%m-%d %H:%M:%S}", caller, called, way, result, str(ring), seconds)


def _number(index: int) -> str:
    area = _AREAS[index % len(_AREAS)]
    return f"+1{area}5550{100 + index // len(_AREAS) % 100}"


def _poisson(dice: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(dice.gauss(mean, mean**0.5)))
    limit, product, count = 2.718281828459045**-mean, dice.random(), 0
    while product > limit:
        product, count = product * dice.random(), count + 1
    return count
