"""Each night all is looked at once more: a webhook that never came is made good, and what waits is asked for.

Every running subscription and every account of an agency is fetched, every event that was not applied is asked for again, and so is every
report of use that Stripe was not told and nobody gave up on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from billing import metering, stripe_api
from billing.checkout import LIVE
from billing.models import AgencyAccount, StripeEvent, Subscription
from billing.webhooks import KEEP_ASKING, subject_of
from tenants import agenda
from tenants.agenda import Item, Later

KIND = "billing.nightly"
# An hour in which nobody in America looks at a bill, and between two of Stripe's own rushes.
_HOUR = 9
# So many in one go; asked apart, so that a thousand are no rush at Stripe's door.
_APART = timedelta(seconds=1)
# What is younger is on its way; what Stripe showed nobody for a month it never will.
_ON_ITS_WAY, _WANTED_FOR = timedelta(hours=1), timedelta(days=30)


def begin() -> None:
    """After an update: let the first night come (settings.PREPARED_HANDLERS)."""
    if stripe_api.is_on():
        agenda.put(
            KIND, "all", lane="housekeeping", business_id=None, due_at=next_night(timezone.now())
        )


def look_at_all(_item: Item) -> Later | None:
    """Agenda: put all of it on the agenda, one a second."""
    if not stripe_api.is_on():
        return None
    now = timezone.now()
    with transaction.atomic():
        for place, subject in enumerate((*_accounts(), *_running(), *_unapplied(now))):
            agenda.put(
                "billing.refresh", subject, lane="housekeeping", business_id=None,
                due_at=now + place * _APART, expires_at=now + KEEP_ASKING,
            )  # fmt: skip
        waiting = metering.open_reports().filter(created_at__lt=now - _ON_ITS_WAY)
        for place, report in enumerate(waiting.order_by("pk")):
            metering.ask_for(report, now + place * _APART)
    return Later(next_night(now))


def _accounts() -> list[str]:
    """Every account of an agency's own."""
    ours = AgencyAccount.objects.exclude(connect_id="").order_by("pk")
    return [f"{name}|account|{name}" for name in ours.values_list("connect_id", flat=True)]


def _running() -> list[str]:
    running = Subscription.objects.filter(status__in=LIVE).exclude(subscription_id="")
    names = running.order_by("pk").values_list("account_id", "subscription_id")
    return [f"{account}|subscription|{name}" for account, name in names]


def _unapplied(now: datetime) -> list[str]:
    """Return what events of the last weeks are about that Stripe showed to nobody yet, each thing once."""
    events = StripeEvent.objects.filter(
        applied_at=None, received_at__gte=now - _WANTED_FOR, received_at__lt=now - _ON_ITS_WAY
    )
    fields = ("account_id", "type", "object_type", "object_id", "event_id")
    return list(
        dict.fromkeys(subject_of(*row) for row in events.order_by("pk").values_list(*fields))
    )


def next_night(now: datetime) -> datetime:
    """Return the next time (aware) that all are looked at; `now` is aware."""
    tonight = now.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)
