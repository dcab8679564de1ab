"""The life of a business after it went live: suspended, resumed, leaving, and staying after all.

Each verb is one transaction that holds the business's row, so that two parties who press at once
are one after the other. What other rooms do about it hangs on settings.BUSINESS_LEAVING_HANDLERS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from tenants import agencies, suspending
from tenants.models import ApiKey, Business, Departure, Stage
from tenants.scope import business_scope


class LifecycleRefused(ValueError):
    """What was asked for cannot be done to this business now. code: stable, for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


def suspend(
    business: Business, party: str, *, actor: str, door: str, now: datetime, reason: str = ""
) -> bool:
    """Stop everything that goes out for a business; False when it is stopped already.

    party: one of suspending.PARTIES; now: aware. Raises LifecycleRefused for one that is leaving.
    """
    with _held(business) as kept:
        if kept.stage in (Stage.LEAVING, Stage.GONE):
            raise LifecycleRefused("leaving", "This business is leaving: nothing goes out anyway.")
        if kept.suspended_at is not None and not suspending.takes_over(party, kept.suspended_by):
            return False
        kept.suspended_at = kept.suspended_at or now
        kept.suspended_by = party
        kept.save(update_fields=["suspended_at", "suspended_by"])
        agencies.note(
            kept.agency, "business.suspend", actor=actor, door=door, at=now, business=kept,
            by=party, reason=reason[:300],
        )  # fmt: skip
        _standing_changed(kept, now)
    return True


def resume(
    business: Business, party: str, *, actor: str, door: str, now: datetime, reason: str = ""
) -> bool:
    """Let a business send again; False when it is not suspended.

    Raises LifecycleRefused where somebody stronger suspended it.
    """
    with _held(business) as kept:
        if kept.suspended_at is None:
            return False
        if not suspending.may_lift(party, kept.suspended_by):
            said = {
                suspending.BILLING: "It is suspended because of an open bill. Paying it ends that.",
            }.get(kept.suspended_by, "Support suspended it. Write to support.")
            raise LifecycleRefused("suspended_by_other", said)
        kept.suspended_at, kept.suspended_by = None, ""
        kept.save(update_fields=["suspended_at", "suspended_by"])
        agencies.note(
            kept.agency, "business.resume", actor=actor, door=door, at=now, business=kept,
            by=party, reason=reason[:300],
        )  # fmt: skip
        _standing_changed(kept, now)
    return True


def off_board(
    business: Business, *, actor: str, door: str, now: datetime, reason: str = ""
) -> Departure:
    """Let a business leave: nothing goes out from now on, and all of it is deleted after its grace.

    A second wish returns the first one's departure. Keys end at once and for good. Raises
    LifecycleRefused for one that is gone.
    """
    with _held(business) as kept:
        known = open_departure(kept)
        if known is not None:
            return known
        if kept.stage == Stage.GONE:
            raise LifecycleRefused("gone", "This business is deleted already.")
        due = now + timedelta(days=settings.OFF_BOARD_GRACE_DAYS)
        departure = Departure.objects.create(
            business=kept, asked_at=now, asked_by=actor[:120], reason=reason[:300],
            was=kept.stage, due_at=due,
        )  # fmt: skip
        kept.stage, kept.delete_after = Stage.LEAVING, due
        kept.save(update_fields=["stage", "delete_after"])
        ended = ApiKey.objects.filter(business=kept, revoked_at=None).update(revoked_at=now)
        agencies.note(
            kept.agency, "business.off_board", actor=actor, door=door, at=now, business=kept,
            due=due.isoformat(), reason=reason[:300], keys=ended,
        )  # fmt: skip
        _tell(settings.BUSINESS_LEAVING_HANDLERS, departure, actor, door, now)
    return departure


def stay(business: Business, *, actor: str, door: str, now: datetime) -> bool:
    """Keep a business that was to leave, as it was but for its keys; False where nothing was asked.

    Raises LifecycleRefused once deleting has begun.
    """
    with _held(business) as kept:
        departure = open_departure(kept)
        if departure is None:
            return False
        if departure.begun_at is not None:
            raise LifecycleRefused("too_late", "It is too late: its data is being deleted.")
        departure.undone_at = now
        departure.save(update_fields=["undone_at"])
        kept.stage, kept.delete_after = departure.was, None
        kept.save(update_fields=["stage", "delete_after"])
        agencies.note(kept.agency, "business.stay", actor=actor, door=door, at=now, business=kept)
        _tell(settings.BUSINESS_STAYS_HANDLERS, departure, actor, door, now)
    return True


def open_departure(business: Business) -> Departure | None:
    """Return the departure that is under way, or None."""
    return Departure.objects.filter(business=business, undone_at=None, done_at=None).first()


@contextmanager
def _held(business: Business) -> Iterator[Business]:
    """Hold a business's row for one transaction; what the caller holds says the same afterwards."""
    with transaction.atomic():
        kept = Business.objects.select_for_update(of=("self",)).select_related("agency")
        found = kept.get(pk=business.pk)
        yield found
    for name in ("stage", "suspended_at", "suspended_by", "delete_after"):
        setattr(business, name, getattr(found, name))


def _standing_changed(business: Business, now: datetime) -> None:
    for path in settings.BUSINESS_SUSPENDED_HANDLERS:
        import_string(path)(business, now)


def _tell(handlers: list[str], departure: Departure, actor: str, door: str, now: datetime) -> None:
    """Tell the rooms above, in the business's schema and this transaction."""
    with business_scope(departure.business.schema_name):
        for path in handlers:
            import_string(path)(departure, actor, door, now)
