"""REST: what a business used in a month, by day and kind, and what it costs."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import budget, tally
from billing.models import Payer, Subscription
from billing.selling import price_of
from config.api import Unusable
from config.api_operations import operation
from tenants.api_keys import key_of
from tenants.scope import current_business

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_USAGE = {
    "month": "2026-11", "timezone": "America/Chicago", "plan": "solo", "currency": "usd",
    "monthly_cents": 4900, "included_texts": 500, "included_turns": 0, "texts": 618, "turns": 0,
    "overage_cents": 236, "forecast_overage_cents": 914, "budget_cents": 5000,
    "days": [{"day": "2026-11-01", "kinds": [{"kind": "sms_segment", "quantity": 24}]}],
}  # fmt: skip


class KindSerializer(serializers.Serializer[Any]):
    """How much of one kind."""

    kind = serializers.CharField(help_text="sms_segment, mms, assistant_turn and others.")
    quantity = serializers.IntegerField()


class DaySerializer(serializers.Serializer[Any]):
    """What one day used; a day without use is left out."""

    day = serializers.DateField(help_text="On the business's calendar.")
    kinds = KindSerializer(many=True)


class UsageSerializer(serializers.Serializer[Any]):
    """What a month used. Money in cents; null where there is no plan, where it is not known, and
    where an agency pays and the key is not one of its own."""

    month = serializers.CharField()
    timezone = serializers.CharField(help_text="Whose calendar the days are of.")
    plan = serializers.CharField(help_text="Empty without a subscription.")
    currency = serializers.CharField()
    monthly_cents = serializers.IntegerField(allow_null=True)
    included_texts = serializers.IntegerField()
    included_turns = serializers.IntegerField()
    texts = serializers.IntegerField(help_text="Segments and picture texts that were sent.")
    turns = serializers.IntegerField(help_text="Answers of the assistant.")
    overage_cents = serializers.IntegerField(
        allow_null=True, help_text="What is used above the plan, at the price its payer pays."
    )
    forecast_overage_cents = serializers.IntegerField(
        allow_null=True,
        help_text="At the month's end if it goes on so; null for a month that is over.",
    )
    budget_cents = serializers.IntegerField(allow_null=True, help_text="Your own limit of it.")
    days = DaySerializer(many=True)


class Usage(APIView):
    """Use by month."""

    area = "usage"

    @operation(
        "Usage", "usage_retrieve", "What a month used",
        "By day and kind, with what it costs above the plan.",
        gives=UsageSerializer, told=_USAGE, errors=(422,),
        parameters=[
            OpenApiParameter("month", str, description="Such as 2026-11; without it: the running one.")
        ],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Answer with a month. Raises Unusable naming month."""
        business, now = current_business(), timezone.now()
        zone = ZoneInfo(business.timezone)
        running = budget.month_of(now, zone)
        month = _month(request.query_params.get("month"), running, zone)
        ours = Subscription.objects.select_related("plan").filter(business=business).first()
        days = tally.use_by_kind(business, month)
        texts, turns = tally.totals(days)
        price = price_of(ours) if ours else None
        prices = price.use if price else budget.Prices()
        # What an agency pays for its client is not its client's to read.
        paid = price if ours and (ours.payer == Payer.BUSINESS or _is_agencys(request)) else None
        is_running = month == running
        ahead = budget.forecast(texts, turns, prices, month, now) if is_running else None
        return Response(UsageSerializer({
            "month": f"{month.first:%Y-%m}", "timezone": business.timezone,
            "plan": ours.plan.key if ours else "", "currency": ours.plan.currency if ours else "",
            "monthly_cents": paid.monthly if paid else None,
            "included_texts": prices.texts, "included_turns": prices.turns, "texts": texts,
            "turns": turns,
            "overage_cents": budget.cost(texts, turns, prices) if paid else None,
            "forecast_overage_cents": ahead.cents if ahead is not None and paid else None,
            "budget_cents": ours.budget_cents if ours and paid else None,
            "days": [
                {"day": day, "kinds": [{"kind": k, "quantity": q} for k, q in sorted(kinds.items())]}
                for day, kinds in sorted(days.items())
            ],
        }).data)  # fmt: skip


def _is_agencys(request: Request) -> bool:
    return key_of(request).agency_id is not None


def _month(asked: str | None, running: budget.Month, zone: ZoneInfo) -> budget.Month:
    """Return the month that is asked for. Raises Unusable."""
    if asked is None:
        return running
    found = _MONTH.fullmatch(asked)
    if found is None:
        raise Unusable("month", "Expected a month such as 2026-11.")
    first = date(int(found[1]), int(found[2]), 1)
    if first > running.first:
        raise Unusable("month", "This month has not begun.")
    return budget.month_of(datetime.combine(first, time(12), zone) + timedelta(days=1), zone)
