"""The platform's brake: what this hour may send by rules, and what support sets by hand for a while.

Without a hand the limits are reckoned from the last seven days (tenants/velocity_scripts.py). What
is set by hand stands in a row, holds until its time and ends by itself; Redis is told at once, and
again whenever it forgot everything.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from tenants import support_record, velocity
from tenants.models import PlatformBrake, User

LONGEST = timedelta(hours=24)
_FIELDS = (
    ("texts", 0, 1_000_000), ("cents", 0, 10_000_000), ("hours", 1, int(LONGEST.total_seconds() // 3600)),
)  # fmt: skip
_KEY = "ringback:brakes:platform"


class BrakeError(ValueError):
    """A brake that cannot be set; `field` names it: texts, cents, hours, or '' for Redis."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}" if field else sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Hour:
    """This hour so far, and its limits; money in cents. A limit is None while it is not reckoned.

    by_hand: the brake that counts, None where the reckoned limits do.
    """

    texts: int
    cents: float
    texts_limit: int | None
    cents_limit: float | None
    day_cents: float
    day_limit: float | None
    by_hand: PlatformBrake | None

    @property
    def is_reached(self) -> bool:
        """Whether rules' texts are held now."""
        full = self.texts_limit is not None and self.texts >= self.texts_limit
        return full or (self.cents_limit is not None and self.cents >= self.cents_limit)


def in_force(now: datetime) -> PlatformBrake | None:
    """Return the brake set by hand that counts at `now` (aware)."""
    newest = PlatformBrake.objects.filter(lifted_at=None, until__gt=now)
    return newest.order_by("-set_at", "-pk").first()


def is_stopped(now: datetime) -> bool:
    """Whether support lets rules send nothing at all: asked where Redis is away."""
    brake = in_force(now)
    return brake is not None and not (brake.texts_an_hour and brake.cents_an_hour)


def move(
    by: User, *, texts: int, cents: int, hours: int, reason: str, at: datetime
) -> PlatformBrake:
    """Set the platform's limits of an hour by hand, for some hours. 0 stops what rules send.

    Raises BrakeError naming texts, cents or hours, and where Redis does not answer: then nothing
    is set. ReasonMissing without a reason.
    """
    why = support_record.reason_in(reason)
    given = {"texts": texts, "cents": cents, "hours": hours}
    for name, low, high in _FIELDS:
        if not low <= given[name] <= high:
            raise BrakeError(name, f"expected {low:,} to {high:,}")
    with transaction.atomic():
        PlatformBrake.objects.filter(lifted_at=None, until__gt=at).update(
            lifted_at=at, lifted_by=support_record.who(by)
        )
        brake = PlatformBrake.objects.create(
            texts_an_hour=texts, cents_an_hour=cents, reason=why, set_by=support_record.who(by),
            set_at=at, until=at + timedelta(hours=hours),
        )  # fmt: skip
        support_record.note(
            by, "brake.set", at=at, reason=why, texts=texts, cents=cents, hours=hours
        )
        _tell(brake, at)
    return brake


def lift(by: User, *, reason: str, at: datetime) -> bool:
    """Let the reckoned limits count again; False where nothing was set by hand. Raises as `move`."""
    why = support_record.reason_in(reason)
    with transaction.atomic():
        brake = in_force(at)
        if brake is None:
            return False
        PlatformBrake.objects.filter(lifted_at=None, until__gt=at).update(
            lifted_at=at, lifted_by=support_record.who(by)
        )
        support_record.note(by, "brake.lift", at=at, reason=why)
        _tell(None, at)
    return True


def restore(now: datetime) -> None:
    """Tell Redis, which forgot everything, what is set by hand. Away: whoever asks next tries again."""
    with suppress(BrakeError):
        brake = in_force(now)
        if brake is not None:
            _tell(brake, now)


def hour(now: datetime) -> Hour:
    """Return this hour's use and limits. Raises velocity.Away."""
    this = int(now.timestamp()) // 3600
    names = [str(this), f"${this}", "limit", "an_hour", "a_day", "lately", "reckoned"]
    kept: list[Any] = velocity.with_redis(lambda redis: redis.hmget(_KEY, names), now)
    texts, cost = int(kept[0] or 0), int(kept[1] or 0)
    brake = in_force(now)
    is_known = kept[6] is not None and int(kept[6]) == this
    reckoned = [float(word) / 100 if is_known and word is not None else None for word in kept[3:5]]
    return Hour(
        texts=texts,
        cents=cost / 100,
        texts_limit=brake.texts_an_hour if brake else int(kept[2]) if is_known and kept[2] else None,
        cents_limit=float(brake.cents_an_hour) if brake else reckoned[0],
        day_cents=cost / 100 + (int(kept[5] or 0) / 100 if is_known else 0),
        day_limit=None if brake else reckoned[1],
        by_hand=brake,
    )  # fmt: skip


def _tell(brake: PlatformBrake | None, now: datetime) -> None:
    def write(redis: Any) -> None:
        if brake is None:
            redis.hdel(_KEY, "forced_until", "forced_texts", "forced_cost")
            return
        redis.hset(
            _KEY,
            mapping={
                "forced_until": brake.until.astimezone(UTC).timestamp(),
                "forced_texts": brake.texts_an_hour,
                "forced_cost": brake.cents_an_hour * 100,
            },
        )

    try:
        velocity.with_redis(write, now)
    except velocity.Away as away:
        raise BrakeError("", "Redis does not answer, so nothing was changed. Try again.") from away
