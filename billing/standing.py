"""Where a business stands, as whoever asks what it may do reads it: with its set-up, in the same query.

`STANDING_SQL` is one column of a query over `public.tenants_business b`. What it shows changes the
set-up's version (billing migration 0004, billing/tally.py), so a worker may keep it until then.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from billing import stripe_api
from billing.entitlements import Budget, Limits, Standing, Used

STANDING_SQL = """(SELECT json_build_object('status', s.status, 'overdue', s.past_due_since,
    'trial', s.trial_end, 'texts', CASE WHEN p.text_overage IS NULL THEN p.included_texts END,
    'turns', CASE WHEN p.turn_overage IS NULL THEN p.included_turns END, 'used_texts', s.used_texts,
    'used_turns', s.used_turns, 'used_cents', s.used_cents, 'until', s.used_until,
    'budget', s.budget_cents, 'stops', s.budget_stops)
    FROM public.billing_subscription s JOIN public.billing_plan p ON p.id = s.plan_id
    WHERE s.business_id = b.id)"""


def standing_from(row: Any) -> Standing:
    """Return what STANDING_SQL gave. A business without a subscription stands at "none"."""
    if not stripe_api.is_on():
        return Standing()
    if row is None:
        return Standing(is_on=True)
    found = json.loads(row) if isinstance(row, str) else row
    return Standing(
        True,
        found["status"],
        _moment(found["overdue"]),
        _moment(found["trial"]),
        Limits(found["texts"], found["turns"]),
        Used(
            found["used_texts"], found["used_turns"], found["used_cents"], _moment(found["until"])
        ),
        Budget(found["budget"], found["stops"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
