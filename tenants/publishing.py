"""A draft goes live: everything is looked at, and then it is live once, whoever asks how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from tenants import agencies, postures, publish_rules
from tenants.business_facts import FIELDS
from tenants.making import go_live
from tenants.models import (
    MAY_SEND,
    Answering,
    Business,
    BusinessFacts,
    CompiledHours,
    Invitation,
    Membership,
    PhoneNumber,
    ProviderStep,
    Stage,
    StepState,
)
from tenants.publish_rules import Gap, Known, Line
from tenants.scope import business_scope


class NotReady(ValueError):
    """A draft that cannot go live yet; `gaps` are what stands against it."""

    def __init__(self, gaps: tuple[Gap, ...]) -> None:
        super().__init__("; ".join(f"{gap.field}: {gap.sentence}" for gap in gaps))
        self.gaps = gaps


class NotADraft(ValueError):
    """A business that leaves or is gone does not go live."""


def known_of(business: Business, now: datetime) -> Known:
    """Return what is known of a draft; now: aware."""
    facts = BusinessFacts.objects.filter(business=business).first()
    hours = CompiledHours.objects.filter(business=business).first()
    numbers = PhoneNumber.objects.filter(business=business, is_active=True).select_related(
        "account"
    )
    with business_scope(str(business.schema_name)):
        ask: Callable[[], dict[str, bool]] = import_string(settings.PUBLISH_KNOWN)
        inside = ask()
    floor = business.agency.posture_floor
    return Known(
        filled=frozenset(name for name in FIELDS if facts is not None and getattr(facts, name)),
        has_hours=hours is not None and bool(hours.spans),
        rules_on=inside["rules_on"],
        lines=tuple(_line(number) for number in numbers.order_by("pk")),
        posture_fits=postures.stricter(business.posture, floor) == business.posture,
        members=Membership.objects.filter(business=business, is_active=True).count(),
        invited=Invitation.objects.filter(
            business=business, accepted_at=None, withdrawn_at=None, expires_at__gt=now
        ).count(),
        tested=inside["tested"],
        number_on_its_way=ProviderStep.objects.filter(
            business=business, key__startswith="number.",
            state__in=(StepState.WANTED, StepState.TRYING, StepState.WAITING),
        ).exists(),
    )  # fmt: skip


def gaps_of(business: Business, now: datetime) -> tuple[Gap, ...]:
    """Return what a draft lacks; now: aware."""
    return publish_rules.gaps(known_of(business, now))


def publish(business: Business, *, by: str, door: str, at: datetime) -> tuple[Business, bool]:
    """Make a draft live; returns it and whether that happened now. at: aware.

    One that is live stays as it is. Raises NotReady with what stands against it, NotADraft.
    """
    with transaction.atomic():
        kept = (
            Business.objects.select_for_update(of=("self",)).select_related("agency")
            .get(pk=business.pk)
        )  # fmt: skip
        if kept.stage == Stage.LIVE:
            return kept, False
        if kept.stage != Stage.DRAFT:
            raise NotADraft("this business is leaving")
        found = gaps_of(kept, at)
        if against := tuple(gap for gap in found if gap.blocking):
            raise NotReady(against)
        go_live(kept, at)
        agencies.note(
            kept.agency, "business.publish", actor=by, door=door, at=at, business=kept,
            without=[f"{gap.step}.{gap.field}" for gap in found],
        )  # fmt: skip
    return kept, True


def _line(number: PhoneNumber) -> Line:
    return Line(
        number.e164,
        number.registration in MAY_SEND,
        number.answering != Answering.GREETING and bool(number.staff_numbers),
        number.forwards_from,
        number.forwarding,
        number.account.provider == "simulator",
    )
