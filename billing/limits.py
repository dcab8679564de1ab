"""Use counted to this moment, for whoever is near one of his limits: a burst does not run past it.

The month is counted every two minutes (billing/tally.py). From the last fifth of a limit on, each text
that asks adds what was used since then: by the index of use, a few rows. Everybody else asks nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import connection

from billing import budget
from billing.catalogue import METERS
from billing.entitlements import Standing, is_near
from billing.models import Subscription
from billing.selling import price_of

_SINCE = """
    SELECT coalesce(sum(quantity) FILTER (WHERE kind = ANY(%(texts)s::text[])), 0)::bigint,
           coalesce(sum(quantity) FILTER (WHERE kind = ANY(%(turns)s::text[])), 0)::bigint
    FROM public.billing_usagerecord
    WHERE business_id = %(business)s AND occurred_at >= %(since)s AND occurred_at < %(until)s
"""


def counted(standing: Standing, business_id: int, now: datetime) -> Standing:
    """Return a standing with its use counted to `now` (aware) where a limit is near; else as it is.

    What is on its way to the provider counts once it is there.
    """
    if not is_near(standing, now):
        return standing
    ours = Subscription.objects.select_related("plan").get(business_id=business_id)
    if ours.used_at is None or ours.used_until is None:
        return standing
    with connection.cursor() as cursor:
        cursor.execute(
            _SINCE,
            {
                "texts": list(METERS["text"]), "turns": list(METERS["turn"]),
                "business": business_id, "since": ours.used_at, "until": ours.used_until,
            },
        )  # fmt: skip
        texts, turns = cursor.fetchone()
    texts, turns = ours.used_texts + texts, ours.used_turns + turns
    cents = budget.cost(texts, turns, price_of(ours).use)
    used = replace(standing.used, texts=texts, turns=turns, cents=cents, until=ours.used_until)
    return replace(standing, used=used)
