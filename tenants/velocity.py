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

log = structlog.get_logger(__name__)
WINDOW = timedelta(hours=24)  # in which businesses of one number are counted
CROWD_WINDOW = timedelta(minutes=15)  # in which callers of one range are counted
HISTORY = timedelta(days=7)  # of the platform's hours
# Asked while a person's row is locked: a Redis that does not answer is not asked again for so long.
REST = timedelta(seconds=30)
# What is read of a business is read again from the database after so long: others spend as well.
_KEPT_SECONDS = 600
_A_DAY = 86_400

_ASK = """
local now, member = tonumber(ARGV[1]), ARGV[3]
local function crowd(key, who, seconds)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - seconds)
    redis.call('ZADD', key, now, who)
    redis.call('EXPIRE', key, seconds)
    return redis.call('ZCARD', key)
end
local elsewhere = 0
if ARGV[4] == '1' then elsewhere = crowd(KEYS[1], ARGV[2], tonumber(ARGV[5])) - 1 end
local here = crowd(KEYS[2], ARGV[6], tonumber(ARGV[7]))
local anywhere = crowd(KEYS[3], ARGV[6], tonumber(ARGV[7]))
local throttled = redis.call('GET', KEYS[7]) or ''

-- The platform's hours: the limit is reckoned once an hour, from those before it.
local hour = math.floor(now / 3600)
local limit = -1
if redis.call('HEXISTS', KEYS[6], 'since') == 1 then
    if redis.call('HGET', KEYS[6], 'reckoned') ~= tostring(hour) then
        local sum, all = 0, redis.call('HGETALL', KEYS[6])
        for i = 1, #all, 2 do
            local then_ = tonumber(all[i])
            if then_ and then_ < hour - tonumber(ARGV[11]) then redis.call('HDEL', KEYS[6], all[i])
            elseif then_ and then_ < hour then sum = sum + tonumber(all[i + 1]) end
        end
        local reckoned = math.max(tonumber(ARGV[9]), ARGV[10] * sum / tonumber(ARGV[11]))
        redis.call('HSET', KEYS[6], 'limit', math.floor(reckoned), 'reckoned', hour)
    end
    limit = tonumber(redis.call('HGET', KEYS[6], 'limit'))
end

local kept = redis.call('HMGET', KEYS[4], 'texts', 'cost', 'spent', 'day_ends', 'month_ends')
local known = kept[1] and now < tonumber(kept[4]) and now < tonumber(kept[5])
local verdict = 'ok'
if not known then verdict = 'unknown'
elseif redis.call('SISMEMBER', KEYS[5], member) == 1 then verdict = 'ok'
elseif ARGV[12] ~= '1' and redis.call('SCARD', KEYS[5]) >= tonumber(kept[1]) then verdict = 'day'
elseif ARGV[13] ~= '1' and tonumber(kept[3]) + tonumber(ARGV[8]) > tonumber(kept[2]) then verdict = 'month'
elseif limit >= 0 and tonumber(redis.call('HGET', KEYS[6], hour) or '0') >= limit then
    verdict = 'platform'
    if redis.call('HSETNX', KEYS[6], 'told', hour) == 1
        or redis.call('HGET', KEYS[6], 'told') ~= tostring(hour) then
        redis.call('HSET', KEYS[6], 'told', hour)
        verdict = 'platform first'
    end
else
    redis.call('SADD', KEYS[5], member)
    redis.call('EXPIREAT', KEYS[5], math.ceil(tonumber(kept[4])) + 3600)
    redis.call('HINCRBY', KEYS[4], 'spent', ARGV[8])
    redis.call('HINCRBY', KEYS[6], hour, 1)
end
return {elsewhere, here, anywhere, throttled, verdict, limit,
        kept[1] or '0', kept[2] or '0', kept[4] or '0', kept[5] or '0'}
"""
_GIVE_BACK = """
if redis.call('SREM', KEYS[2], ARGV[1]) == 1 then
    if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'spent', -ARGV[2]) end
    redis.call('HINCRBY', KEYS[3], ARGV[3], -1)
end
"""
_not_before = [datetime.min.replace(tzinfo=UTC)]


class Away(Exception):
    """Redis did not answer, or did not lately."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A text that a rule wants to send.

    member: what it is counted by, once however often it is asked about; cost: hundredths of a cent;
    counts_elsewhere: whether its caller is counted across businesses, which nobody vouched for;
    past_day, past_month: whether somebody let it go past that limit; it counts all the same.
    """

    e164: str
    business_id: int
    our_number: str
    member: str
    cost: int
    counts_elsewhere: bool
    past_day: bool = False
    past_month: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted with it.

    elsewhere: other businesses the number was about to be texted by within a day; here, anywhere:
    callers of the number's range lately, at this business and at all; throttled_until: when our
    number may send again; verdict: ok (and counted), day, month, platform (a limit is reached,
    nothing was counted), unknown (nothing is known of the business: `remember` first); is_news:
    the first time in this hour that the platform's is; platform_limit: None while its history is
    not known; the limits and when their windows end as they were remembered.
    """

    elsewhere: int
    here: int
    anywhere: int
    throttled_until: datetime | None
    verdict: str
    is_news: bool
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
    who = digest(wish.e164)[:16]
    keys = [
        f"ringback:velocity:{digest(wish.e164)[:32]}",
        f"ringback:range:{wish.business_id}:{range_of(wish.e164)}",
        f"ringback:range:all:{range_of(wish.e164)}",
        *_keys(wish.business_id),
        f"ringback:throttled:{wish.our_number}",
    ]
    answer = _run(
        _ASK, keys, now, now.timestamp(), wish.business_id, wish.member,
        int(wish.counts_elsewhere), int(WINDOW.total_seconds()), who,
        int(CROWD_WINDOW.total_seconds()), wish.cost, settings.PLATFORM_BRAKE_FLOOR,
        settings.PLATFORM_BRAKE_FACTOR, int(HISTORY.total_seconds()) // 3600,
        int(wish.past_day), int(wish.past_month),
    )  # fmt: skip
    elsewhere, here, anywhere, throttled, verdict, limit, *kept = answer
    word, _, news = verdict.decode().partition(" ")
    return Counted(
        int(elsewhere), int(here), int(anywhere), _moment(throttled), word, bool(news),
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

    _with_redis(write, now)


def forget(business_id: int, now: datetime) -> None:
    """Let limits and use of a business be read from the database again. Raises Away."""
    _with_redis(lambda redis: redis.delete(_keys(business_id)[0]), now)


def give_back(wish: Wish, now: datetime) -> None:
    """Take a text that did not leave out of the counts again. Raises Away."""
    _run(
        _GIVE_BACK,
        _keys(wish.business_id),
        now,
        wish.member,
        wish.cost,
        int(now.timestamp()) // 3600,
    )


def begin_history(hours: dict[int, int], now: datetime) -> None:
    """Keep how many texts left in each hour before this one (hours since 1970). Raises Away."""
    platform = _keys(0)[2]

    def write(redis: Any) -> None:
        pipe = redis.pipeline()
        for hour, count in hours.items():
            pipe.hsetnx(platform, hour, count)
        pipe.hset(platform, "since", now.timestamp())
        pipe.hdel(platform, "reckoned")
        pipe.execute()

    _with_redis(write, now)


def may_begin_history(now: datetime) -> bool:
    """Whether it is this process's turn to read the platform's history. Raises Away."""
    return bool(
        _with_redis(lambda redis: redis.set("ringback:brakes:beginning", 1, nx=True, ex=60), now)
    )


def throttled(our_number: str, until: datetime, now: datetime) -> None:
    """Remember that carriers take no more texts from our number until `until` (aware). Raises Away."""
    seconds = max(1, int((until - now).total_seconds()))
    key = f"ringback:throttled:{our_number}"
    _with_redis(lambda redis: redis.set(key, until.timestamp(), ex=seconds), now)


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
    return cast(list[Any], _with_redis(lambda redis: _known(script)(keys, values, redis), now))


@cache
def _known(script: str) -> Script:
    """Return a script that is sent by its digest, and whole only to a Redis that does not know it."""
    return client().register_script(script)


def _with_redis(act: Any, now: datetime) -> Any:
    """Do something with Redis, or leave it alone for a while after it failed."""
    if now < _not_before[0]:
        raise Away
    try:
        return act(client())
    except Exception as error:
        _not_before[0] = now + REST
        log.warning("velocity_unknown", error=type(error).__name__)
        raise Away from error
