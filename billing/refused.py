"""Reports of use that only a person can settle: Stripe refused them, or may have counted them.

Each deed asks for the right to settle what was given up, for a reason, and stands in support's record.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import transaction

from billing.concerns import settle_concern
from billing.metering import ask_for, of_its_day, open_reports
from billing.models import MeterReport, Subscription
from tenants import support_record
from tenants.models import User

# AGAIN: ask Stripe once more, Stripe's sum deciding where too much time has passed. COUNTED: Stripe has it.
# NOT_COUNTED: Stripe has it not, whatever its sum says; it is told as if it were new.
Deed = Literal["again", "counted", "not_counted"]


class NotRefused(ValueError):
    """A report that is not support's to settle now; the text says why."""


def settle(report_id: int, deed: Deed, user: User, *, reason: str, now: datetime) -> None:
    """Settle a refused report; `now` is aware. Done twice it is done once.

    Raises ReasonMissing, NotRefused.
    """
    why = support_record.reason_in(reason)
    with transaction.atomic():
        report = MeterReport.objects.select_related("business").get(pk=report_id)
        # Whoever gathers holds this row: no further report of the day comes about meanwhile.
        list(Subscription.objects.select_for_update().filter(business=report.business_id))
        report.refresh_from_db(fields=["sent_at", "refused_at"])
        if report.sent_at is not None or report.refused_at is None:
            raise NotRefused(f"{report.identifier}: settled already, or being told.")
        if deed == "counted":
            MeterReport.objects.filter(pk=report.pk).update(
                sent_at=now, refused_at=None, problem=""
            )
        else:
            # It would come before those that are on their way (billing/metering.py).
            if open_reports().filter(of_its_day(report)).exists():
                raise NotRefused(
                    f"{report.identifier}: another report of its day is being told; try again in a minute."
                )
            report.refused_at = None
            if deed == "not_counted":
                report.asked_since = now
            report.save(update_fields=["refused_at", "asked_since"])
            ask_for(report, now)
        settle_concern("meter_refused", report.identifier, by=support_record.who(user))
        support_record.note(
            user, f"meter.{deed}", at=now, business=report.business, subject=report.identifier,
            reason=why, kind=report.kind, quantity=report.quantity,
        )  # fmt: skip
