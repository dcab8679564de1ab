"""What is counted across businesses, and of each, while texts leave: one question to Redis for all.

compliance.md R-SPOOF-1 (whoever forges a stranger's number and calls many businesses makes each of
them text the stranger), product.md B13 (breakers), telephony.md 2.4 (a carrier that throttles).
Counts are brakes, not promises: where Redis is away nothing of it is known, and who asks decides
what to do then. No number stands in Redis, only keyed hashes, and ranges of a thousand numbers.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

import structlog
from django.conf import settings
from redis.commands.core import Script

from tenants.redis import client
from tenants.velocity_scripts import ASK, GIVE_BACK

log = structlog.get_logger(__name__)
WINDOW = timedelta(hours=24)  # in which businesses of one number are counted
CROWD_WINDOW = timedelta(minutes=15)  # in which callers of one range are counted
HISTORY = timedelta(days=7)  # of the platform's hours
# Asked while a person's row is locked: a Redis that does not answer is not asked again for so long.
REST = timedelta(seconds=30)
# What is read of a business is read again from the database after so long: others spend as well.
_KEPT_SECONDS = 600
_A_DAY = 86_400

_not_before = [datetime.min.replace(tzinfo=UTC)]


class Away(Exception):
    """Redis did not answer, or did not lately."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A text that a rule wants to send.

    member: what it is counted by, once however often it is asked about; cost: hundredths of a cent;
    counts_elsewhere: whether its caller is counted across businesses, which nobody vouched for;
    past_day, past_month: whether somebody let it go past that limit; it counts all the same;
    is_asked_again: its call was counted before, and is not a second time.
    """

    e164: str
    business_id: int
    our_number: str
    member: str
    cost: int
    counts_elsewhere: bool
    past_day: bool = False
    past_month: bool = False
    is_asked_again: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted with it.

    elsewhere: other businesses the number was about to be texted by within a day; here, anywhere:
    callers of the number's range lately, at this business and at all; throttled_until: when our
    number may send again; verdict: ok (and counted), day, month, platform (a limit is reached,
    nothing was counted), unknown (nothing is known of the business: `remember` first); news:
    "texts" or "money" the first time in this hour that the platform's is; platform_limit: texts an
    hour, None while its history is not known; the limits and when their windows end as they were remembered.
    """

    elsewhere: int
    here: int
    anywhere: int
    throttled_until: datetime | None
    verdict: str
    news: str
    platform_limit: int | None
    texts_limit: int
    cost_limit: int
    day_ends: datetime
    month_ends: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the database knows of a business: limits, what was used, and when the windows end (aware).

    texts: members of today's texts by rules; cost and spent in hundredths of a cent.
    """

    texts_limit: int
    cost_limit: int
    texts: tuple[str, ...]
    spent: int
    day_ends: datetime
    month_ends: datetime


def ask(wish: Wish, now: datetime) -> Counted:
    """Count a text against everything it counts against, unless a limit is reached. Raises Away.

    `now` is aware. One round trip.
    """
    whole = digest(wish.e164)
    who = whole[:16]
    keys = [
        f"ringback:velocity:{whole[:32]}",
        f"ringback:range:{wish.business_id}:{range_of(wish.e164)}",
        f"ringback:range:all:{range_of(wish.e164)}",
        *_keys(wish.business_id),
        f"ringback:throttled:{wish.our_number}",
    ]
    answer = _run(
        ASK, keys, now, now.timestamp(), wish.business_id, wish.member,
        int(wish.counts_elsewhere), int(WINDOW.total_seconds()), who,
        int(CROWD_WINDOW.total_seconds()), wish.cost, settings.PLATFORM_BRAKE_FLOOR,
        settings.PLATFORM_BRAKE_FACTOR, int(HISTORY.total_seconds()) // 3600,
        int(wish.past_day), int(wish.past_month), int(not wish.is_asked_again), settings.CROWD_HERE,
        100 * settings.PLATFORM_CENTS_AN_HOUR, 100 * settings.PLATFORM_CENTS_A_DAY,
        settings.PLATFORM_DAY_FACTOR,
    )  # fmt: skip
    elsewhere, here, anywhere, throttled, verdict, limit, *kept = answer
    word, _, news = verdict.decode().partition(" ")
    return Counted(
        int(elsewhere), int(here), int(anywhere), _moment(throttled), word, news,
        int(limit) if int(limit) >= 0 else None, int(kept[0]), int(kept[1]),
        _moment(kept[2]) or now, _moment(kept[3]) or now,
    )  # fmt: skip


def remember(business_id: int, ledger: Ledger, now: datetime) -> None:
    """Keep what the database knows of a business for ten minutes. Raises Away.

    Texts that were counted meanwhile stay counted: what is on its way is in no database yet.
    """
    business, texts, _ = _keys(business_id)

    def write(redis: Any) -> None:
        pipe = redis.pipeline()
        pipe.hset(
            business,
            mapping={
                "texts": ledger.texts_limit, "cost": ledger.cost_limit, "spent": ledger.spent,
                "day_ends": ledger.day_ends.timestamp(), "month_ends": ledger.month_ends.timestamp(),
            },
        )  # fmt: skip
        pipe.expire(business, _KEPT_SECONDS)
        # Yesterday's are none of today's: the set of a day is named by the day's end.
        pipe.eval(
            "if redis.call('HGET', KEYS[1], 'set_of') ~= ARGV[1] then redis.call('DEL', KEYS[2]) end "
            "redis.call('HSET', KEYS[1], 'set_of', ARGV[1])",
            2, f"{texts}:day", texts, str(ledger.day_ends.timestamp()),
        )  # fmt: skip
        pipe.expire(f"{texts}:day", 2 * _A_DAY)
        if ledger.texts:
            pipe.sadd(texts, *ledger.texts)
            pipe.expireat(texts, ledger.day_ends + timedelta(hours=1))
        pipe.execute()

    with_redis(write, now)


def forget(business_id: int, now: datetime) -> None:
    """Let limits and use of a business be read from the database again. Raises Away."""
    with_redis(lambda redis: redis.delete(_keys(business_id)[0]), now)


def give_back(wish: Wish, now: datetime) -> None:
    """Take a text that did not leave out of the counts again. Raises Away."""
    _run(
        GIVE_BACK,
        _keys(wish.business_id),
        now,
        wish.member,
        wish.cost,
        int(now.timestamp()) // 3600,
    )


def begin_history(hours: dict[int, tuple[int, int]], now: datetime) -> None:
    """Keep texts and cost of each hour before this one (hours since 1970, hundredths of a cent).

    Raises Away.
    """
    platform = _keys(0)[2]

    def write(redis: Any) -> None:
        pipe = redis.pipeline()
        for hour, (count, cost) in hours.items():
            pipe.hsetnx(platform, hour, count)
            pipe.hsetnx(platform, f"${hour}", cost)
        pipe.hset(platform, "since", now.timestamp())
        pipe.hdel(platform, "reckoned")
        pipe.execute()

    with_redis(write, now)


def may_begin_history(now: datetime) -> bool:
    """Whether it is this process's turn to read the platform's history. Raises Away."""
    return bool(
        with_redis(lambda redis: redis.set("ringback:brakes:beginning", 1, nx=True, ex=60), now)
    )


def throttled(our_number: str, until: datetime, now: datetime) -> None:
    """Remember that carriers take no more texts from our number until `until` (aware). Raises Away."""
    seconds = max(1, int((until - now).total_seconds()))
    key = f"ringback:throttled:{our_number}"
    with_redis(lambda redis: redis.set(key, until.timestamp(), ex=seconds), now)


def digest(e164: str) -> str:
    """Return what stands for a number where the number must not stand: 64 hexadecimal digits."""
    return hmac.new(settings.SECRET_KEY.encode(), e164.encode(), hashlib.sha256).hexdigest()


def range_of(e164: str) -> str:
    """Return the thousand numbers a number is one of: all but its last three digits."""
    return e164[:-3]


def _keys(business_id: int) -> list[str]:
    return [
        f"ringback:brakes:{business_id}",
        f"ringback:brakes:{business_id}:texts",
        "ringback:brakes:platform",
    ]


def _moment(stored: bytes | str) -> datetime | None:
    return datetime.fromtimestamp(float(stored), UTC) if stored else None


def _run(script: str, keys: list[str], now: datetime, *arguments: object) -> list[Any]:
    values = [str(argument) for argument in arguments]
    return cast(list[Any], with_redis(lambda redis: _known(script)(keys, values, redis), now))


@cache
def _known(script: str) -> Script:
    """Return a script that is sent by its digest, and whole only to a Redis that does not know it."""
    return client().register_script(script)


def with_redis(act: Any, now: datetime) -> Any:
    """Do something with Redis, or leave it alone for a while after it failed."""
    if now < _not_before[0]:
        raise Away
    try:
        return act(client())
    except Exception as error:
        _not_before[0] = now + REST
        log.warning("velocity_unknown", error=type(error).__name__)
        raise Away from error
