"""The gate: what asking it costs a text. Pure functions, in this process, on one core."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from bench.cpu import Meter
from bench.figures import Figure, percentile
from bench.rig import Plan
from messaging.clearance import Outgoing, Policy, Standing
from messaging.clearing import Line, Occasion, Person, Wanted, ask
from messaging.compliance import clear
from messaging.jurisdictions import current
from messaging.numbers import textable
from messaging.places import area_codes, of_number
from messaging.windows import blocked, next_ok

_WARM = 5_000
_HOUR = timedelta(hours=1)
_NOON = datetime(2027, 1, 13, 18, 0, tzinfo=UTC)
_BODY = "Bench Plumbing: Sorry we missed your call. How can we help? Reply STOP to opt out."
_OURS = frozenset({"+13125550100"})
_AGREED = Standing(
    consent_level=5, consent_at=_NOON, dnc_checked_at=_NOON, reassigned="no"
)  # fmt: skip
_POLICY = Policy(marketing=True, strict_quiet_hours=True, brand="Bench Plumbing")
_BACK = Outgoing("", _OURS, "C1", "rule", "text_back", level=3, created_at=_NOON)
_OFFER = replace(_BACK, category="C3", author="api", purpose="marketing", use_case="MIXED")
# Texts as they come: mostly answers to calls, some late, some asked for, some refused, some offers.
_MIX = (
    (_BACK, Standing()),
    (_BACK, Standing(last_inbound_at=_NOON)),
    (replace(_BACK, author="person", purpose="manual"), Standing()),
    (_BACK, Standing(opted_out=True)),
    (replace(_BACK, category="C2", author="api", purpose="reminder"), _AGREED),
    (_OFFER, _AGREED),
)
_PERSON = Person(
    opted_out_at=None, untextable_at=None, paused_until=None, consent_level=1, consent_event=7,
    consent_at=_NOON, last_text_back_at=None, last_inbound_at=None, last_person_text_at=None,
    introduced_at=None, state="",
    zone="", place_source="", place_at=None,
)  # fmt: skip


async def measure(plan: Plan) -> None:
    """Show p50 and p99 of each question in microseconds of CPU; the target is the gate's own."""
    await asyncio.to_thread(_measure, plan)


def _measure(plan: Plan) -> None:
    count = int(plan.seconds(40_000, 10_000))
    rules = current()
    every = _numbers()
    numbers = list(islice(every, 4_000))
    strangers = list(islice(every, count + _WARM))
    texts = [
        (replace(text, to=to, asked_at=now - timedelta(minutes=1 + n % 9)), person, now)
        for n, (to, (text, person)) in enumerate(zip(numbers, cycle(_MIX), strict=False))
        for now in [_NOON + (n % 24) * _HOUR]
    ]
    places = [(of_number(to), now) for to, (_, _, now) in zip(numbers, texts, strict=True)]

    def gate(n: int) -> object:
        text, person, now = texts[n % len(texts)]
        return clear(text, person, _POLICY, rules, now)

    def unseen(n: int) -> object:
        text, person, now = texts[n % len(texts)]
        return clear(replace(text, to=strangers.pop()), person, _POLICY, rules, now)

    def whole(n: int) -> object:
        text, _, now = texts[n % len(texts)]
        occasion = Occasion(purpose="text_back", asked_at=text.asked_at, level=3)
        wanted = Wanted(text.to, _BODY, "rule", "C1", occasion, now + _HOUR, now, True)
        return ask(wanted, _PERSON, Line(_OURS), _POLICY, rules, now)

    def hours(n: int) -> object:
        where, now = places[n % len(places)]
        return blocked(where, "marketing", now, rules)

    def opening(n: int) -> object:
        where, now = places[n % len(places)]
        return next_ok(where, "marketing", now, rules, until=now + 72 * _HOUR)

    for name, question, target in (
        ("gate clear", gate, "<= 100"),
        ("gate clear, new number", unseen, ""),
        ("gate ask (lint, gate, entry)", whole, ""),
        ("gate blocked", hours, ""),
        ("gate next_ok", opening, ""),
    ):
        _show(plan, name, question, count, target)


def _show(
    plan: Plan, name: str, question: Callable[[int], object], count: int, target: str
) -> None:
    for n in range(_WARM):  # what is remembered of days and places is remembered by then
        question(n)
    taken = []
    with Meter({}) as meter:
        for n in range(count):
            began = time.thread_time_ns()
            question(n)
            taken.append((time.thread_time_ns() - began) / 1000)
    shared = {"load": meter.load, "others": meter.others}
    for share in (0.5, 0.99):
        label = plan.label(f"{name} p{share * 100:.0f}")
        plan.show(Figure(label, percentile(taken, share), "us", target, **shared))


def _numbers() -> Iterator[str]:
    """Yield numbers of all area codes, round and round, none twice."""
    codes = sorted(code for code in area_codes() if not textable(f"+1{code}5560000").problem)
    for line in range(10_000):
        for code in codes:
            yield f"+1{code}556{line:04d}"
