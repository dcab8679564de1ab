"""Stripe's own sums of use, held against ours once a day is over (telephony.md 5.4)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from billing import catalogue, stripe_api
from billing.checkout import LIVE
from billing.concerns import key_refused, raise_concern, settle_concern
from billing.models import MeterReport, Subscription
from billing.stripe_api import StripeProblem
from tenants.agenda import Item, Later, Outside

# Stripe takes nothing older than 35 days: what still differs then stays so.
_OF_INTEREST = timedelta(days=34)


def summed(account: str, customer: str, kind: str, first: date, last: date) -> dict[date, int]:
    """Return what Stripe counted of a customer on each day (UTC) from first to last, both included.

    Raises StripeProblem. In no transaction.
    """
    meter = catalogue.meter_ids(account)[kind]
    found = stripe_api.pages(
        "billing.meters.event_summaries.list", meter,
        params={
            "customer": customer, "value_grouping_window": "day",
            "start_time": int(midnight(first).timestamp()),
            "end_time": int(midnight(last + timedelta(days=1)).timestamp()),
        },
        account=account,
    )  # fmt: skip
    return {
        datetime.fromtimestamp(day["start_time"], UTC).date(): round(day["aggregated_value"])
        for day in found
    }


def midnight(day: date) -> datetime:
    """Return when a day begins for Stripe: in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


Compared = dict[tuple[str, str, str], dict[date, int]]


def reconcile(item: Item) -> Outside | Later | None:
    """Agenda, a row for each business that pays: hold Stripe's sums of the days that are over against ours."""
    assert item.business_id is not None
    if not stripe_api.is_on():
        return None
    today = timezone.now().astimezone(UTC).date()
    open_ones = MeterReport.objects.filter(
        business_id=item.business_id, reconciled_at=None, counted_at__lt=midnight(today),
        counted_at__gte=midnight(today - timedelta(days=35)),
    )  # fmt: skip
    days = {
        (r.account_id, r.customer_id, r.kind, r.counted_at.astimezone(UTC).date())
        for r in open_ones
    }
    ours: dict[tuple[str, str, str], dict[date, int]] = defaultdict(dict)
    for account, customer, kind, day in days:
        # All of that day, that which agreed before included.
        ours[account, customer, kind][day] = int(
            MeterReport.objects.filter(
                account_id=account, customer_id=customer, kind=kind,
                counted_at__gte=midnight(day), counted_at__lt=midnight(day + timedelta(days=1)),
            ).aggregate(total=Sum("quantity"))["total"]
            or 0
        )  # fmt: skip
    if not ours:
        return _tomorrow(item)
    return Outside(partial(_theirs, ours), partial(_compare, item, ours))


def _theirs(ours: Compared) -> Compared | StripeProblem:
    try:
        return {whose: summed(*whose, min(days), max(days)) for whose, days in ours.items()}
    except StripeProblem as problem:
        return problem


def _compare(item: Item, ours: Compared, theirs: Compared | StripeProblem) -> Later | None:
    if isinstance(theirs, StripeProblem):
        if theirs.is_transient:
            key_refused(theirs, next(account for account, _, _ in ours))
            return Later(timezone.now() + timedelta(minutes=10))
        raise_concern(
            "not_compared", str(item.business_id),
            f"Use could not be compared: {theirs.sentence}", business_id=item.business_id,
        )  # fmt: skip
        return _tomorrow(item)
    with transaction.atomic():
        for (account, customer, kind), days in ours.items():
            for day, expected in days.items():
                there = theirs[account, customer, kind].get(day, 0)
                subject = f"{customer} {kind} {day}"
                of_day = MeterReport.objects.filter(
                    account_id=account, customer_id=customer, kind=kind,
                    counted_at__gte=midnight(day),
                    counted_at__lt=midnight(day + timedelta(days=1)),
                )  # fmt: skip
                if there == expected:
                    of_day.update(reconciled_at=timezone.now(), problem="")
                    settle_concern("meter_difference", subject, by="agreed later")
                    continue
                words = f"On {day} Stripe counted {there} of {kind}, we {expected}."
                of_day.update(problem=words)
                raise_concern("meter_difference", subject, words, business_id=item.business_id)
    return _tomorrow(item)


def _tomorrow(item: Item) -> Later | None:
    """Next at three in the morning (UTC), as long as somebody pays or something is not compared."""
    assert item.business_id is not None
    now = timezone.now().astimezone(UTC)
    is_live = Subscription.objects.filter(business_id=item.business_id, status__in=LIVE).exists()
    is_open = MeterReport.objects.filter(
        business_id=item.business_id, reconciled_at=None, counted_at__gte=now - _OF_INTEREST
    ).exists()
    if not (is_live or is_open):
        return None
    return Later(midnight(now.date() + timedelta(days=1)) + timedelta(hours=3))
