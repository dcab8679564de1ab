"""Retention: what a business keeps no longer is announced once a month and gone a week later.

compliance.md section 7. The announcement is a dry run, written to the audit log; the purge keeps to
it, or to the policy and the holds of that day where those keep more. It goes in batches that each
commit with an audit entry of their own, so a purge that is cut off is simply gone on with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from messaging import alerts, audit, holds
from messaging.keeping import (
    WARNING,
    Keeper,
    Limits,
    Plan,
    announcement,
    limits_from,
    next_month,
)
from messaging.models import AuditEntry, Policy
from tenants import agenda
from tenants.agenda import Later
from tenants.scope import current_business

KIND = "messaging.retain"
DUE = "RETENTION_DUE"
ACTOR = "The system"
MONTHLY = "monthly"
_PURGE = "purge:"
BATCH = 500
# So that one business's years of texts do not keep the lane from all others.
BATCHES_A_TURN = 20


def start(business_id: int, now: datetime) -> None:
    """Put a business's retention on the agenda; once there it stays. `now` is aware.

    Done when a business is made, and by migration for those that were there before.
    """
    agenda.put(
        KIND, MONTHLY, lane="housekeeping", business_id=business_id, due_at=_next(business_id, now)
    )


def _next(business_id: int, now: datetime) -> datetime:
    """Return when a business is asked next month: not all in one minute."""
    return next_month(now.astimezone(UTC)) + timedelta(minutes=business_id % (24 * 60))


def current_limits(at: datetime) -> Limits:
    """Return what the current business's policy lets go at `at` (aware)."""
    policy = Policy.objects.order_by("-pk")[:1].get()
    return Limits(at, policy.message_months, policy.recording_days)


def keepers() -> list[Keeper]:
    """Return every kind of thing that is kept for a time, lower rooms first (settings.RETAINED)."""
    return [import_string(path)() for path in settings.RETAINED]


def plan(now: datetime) -> Plan:
    """Return what would be purged in the current business at `now` (aware). Changes nothing."""
    limits = current_limits(now)
    held = holds.held_contacts()
    shares = tuple(keeper.count(limits, held or frozenset()) for keeper in keepers())
    return Plan(limits, shares, everybody_held=held is None)


def retain(item: agenda.Item) -> Later | None:
    """Agenda: announce what is due once a month, or go on with what was announced. Idempotent."""
    now = timezone.now()
    if item.subject.startswith(_PURGE):
        return _purge_announced(int(item.subject.removeprefix(_PURGE)), now)
    assert item.business_id is not None
    announce(item.business_id, now)
    return Later(_next(item.business_id, now))


def announce(business_id: int, now: datetime) -> Plan | None:
    """Write the month's dry run down, tell the business, and put the purge a week later.

    None when this month has been announced. Nothing due, or everybody held: no notice, no purge.
    """
    period = f"{now.astimezone(UTC):%Y-%m}"
    with transaction.atomic():
        if AuditEntry.objects.filter(action="retention.plan", subject=period).exists():
            return None
        planned = plan(now)
        entry = audit.note(
            "retention.plan", actor=ACTOR, door="agenda", at=now, subject=period,
            detail=planned.as_dict(),
        )  # fmt: skip
        if planned.total and not planned.everybody_held:
            alerts.raise_alert(
                DUE,
                announcement(planned, ZoneInfo(current_business().timezone)),
                fix="Place a legal hold, or keep texts longer, if you still need them.",
                subject=period,
                at=now,
            )
            agenda.put(
                KIND, f"{_PURGE}{entry.pk}", lane="housekeeping", business_id=business_id,
                due_at=now + WARNING,
            )  # fmt: skip
    return planned


def _purge_announced(entry_id: int, now: datetime) -> Later | None:
    entry = AuditEntry.objects.get(pk=entry_id)
    today = current_limits(now)
    limits = limits_from(entry.detail).loosened(today.message_months, today.recording_days)
    for done, _ in enumerate(batches(limits, door="agenda", actor=ACTOR), start=1):
        if done == BATCHES_A_TURN:
            return Later(timezone.now())
    alerts.resolve(DUE, entry.subject, by=ACTOR, at=now)
    return None


def batches(limits: Limits, *, door: str, actor: str) -> Iterator[tuple[str, int]]:
    """Purge under these limits, batch by batch: yields what went and how many after each commit.

    Each batch asks the holds anew, and none is placed while it lasts.
    """
    for keeper, path in zip(keepers(), settings.RETAINED, strict=True):
        what = path.rpartition(".")[2]
        while True:
            with transaction.atomic():
                holds.settle()
                held = holds.held_contacts()
                if held is None:
                    return
                count = keeper.purge(limits, held, BATCH)
                if count:
                    audit.note(
                        "retention.purge", actor=actor, door=door, at=timezone.now(),
                        detail={"what": what, "count": count, "at": limits.at.isoformat()},
                    )  # fmt: skip
            if count:
                yield what, count
            if count < BATCH:
                break


def purge(limits: Limits, *, door: str, actor: str) -> Counter[str]:
    """Purge under these limits until nothing is left; returns how many of each kind went."""
    counts: Counter[str] = Counter()
    for what, count in batches(limits, door=door, actor=actor):
        counts[what] += count
    return counts
