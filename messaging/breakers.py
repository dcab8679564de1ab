"""Limits on what rules send: a day's texts, a month's money, the platform's hour, a range that calls too much.

product.md B13. A reached limit holds texts, never drops them: somebody lets them go or raises it, or
the window ends while they are still wanted. What people write and the confirmation of a STOP are
never asked about here. Counted in Redis (tenants/velocity.py), read anew from the database
whenever Redis knows nothing; while Redis is away the database itself is asked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import connection, transaction

from messaging import alerts, audit
from messaging.clearance import Brake
from messaging.policies import ask_held_again
from messaging.status import PAUSES
from tenants import brakes, velocity
from tenants.models import Business
from tenants.velocity import Away, Counted, Ledger, Wish

log = structlog.get_logger(__name__)

DAY, MONTH, PLATFORM, RANGE = "DAY_LIMIT", "MONTH_LIMIT", "PLATFORM_LIMIT", "RANGE_VELOCITY"
# What the business may let go itself; the platform's brake is ours.
LETTABLE = (DAY, MONTH, RANGE)
_LIMITS = (("daily_text_limit", 0, 100_000), ("monthly_cents_limit", 0, 100_000_000))

_LEDGER = """
    SELECT b.timezone, b.daily_text_limit, b.monthly_cents_limit
    FROM public.tenants_business b WHERE b.id = %s
"""
_TODAY = """
    SELECT coalesce(call::text, client_token) FROM messaging_message
    WHERE created_at >= %s AND erased_at IS NULL AND author = 'rule'
      AND coalesce(call::text, client_token) IS NOT NULL
      AND status NOT IN ('held', 'cancelled')
"""
_SPENT = """
    SELECT coalesce(sum(quantity * CASE kind WHEN 'sms_segment' THEN %s WHEN 'mms' THEN %s
                                   WHEN 'lookup' THEN %s
                                   ELSE 0 END), 0)
    FROM public.billing_usagerecord WHERE business_id = %s AND occurred_at >= %s
"""
# By business, which the index begins with.
_HISTORY = """
    SELECT floor(extract(epoch FROM u.occurred_at) / 3600)::bigint, count(*), sum(u.quantity) * %s
    FROM public.tenants_business b CROSS JOIN LATERAL (
        SELECT occurred_at, quantity FROM public.billing_usagerecord
        WHERE business_id = b.id AND occurred_at >= %s AND kind = 'sms_segment'
    ) u GROUP BY 1
"""
_LET_GO = """
    UPDATE messaging_message
    SET clearances = jsonb_set(
        jsonb_set(clearances, '{0,occasion,let_go}', to_jsonb(%s::text)),
        '{0,occasion,let_go_of}',
        coalesce(clearances #> '{0,occasion,let_go_of}', '[]') || to_jsonb(hold_code))
    WHERE status = 'held' AND hold_code = ANY(%s)
"""


class LimitError(ValueError):
    """A limit that cannot be set; `field` names it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a rule's text was counted against. `brake` is None when no limit is reached."""

    wish: Wish
    elsewhere: int = 0
    brake: Brake | None = None
    throttled_until: datetime | None = None
    is_counted: bool = False

    def give_back(self, now: datetime) -> None:
        """The text does not leave after all: it counts against nothing."""
        if self.is_counted:
            # Away: counted once too often, until the database is read again.
            with suppress(Away):
                velocity.give_back(self.wish, now)


@dataclass(frozen=True, slots=True)
class Use:
    """A business's use against its limits; money in cents. Times are aware."""

    texts: int
    texts_limit: int
    cents: float
    cents_limit: int
    day_ends: datetime
    month_ends: datetime


def weigh(
    *, phone: str, business_id: int, our_number: str, member: str, segments: int,
    attestation: str, now: datetime, let_go_of: frozenset[str] = frozenset(),
    is_asked_again: bool = False,
) -> Weighed:  # fmt: skip
    """Count a text that a rule wants to send, or say which limit holds it.

    member: what it is counted by (its call's id, a follow-up's token), once however often it is asked about; let_go_of:
    limits somebody let this text go past: they hold it no more, the others do; is_asked_again: its
    call was counted when it was queued. One round trip to Redis; two after Redis forgot the
    business. In the business's schema; `now` is aware.
    """
    wish = Wish(
        phone, business_id, our_number, member, segments * settings.SEGMENT_PRICE,
        attestation != "A", DAY in let_go_of, MONTH in let_go_of, is_asked_again,
    )  # fmt: skip
    try:
        counted = velocity.ask(wish, now)
        if counted.platform_limit is None:
            _begin_history(now)
        if counted.verdict == "unknown":
            velocity.remember(business_id, read(business_id, now), now)
            counted = velocity.ask(wish, now)
    except Away:
        return Weighed(wish, brake=_by_database(wish, now))
    if counted.news:
        # Support is told by this line: it comes up where errors are watched.
        log.error("platform_brake", reached=counted.news, texts_an_hour=counted.platform_limit)
    brake = None if RANGE in let_go_of else _crowd(counted, phone, attestation == "A", now)
    brake = brake or _limit(counted, now)
    weighed = Weighed(
        wish, counted.elsewhere, brake, counted.throttled_until, counted.verdict == "ok"
    )
    if brake is not None:
        weighed.give_back(now)  # a range holds what the limits would let go
    return weighed


def _crowd(counted: Counted, phone: str, is_vouched: bool, now: datetime) -> Brake | None:
    """A crowd at this business waits for a person; one spread over many ends by itself."""
    if counted.here >= settings.CROWD_HERE:
        return Brake(
            RANGE,
            f"many different numbers beginning with {velocity.range_of(phone)} called within minutes,"
            " which machines do to make you send texts. Somebody should look.",
        )
    if counted.anywhere >= settings.CROWD_ANYWHERE and not is_vouched:
        return Brake(
            RANGE,
            f"many different numbers beginning with {velocity.range_of(phone)} call many businesses,"
            " which machines do. It goes by itself when they stop.",
            now + velocity.CROWD_WINDOW,
        )
    return None


def _limit(counted: Counted, now: datetime) -> Brake | None:
    if counted.verdict == "day":
        return Brake(DAY, _day_words(counted.texts_limit), counted.day_ends)
    if counted.verdict == "month":
        return Brake(MONTH, _month_words(counted.cost_limit), counted.month_ends)
    if counted.verdict == "platform":
        next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return Brake(
            PLATFORM, "The platform sends far more than usual. Support is looking.", next_hour
        )
    return None


def _by_database(wish: Wish, now: datetime) -> Brake | None:
    """The business's own limits by the database alone; what is on its way is not in it yet."""
    if brakes.is_stopped(now):
        return Brake(PLATFORM, "Support has stopped what rules send. It is looking.")
    known = read(wish.business_id, now)
    if wish.member in known.texts:
        return None
    if len(known.texts) >= known.texts_limit and not wish.past_day:
        return Brake(DAY, _day_words(known.texts_limit), known.day_ends)
    if known.spent + wish.cost > known.cost_limit and not wish.past_month:
        return Brake(MONTH, _month_words(known.cost_limit), known.month_ends)
    return None


def _day_words(limit: int) -> str:
    return f"today's limit of {limit:,} texts by rules is reached. Let them go or raise it under Limits."


def _month_words(cost: int) -> str:
    return f"this month's limit of ${cost / 10_000:,.2f} is reached. Let them go or raise it under Limits."


def read(business_id: int, now: datetime) -> Ledger:
    """Return limits and use of the business in whose schema we are. Raises LookupError."""
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER, [business_id])
        row = cursor.fetchone()
        if row is None:
            raise LookupError(f"there is no business {business_id}")
        day, month, day_ends, month_ends = _windows(now, ZoneInfo(row[0]))
        cursor.execute(_TODAY, [day])
        texts = tuple(found[0] for found in cursor.fetchall())
        prices = [settings.SEGMENT_PRICE, settings.MMS_PRICE, settings.LOOKUP_PRICE]
        cursor.execute(_SPENT, [*prices, business_id, month])
        (spent,) = cursor.fetchone()
    return Ledger(
        settings.RULE_TEXTS_A_DAY if row[1] is None else row[1],
        100 * (settings.CENTS_A_MONTH if row[2] is None else row[2]),
        texts, int(spent), day_ends, month_ends,
    )  # fmt: skip


def _windows(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime, datetime, datetime]:
    """Return when the business's day and month began, and when they end."""
    day = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    month = day.replace(day=1)
    # A local day may have 23 or 25 hours: the next one is sought by the calendar.
    next_day = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    next_month = (month.replace(tzinfo=None) + timedelta(days=32)).replace(day=1, tzinfo=zone)
    return day, month, next_day, next_month


def _begin_history(now: datetime) -> None:
    """Read the platform's last seven days once, where Redis knows nothing of them."""
    if not velocity.may_begin_history(now):
        return
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, [settings.SEGMENT_PRICE, now - velocity.HISTORY])
        hours = {hour: (count, int(cost)) for hour, count, cost in cursor.fetchall()}
    velocity.begin_history(hours, now)
    brakes.restore(now)


def use(business_id: int, now: datetime) -> Use:
    """Return what a business used today and this month, from the database."""
    known = read(business_id, now)
    return Use(
        len(known.texts), known.texts_limit, known.spent / 100, known.cost_limit // 100,
        known.day_ends, known.month_ends,
    )  # fmt: skip


def defaults() -> tuple[int, int]:
    """Return the limits of a business without its own: texts a day, cents a month."""
    return settings.RULE_TEXTS_A_DAY, settings.CENTS_A_MONTH


def let_go(business_id: int, code: str, *, by: str, door: str, at: datetime) -> int:
    """Let the texts that one limit holds go past it; returns how many. The gate is asked about each again.

    They still count, and whatever other limit is reached holds them anew. Raises LimitError for a code that is not the business's.
    """
    if code not in LETTABLE:
        raise LimitError("code", f"expected one of: {', '.join(LETTABLE)}")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LET_GO, [by[:120], [code]])
            count = cursor.rowcount
        alerts.resolve(code, "", by=by, at=at)
        if count:
            detail = {"code": code, "texts": count}
            audit.note("limits.let_go", actor=by, door=door, at=at, detail=detail)
            ask_held_again(business_id)
    return count


def set_limits(
    business: Business, daily: int | None, cents: int | None, *, by: str, door: str, at: datetime
) -> bool:
    """Set the limits (texts a day, cents a month; None takes the platform's); False when nothing changed.

    Held texts are asked again. Raises LimitError naming daily_text_limit or monthly_cents_limit.
    """
    wanted = {"daily_text_limit": daily, "monthly_cents_limit": cents}
    for name, low, high in _LIMITS:
        value = wanted[name]
        if value is not None and not low <= value <= high:
            shown = (low, high) if name == "daily_text_limit" else (low // 100, high // 100)
            raise LimitError(name, f"expected {shown[0]:,} to {shown[1]:,}")
    with transaction.atomic():
        stored = Business.objects.select_for_update(of=("self",)).get(pk=business.pk)
        if {name: getattr(stored, name) for name in wanted} == wanted:
            return False
        Business.objects.filter(pk=business.pk).update(**wanted)
        audit.note("limits.change", actor=by, door=door, at=at, detail=wanted)
        transaction.on_commit(lambda: _asked_again(business.pk, at))
        for code in (DAY, MONTH):
            alerts.resolve(code, "", by=by, at=at)
        return True


def _asked_again(business_id: int, at: datetime) -> None:
    """After the new limits are committed: forget the old ones, and ask what they held again."""
    # Away: they are read again within ten minutes.
    with suppress(Away):
        velocity.forget(business_id, at)
    ask_held_again(business_id)


def note_pause(our_number: str, code: str, at: datetime) -> None:
    """Where an error says that carriers take no more from our number just now, rules wait (row 21)."""
    pause = PAUSES.get(code)
    if pause is not None:
        throttled(our_number, at + timedelta(seconds=pause), at)


def throttled(our_number: str, until: datetime, now: datetime) -> None:
    """Carriers take no more texts from our number until `until`: rules wait for it (row 21)."""
    # Away: the next text learns it from the provider itself.
    with suppress(Away):
        velocity.throttled(our_number, until, now)
