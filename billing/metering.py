"""Telling Stripe what was used: each record in one report, each report counted once.

Records of a business, a kind and a day (UTC, as Stripe's summaries have it) become one report in the
transaction that marks them. A report is its own agenda row: told, and told again under the same
identifier until Stripe has it, one at a time of a customer, a kind and a day. What Stripe refuses waits
for support (billing/refused.py). A day later Stripe's sums are held against ours (billing/reconciling.py).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from billing import catalogue, stripe_api
from billing.checkout import LIVE
from billing.concerns import key_refused, key_taken, raise_concern, settle_concern
from billing.models import MeterReport, Subscription
from billing.reconciling import midnight, summed
from billing.stripe_api import StripeProblem
from tenants import agenda
from tenants.agenda import Item, Later, Outside

EVERY = timedelta(hours=1)
# Before a period ends what is waiting is told, and once more right after: usage that comes after the
# invoice was made final is on none (telephony.md 5.4).
_BEFORE_END, _AFTER_END = timedelta(minutes=10), timedelta(minutes=1)
# Stripe takes nothing older than 35 days; a day is left for telling it.
_TAKEN_FOR = timedelta(days=35)
TOO_OLD = timedelta(days=34)
# Stripe knows an identifier for a day at least. After that a report whose answer never came is held
# against Stripe's sum before it is told again.
_KNOWN_FOR = timedelta(hours=23)
_ASK_AGAIN = timedelta(minutes=1)
# A key that Stripe does not take is mended by somebody, not by asking often.
_KEY_AGAIN = timedelta(minutes=10)
# What support reads of a report that Stripe may have, or not (billing/refused.py settles it).
UNKNOWN = "It is not known whether Stripe counted it."

_WAITING = """
    SELECT meter, (occurred_at AT TIME ZONE 'UTC')::date, occurred_at >= %(period)s,
           sum(quantity)::bigint, max(occurred_at), array_agg(id)
    FROM (
        SELECT u.id, u.quantity, u.occurred_at, m.meter
        FROM public.billing_usagerecord u
        JOIN unnest(%(kinds)s::text[], %(meters)s::text[]) AS m(kind, meter) ON m.kind = u.kind
        WHERE u.business_id = %(business)s AND u.occurred_at >= %(since)s AND u.report_id IS NULL
        FOR UPDATE OF u
    ) AS waiting
    GROUP BY 1, 2, 3 ORDER BY 2, 1
"""


def gather(item: Item) -> Later | None:
    """Agenda, a row for each business that pays: make reports of what is used, every hour."""
    assert item.business_id is not None
    now = timezone.now()
    with transaction.atomic():
        # One at a time for a business.
        ours = Subscription.objects.select_for_update().filter(business_id=item.business_id).first()
        if ours is None or not stripe_api.is_on() or not ours.subscription_id:
            return None
        reports = report_use(ours, now)
        for report in reports:
            ask_for(report, now)
    return Later(_next(ours, now)) if ours.status in LIVE else None


def report_use(ours: Subscription, now: datetime) -> list[MeterReport]:
    """Gather what nobody reported yet, in the caller's transaction, which holds the subscription's row.

    What was used before the subscription began is nobody's to pay.
    """
    assert ours.begun_at is not None
    kinds = [(kind, meter) for meter, kinds in catalogue.METERS.items() for kind in kinds]
    values: dict[str, Any] = {
        "business": ours.business_id,
        "since": max(ours.begun_at, now - TOO_OLD),
        "period": ours.period_start or ours.begun_at,
        "kinds": [kind for kind, _ in kinds], "meters": [meter for _, meter in kinds],
    }  # fmt: skip
    made = []
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        for meter, _, _, quantity, counted_at, records in cursor.fetchall():
            report = MeterReport.objects.create(
                business_id=ours.business_id, kind=meter, identifier=f"ringback-{uuid4()}",
                quantity=quantity, counted_at=counted_at, account_id=ours.account_id,
                customer_id=ours.customer_id,
            )  # fmt: skip
            cursor.execute(
                "UPDATE public.billing_usagerecord SET report_id = %s WHERE id = ANY(%s)",
                [report.pk, records],
            )
            made.append(report)
    return made


def _next(ours: Subscription, now: datetime) -> datetime:
    moments = [now + EVERY]
    if ours.period_end is not None:
        moments += [ours.period_end - _BEFORE_END, ours.period_end + _AFTER_END]
    return min(moment for moment in moments if moment > now)


def ask_for(report: MeterReport, due_at: datetime) -> None:
    """Put a report on the agenda, in the current transaction; `due_at` is aware."""
    agenda.put(
        "billing.meter", str(report.pk), lane="housekeeping", business_id=report.business_id,
        due_at=due_at,
    )  # fmt: skip


def open_reports() -> QuerySet[MeterReport]:
    """Return what Stripe was not told and nobody gave up on."""
    return MeterReport.objects.filter(sent_at=None, refused_at=None)


def of_its_day(report: MeterReport) -> Q:
    """Return what the reports have in common that Stripe adds up: customer, kind and day (UTC)."""
    day = report.counted_at.astimezone(UTC).date()
    return Q(
        account_id=report.account_id, customer_id=report.customer_id, kind=report.kind,
        counted_at__gte=midnight(day), counted_at__lt=midnight(day + timedelta(days=1)),
    )  # fmt: skip


def tell(item: Item) -> Outside | Later | None:
    """Agenda: tell Stripe of one report, however often it takes.

    Only the first of its customer, kind and day that is open: what Stripe's sum says of one nobody
    could say while another is on its way.
    """
    report = MeterReport.objects.get(pk=int(item.subject))
    if report.sent_at is not None or report.refused_at is not None or not stripe_api.is_on():
        return None
    now, told = timezone.now(), None
    if open_reports().filter(of_its_day(report), pk__lt=report.pk).exists():
        return Later(now + _ASK_AGAIN)
    if now - report.counted_at > _TAKEN_FOR:
        _refuse(report, "Stripe takes nothing that is so old.")
        return None
    if now - (report.asked_since or report.created_at) > _KNOWN_FOR:
        found = MeterReport.objects.filter(of_its_day(report), sent_at__isnull=False)
        told = int(found.aggregate(total=Sum("quantity"))["total"] or 0)
    return Outside(partial(_send, report, told), partial(_sent, report))


def _send(report: MeterReport, told: int | None) -> StripeProblem | bool:
    """Tell it; True once Stripe has it, False where nobody can say whether it has."""
    try:
        if told is not None:
            day = report.counted_at.astimezone(UTC).date()
            there = summed(report.account_id, report.customer_id, report.kind, day, day).get(day, 0)
            if there != told:
                return there == told + report.quantity
        stripe_api.ask(
            "billing.meter_events.create",
            params={
                "event_name": catalogue.EVENT_NAMES[report.kind],
                "identifier": report.identifier,
                "timestamp": int(report.counted_at.timestamp()),
                # Strings, all of them.
                "payload": {
                    "stripe_customer_id": report.customer_id, "value": str(report.quantity)
                },
            },
            account=report.account_id,
            key=f"meter.event:{report.identifier}",
        )  # fmt: skip
    except StripeProblem as problem:
        # Told before, and the answer was lost.
        return True if "already exists" in problem.sentence else problem
    return True


def _sent(report: MeterReport, result: StripeProblem | bool) -> Later | None:
    now = timezone.now()
    if result is True:
        with transaction.atomic():
            if report.problem:
                key_taken(report.account_id)
            settle_concern("meter_refused", report.identifier, by="told later")
            MeterReport.objects.filter(pk=report.pk, sent_at=None).update(
                sent_at=now, problem="", refused_at=None
            )
            _next_of_its_day(report, now)
        return None
    if isinstance(result, StripeProblem) and result.is_transient:
        with transaction.atomic():
            key_refused(result, report.account_id)
            MeterReport.objects.filter(pk=report.pk).update(problem=result.sentence[:300])
        return Later(now + (_KEY_AGAIN if result.is_of_the_key else _ASK_AGAIN))
    _refuse(report, UNKNOWN if result is False else result.sentence)
    return None


def _refuse(report: MeterReport, sentence: str) -> None:
    """Leave a report to support, and let the next of its day come."""
    now = timezone.now()
    with transaction.atomic():
        MeterReport.objects.filter(pk=report.pk, sent_at=None).update(
            problem=sentence[:300], refused_at=now
        )
        raise_concern(
            "meter_refused", report.identifier,
            f"{report.quantity} of {report.kind} could not be reported: {sentence}",
            business_id=report.business_id,
        )  # fmt: skip
        _next_of_its_day(report, now)


def _next_of_its_day(report: MeterReport, now: datetime) -> None:
    following = open_reports().filter(of_its_day(report)).exclude(pk=report.pk)
    first = following.order_by("pk").first()
    if first is not None:
        ask_for(first, now)
