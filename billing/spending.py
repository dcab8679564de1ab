"""What businesses cost this month, read for pages and lists: a few statements, however many they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Q

from billing.catalogue import METERS
from billing.margin import Money, Terms, month
from billing.models import AgencyAccount, Subscription
from billing.pricing import price_paid
from tenants.models import Business, PhoneNumber

_USE_OF_ALL = """
    SELECT b.id, b.name, (u.occurred_at AT TIME ZONE b.timezone)::date,
           coalesce(sum(u.quantity) FILTER (WHERE u.kind = ANY(%s)), 0),
           coalesce(sum(u.quantity) FILTER (WHERE u.kind = ANY(%s)), 0)
    FROM public.tenants_business b JOIN public.billing_usagerecord u ON u.business_id = b.id
    WHERE b.agency_id = %s AND u.occurred_at >=
          date_trunc('month', %s::timestamptz AT TIME ZONE b.timezone) AT TIME ZONE b.timezone
    GROUP BY 1, 2, 3 ORDER BY 2, 1, 3
"""


def money_of(business: Business, now: datetime) -> Money:
    """Return a business's month so far at `now` (aware); nothing without a subscription."""
    ours = Subscription.objects.select_related("plan").filter(business=business).first()
    if ours is None:
        return Money()
    numbers = PhoneNumber.objects.filter(business=business, is_active=True).count()
    account = AgencyAccount.objects.filter(agency=business.agency_id).first()
    return month(terms(ours, account, numbers, now))


def money_of_all(
    agency_id: int, subscriptions: Collection[Subscription], now: datetime
) -> dict[int, Money]:
    """Return the months of an agency's businesses by their ids; the subscriptions come with their plans."""
    ids = [each.business_id for each in subscriptions]
    counted = dict(
        PhoneNumber.objects.filter(business__in=ids)
        .values_list("business")
        .annotate(active=Count("id", filter=Q(is_active=True)))
    )
    account = AgencyAccount.objects.filter(agency=agency_id).first()
    return {
        each.business_id: month(terms(each, account, counted.get(each.business_id, 0), now))
        for each in subscriptions
    }


def use_of_all(agency_id: int, now: datetime) -> list[tuple[int, str, date, int, int]]:
    """Return what an agency's businesses used this month: id, name, day, text segments, assistant turns.

    Months and days are each business's own; days without use are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_USE_OF_ALL, [list(METERS["text"]), list(METERS["turn"]), agency_id, now])
        return [
            (pk, name, day, int(texts), int(turns))
            for pk, name, day, texts, turns in cursor.fetchall()
        ]


def terms(ours: Subscription, account: AgencyAccount | None, numbers: int, now: datetime) -> Terms:
    """Return what a month is reckoned from; use of a month that is over counts no more."""
    plan = ours.plan
    # What is charged at the agency's account was sold with its mark-up; else it is the agency's own say.
    markup = account.markup_percent if account else Decimal(0)
    if ours.account_id:
        markup = ours.markup_percent
    is_current = ours.used_until is not None and now < ours.used_until
    return Terms(
        status=ours.status, payer=ours.payer, connected=bool(ours.account_id),
        monthly=plan.monthly_cents,
        prices=price_paid(plan, ours.payer, sells=False, markup=Decimal(0)).use,
        texts=ours.used_texts if is_current else 0, turns=ours.used_turns if is_current else 0,
        numbers=max(0, numbers - plan.included_numbers), number=plan.number_overage or 0,
        markup=markup, fee=ours.fee_percent,
    )  # fmt: skip
