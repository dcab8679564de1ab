"""A business's budget reached a level, and its agency pays: each of the agency's owners gets a letter.

The business's own people read it in their inbox (messaging/budget_alerts.py). An agency has no inbox, so
each letter is a row of the agenda, asked again until it has left, and the agency's record says it too.
"""

from __future__ import annotations

import smtplib
from datetime import timedelta

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from billing.models import BudgetNotice, Payer, Subscription
from inbox.activity import RINGBACK
from inbox.billing.words import money
from tenants import agencies, agenda
from tenants.entry.adapters import send_letter
from tenants.models import Business, Membership, Role

log = structlog.get_logger(__name__)

KIND = "inbox.budget_letter"
_AGAIN = timedelta(minutes=10)
# After that the portal's own page and the agency's record say it still.
_LASTS = timedelta(days=2)


def budget_reached(business: Business, notice: BudgetNotice) -> None:
    """Have every owner of the agency told where the agency pays (settings.BUDGET_REACHED_HANDLERS)."""
    pays = Subscription.objects.filter(business=business, payer=Payer.AGENCY).exists()
    if not pays:
        return
    agencies.note(
        business.agency, "budget.reached", actor=RINGBACK.name, door="agenda", at=notice.at,
        business=business, level=notice.level, cents=notice.cents, limit_cents=notice.limit_cents,
    )  # fmt: skip
    owners = Membership.objects.filter(
        agency=business.agency_id, is_active=True, role=Role.AGENCY_OWNER
    )
    for membership in owners.order_by("pk"):
        agenda.put(
            KIND, f"{notice.pk}:{membership.pk}", lane="realtime", business_id=None,
            due_at=notice.at, expires_at=notice.at + _LASTS,
        )  # fmt: skip


def write(item: agenda.Item) -> agenda.Answer:
    """Agenda: write to one owner, unless he is none any more or it is an old story."""
    found = _about(item)
    if found is None or (item.expires_at is not None and timezone.now() > item.expires_at):
        return None
    return agenda.Outside(
        act=lambda: _sent(*found),
        settle=lambda left: None if left else agenda.Later(timezone.now() + _AGAIN),
    )


def died(item: agenda.Item, _error: str) -> None:
    """A letter was given up for a fault of ours (settings.AGENDA_DEAD_HANDLERS): the record says who has none."""
    found = _about(item)
    if found is not None:
        notice, membership = found
        agencies.note(
            notice.business.agency, "budget.untold", actor=RINGBACK.name, door="agenda",
            at=timezone.now(), business=notice.business, member=str(membership.user),
        )  # fmt: skip


def _about(item: agenda.Item) -> tuple[BudgetNotice, Membership] | None:
    """Return the notice and whom it is for, None where either is gone."""
    notice_id, _colon, membership_id = item.subject.partition(":")
    notice = BudgetNotice.objects.select_related("business__agency").filter(pk=notice_id).first()
    owners = Membership.objects.filter(is_active=True, role=Role.AGENCY_OWNER)
    membership = owners.filter(pk=membership_id).select_related("user").first()
    if notice is None or membership is None or membership.agency_id != notice.business.agency_id:
        return None
    return notice, membership


def _sent(notice: BudgetNotice, membership: Membership) -> bool:
    """Send the letter; whether it left."""
    business = notice.business
    path = reverse(
        "agency:billing", args=[business.agency_id], urlconf=settings.PUBLIC_SCHEMA_URLCONF
    )
    stops = Subscription.objects.filter(business=business, budget_stops=True).exists()
    try:
        with translation.override(membership.user.language or settings.LANGUAGE_CODE):
            words = {"business": business.name, "level": notice.level}
            context = {
                **words, "used": money(notice.cents), "limit": money(notice.limit_cents),
                "ends": stops and notice.level >= 100,
                "url": settings.PUBLIC_BASE_URL.rstrip("/") + path,
            }  # fmt: skip
            subject = _("%(business)s has used %(level)s %% of this month's budget") % words
            send_letter(membership.user.email, subject, "agency/email/budget", context)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("budget_letter_unsent", reason=type(error).__name__)
        return False
    return True
