"""What the running month has used, for each business with a subscription: its limits and its budget.

One agenda row for all of them, every two minutes; only who used something is counted anew. Near a limit
each text counts by itself meanwhile (billing/limits.py).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from billing import budget, stripe_api
from billing.catalogue import METERS
from billing.entitlements import allowed, is_near
from billing.models import BudgetNotice, Subscription
from billing.selling import price_of
from billing.services import forget_kept
from billing.standing import STANDING_SQL, standing_from
from tenants import agenda
from tenants.agenda import Item, Later
from tenants.models import Business

EVERY = timedelta(minutes=2)

_BUSY = """
    WITH month AS (
        SELECT s.id, s.business_id, s.used_until, s.used_at,
               date_trunc('month', %(now)s::timestamptz AT TIME ZONE b.timezone)
                   AT TIME ZONE b.timezone AS start,
               (date_trunc('month', %(now)s::timestamptz AT TIME ZONE b.timezone)
                   + interval '1 month') AT TIME ZONE b.timezone AS until
        FROM public.billing_subscription s
        JOIN public.tenants_business b ON b.id = s.business_id
    )
    SELECT m.id, m.until, used.texts, used.turns FROM month m
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(u.quantity) FILTER (WHERE u.kind = ANY(%(texts)s)), 0) AS texts,
               coalesce(sum(u.quantity) FILTER (WHERE u.kind = ANY(%(turns)s)), 0) AS turns
        FROM public.billing_usagerecord u
        WHERE u.business_id = m.business_id AND u.occurred_at >= m.start AND u.occurred_at < m.until
    ) AS used
    WHERE m.used_until IS DISTINCT FROM m.until
       -- What was used is committed a little later than it says.
       OR EXISTS (SELECT 1 FROM public.billing_usagerecord u WHERE u.business_id = m.business_id
                  AND u.occurred_at >= m.used_at - interval '10 minutes')
"""


def begin() -> None:
    """After an update, and wherever a subscription begins: somebody counts (settings.PREPARED_HANDLERS)."""
    if stripe_api.is_on():
        agenda.put(
            "billing.tally", "all", lane="housekeeping", business_id=None, due_at=timezone.now()
        )


def tally(item: Item) -> Later | None:
    """Agenda: count anew what the running month has used."""
    if not stripe_api.is_on():
        return None
    now = timezone.now()
    count_month(now)
    return Later(now + EVERY)


def count_month(now: datetime) -> int:
    """Count for everybody who used something; returns how many were counted. `now` is aware."""
    values: dict[str, Any] = {
        "now": now,
        "texts": list(METERS["text"]),
        "turns": list(METERS["turn"]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, values)
        busy = cursor.fetchall()
    for subscription_id, until, texts, turns in busy:
        with transaction.atomic():
            _count(subscription_id, until, int(texts), int(turns), now)
    return len(busy)


def _count(subscription_id: int, until: datetime, texts: int, turns: int, now: datetime) -> None:
    ours = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("plan", "business")
        .get(pk=subscription_id)
    )
    before = _step(ours.business_id, now)
    cents = budget.cost(texts, turns, price_of(ours).use)
    Subscription.objects.filter(pk=ours.pk).update(
        used_texts=texts, used_turns=turns, used_cents=cents, used_until=until, used_at=now
    )
    if _step(ours.business_id, now) != before:
        # The gate reads it with the set-up, which workers keep by its version.
        Business.objects.filter(pk=ours.business_id).update(setup_version=F("setup_version") + 1)
        forget_kept()
    _tell(ours, cents, now)


def _step(business_id: int, now: datetime) -> tuple[int, str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {STANDING_SQL} FROM public.tenants_business b WHERE b.id = %s", [business_id]
        )
        (row,) = cursor.fetchone()
    standing = standing_from(row)
    found = allowed(standing, now)
    # Near a limit each text counts by itself (billing/limits.py), so workers must know.
    return found.step, found.code, is_near(standing, now)


def _tell(ours: Subscription, cents: int, now: datetime) -> None:
    """Tell of the highest level of the budget that is news: each once a month."""
    if ours.budget_cents is None:
        return
    month = budget.month_of(now, ZoneInfo(ours.business.timezone)).first
    told = BudgetNotice.objects.filter(business=ours.business_id, month=month)
    level = budget.to_tell(
        budget.levels_reached(cents, ours.budget_cents), told.values_list("level", flat=True)
    )
    if level is None:
        return
    notice, is_new = BudgetNotice.objects.get_or_create(
        business=ours.business, month=month, level=level,
        defaults={"cents": cents, "limit_cents": ours.budget_cents, "at": now},
    )  # fmt: skip
    if is_new:
        for path in settings.BUDGET_REACHED_HANDLERS:
            import_string(path)(ours.business, notice)


def set_budget(business: Business, cents: int | None, *, stops: bool) -> None:
    """Set the client's own limit of use a month, in cents; None takes it away.

    stops: whether reaching it ends what machines write; what members write goes on. Raises ValueError
    naming the field. A level that was told this month is not told again.
    """
    if cents is not None and not 0 <= cents <= 100_000_000:
        raise ValueError("budget_cents: expected an amount from 0 to 1,000,000.00")
    if stops and cents is None:
        raise ValueError("budget_stops: there is no limit that could stop anything")
    changed = Subscription.objects.filter(business=business).update(
        budget_cents=cents, budget_stops=stops
    )
    if not changed:
        raise ValueError("budget_cents: this business has no plan yet")
    forget_kept()


def use_by_day(business: Business, now: datetime) -> tuple[budget.Day, ...]:
    """Return what each day of the running month used, in the business's zone, for a picture."""
    zone = ZoneInfo(business.timezone)
    month = budget.month_of(now, zone)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (occurred_at AT TIME ZONE %s)::date, "
            "coalesce(sum(quantity) FILTER (WHERE kind = ANY(%s)), 0), "
            "coalesce(sum(quantity) FILTER (WHERE kind = ANY(%s)), 0) "
            "FROM public.billing_usagerecord WHERE business_id = %s AND occurred_at >= %s "
            "AND occurred_at < %s GROUP BY 1",
            [business.timezone, list(METERS["text"]), list(METERS["turn"]), business.pk,
             month.start, month.end],
        )  # fmt: skip
        days = [budget.Day(day, int(texts), int(turns)) for day, texts, turns in cursor.fetchall()]
    return budget.every_day(days, month, zone)


def use_by_kind(business: Business, month: budget.Month) -> dict[date, dict[str, int]]:
    """Return what each day of a month used, by kind, in the business's zone; days without use are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (occurred_at AT TIME ZONE %s)::date, kind, sum(quantity) "
            "FROM public.billing_usagerecord WHERE business_id = %s AND occurred_at >= %s "
            "AND occurred_at < %s GROUP BY 1, 2",
            [business.timezone, business.pk, month.start, month.end],
        )
        days: dict[date, dict[str, int]] = {}
        for day, kind, quantity in cursor.fetchall():
            days.setdefault(day, {})[kind] = int(quantity)
    return days


def totals(days: dict[date, dict[str, int]]) -> tuple[int, int]:
    """Return the texts and the turns of some days, as plans count them."""

    def of(meter: str) -> int:
        return sum(kinds.get(kind, 0) for kinds in days.values() for kind in METERS[meter])

    return of("text"), of("turn")
