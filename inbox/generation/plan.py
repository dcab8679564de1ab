"""What becomes of each generated conversation: its person, its state, who has it, what waits. Pure.

Shares are those of a busy firm's year: most is closed, some hundred wait, the latest months are the fullest.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count as count_from

from inbox.generation.words import TAGS, Phrases

SPAN = timedelta(days=700)
_AREAS = (
    312,
    773,
    847,
    630,
    708,
    224,
    815,
    414,
    219,
    317,
    262,
    309,
    217,
    618,
    608,
    920,
    715,
    574,
    765,
    812,
)
_OPEN_SHARE, _SNOOZED_SHARE, _HIDDEN_SHARE = 0.18, 0.02, 0.003
_WAITING_SHARE = 0.14  # of the open ones
_REASONS = (("reply", 60), ("voicemail", 15), ("failed", 12), ("alert", 8), ("promise", 5))


@dataclass(slots=True)
class Plan:
    """One conversation to be: ids, its person, and its row's columns. Times are aware."""

    id: int
    contact: int
    phone: str
    name: str
    company: str
    email: str
    tags: str  # a JSON list
    texts: int
    last_at: datetime
    last_line: str
    last_direction: str
    state: str = "closed"
    hidden: str = ""
    unread: int = 0
    assignee: int | None = None
    team: int | None = None
    reasons: dict[str, datetime] = field(default_factory=dict)
    snoozed_until: datetime | None = None
    opted_out: bool = False


def shares(conversations: int, messages: int, dice: random.Random) -> list[int]:
    """Return how many texts each conversation has: most a few, some hundreds; together `messages`.

    Raises ValueError for fewer messages than conversations.
    """
    if conversations < 1 or messages < conversations:
        raise ValueError("messages: at least one for each conversation")
    weights = [dice.paretovariate(1.3) for _ in range(conversations)]
    left = messages - conversations
    total = sum(weights)
    counts = [1 + int(left * weight / total) for weight in weights]
    for place in range(messages - sum(counts)):
        counts[place % conversations] += 1
    return counts


def plans(
    conversations: int,
    messages: int,
    *,
    first_id: int,
    first_contact: int,
    seed: int,
    now: datetime,
    members: Sequence[int],
    teams: Sequence[int],
    taken: Collection[str] = (),
) -> Iterator[Plan]:
    """Yield the conversations, oldest first. `now` is aware; the same seed and ids give the same rows.

    taken: numbers that belong to somebody already.
    """
    free = (phone for phone in map(_phone, count_from(0)) if phone not in taken)
    dice, phrases = random.Random(f"ringback plans {seed}"), Phrases(seed)
    counts = shares(conversations, messages, dice)
    ages = sorted((dice.random() ** 2 for _ in range(conversations)), reverse=True)
    for place, (count, age) in enumerate(zip(counts, ages, strict=True)):
        number = first_contact + place
        named = dice.random() < 0.7
        name = phrases.name() if named else ""
        plan = Plan(
            id=first_id + place,
            contact=number,
            phone=next(free),
            name=name,
            company=phrases.firm() if dice.random() < 0.12 else "",
            email=f"{name.split()[0].lower()}{number}@mail.example" if named and dice.random() < 0.2 else "",
            tags=json.dumps(sorted(dice.sample(TAGS, dice.choice((1, 1, 2))))) if dice.random() < 0.2 else "[]",
            texts=count,
            last_at=now - SPAN * age - timedelta(seconds=dice.randint(30, 3000)),
            last_line=phrases.sent(),
            last_direction="out",
            opted_out=dice.random() < 0.03,
        )  # fmt: skip
        _decide(plan, dice, phrases, now, members, teams)
        yield plan


def _phone(number: int) -> str:
    """Return a number nobody has: 555 is no exchange, and beyond its numbers the digits fit no plan."""
    return f"+1{_AREAS[number % len(_AREAS)]}555{number // len(_AREAS):04d}"


def _decide(
    plan: Plan,
    dice: random.Random,
    phrases: Phrases,
    now: datetime,
    members: Sequence[int],
    teams: Sequence[int],
) -> None:
    share = dice.random()
    # What is open is mostly young: an old one is rarely left so.
    young = now - plan.last_at < SPAN / 3
    if share < _HIDDEN_SHARE:
        plan.hidden = "test"
    elif share < _HIDDEN_SHARE + _SNOOZED_SHARE:
        plan.state = "snoozed"
        plan.snoozed_until = now + timedelta(minutes=dice.randint(10, 20_000))
    elif share < (_OPEN_SHARE * 1.6 if young else _OPEN_SHARE / 3):
        plan.state = "open"
    if plan.state != "closed" or dice.random() < 0.5:
        whose = dice.random()
        if whose < 0.5 and members:
            plan.assignee = dice.choice(members)
        elif whose < 0.65 and teams:
            plan.team = dice.choice(teams)
    if plan.state == "open" and dice.random() < _WAITING_SHARE:
        _wait(plan, dice, phrases)
    elif plan.state == "open" and dice.random() < 0.05:
        plan.unread, plan.last_direction, plan.last_line = 1, "miss", "Missed call"


def _wait(plan: Plan, dice: random.Random, phrases: Phrases) -> None:
    weights = [weight for _kind, weight in _REASONS]
    kind = dice.choices([kind for kind, _weight in _REASONS], weights)[0]
    plan.reasons[kind] = plan.last_at
    if kind == "reply":
        plan.unread = dice.choice((0, 1, 1, 2, 3))
        plan.last_line, plan.last_direction = phrases.received(), "in"
    elif kind == "voicemail":
        plan.unread, plan.last_line, plan.last_direction = 1, "Missed call, voicemail", "miss"


def moments(plan: Plan, dice: random.Random) -> list[datetime]:
    """Return when each of its texts was, oldest first; the last is the conversation's last moment."""
    at, found = plan.last_at, []
    # Whoever has thousands wrote them within years, not centuries.
    share = min(1.0, 200 / plan.texts)
    for _ in range(plan.texts):
        found.append(at)
        # Answers come within minutes, and now and then a talk begins days later.
        pause = dice.expovariate(1 / 400) if dice.random() < 0.8 else dice.expovariate(1 / 900_000)
        at -= timedelta(seconds=5 + pause * share)
    return found[::-1]
