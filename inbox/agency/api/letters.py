"""A webhook endpoint of an agency was switched off by what it answered: each owner gets a letter.

An agency has no inbox where a notice could stand. Each letter is a row of the agenda, asked again
until it has left.
"""

from __future__ import annotations

import smtplib
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inbox.activity import RINGBACK
from inbox.settings.hook_words import why_off
from integrations.models import Endpoint
from tenants import agencies, agenda
from tenants.entry.adapters import send_letter
from tenants.models import Membership, Role

log = structlog.get_logger(__name__)

KIND = "inbox.endpoint_off"
_AGAIN = timedelta(minutes=10)
# After that the portal's own page and the agency's record say it still.
_LASTS = timedelta(days=2)


def tell_owners(endpoint: Endpoint) -> None:
    """Have every owner of the endpoint's agency told. In the transaction that switches it off."""
    now = timezone.now()
    owners = Membership.objects.filter(
        agency=endpoint.agency_id, is_active=True, role=Role.AGENCY_OWNER
    )
    for membership in owners.order_by("pk"):
        agenda.put(
            KIND, f"{endpoint.pk}:{membership.pk}", lane="realtime", business_id=None, due_at=now,
            expires_at=now + _LASTS,
        )  # fmt: skip


def write(item: agenda.Item) -> agenda.Answer:
    """Agenda: write to one owner, unless it is on again or he is no owner any more."""
    endpoint_id, _colon, membership_id = item.subject.partition(":")
    endpoint = Endpoint.objects.select_related("agency").filter(pk=UUID(endpoint_id)).first()
    membership = (
        Membership.objects.filter(pk=int(membership_id), is_active=True, role=Role.AGENCY_OWNER)
        .select_related("user")
        .first()
    )
    if endpoint is None or endpoint.is_active or membership is None:
        return None
    return agenda.Outside(
        act=lambda: _sent(endpoint, membership),
        settle=lambda left: None if left else agenda.Later(timezone.now() + _AGAIN),
    )


def died(item: agenda.Item, _error: str) -> None:
    """A letter was given up for a fault of ours (settings.AGENDA_DEAD_HANDLERS): the record says who has none."""
    endpoint_id, _colon, membership_id = item.subject.partition(":")
    endpoint = Endpoint.objects.select_related("agency").filter(pk=UUID(endpoint_id)).first()
    membership = Membership.objects.filter(pk=int(membership_id)).select_related("user").first()
    if endpoint is None or endpoint.agency is None or endpoint.is_active or membership is None:
        return
    agencies.note(
        endpoint.agency, "endpoint.untold", actor=RINGBACK.name, door="agenda", at=timezone.now(),
        member=str(membership.user), endpoint=endpoint.shown_url,
    )  # fmt: skip


def _sent(endpoint: Endpoint, membership: Membership) -> bool:
    """Send the letter; whether it left."""
    assert endpoint.agency is not None
    path = reverse(
        "agency:webhook", args=[endpoint.agency.pk, endpoint.pk],
        urlconf=settings.PUBLIC_SCHEMA_URLCONF,
    )  # fmt: skip
    try:
        with translation.override(membership.user.language or settings.LANGUAGE_CODE):
            context = {
                "agency": endpoint.agency, "address": endpoint.shown_url,
                "why": why_off(endpoint.disabled_why),
                "url": settings.PUBLIC_BASE_URL.rstrip("/") + path,
            }  # fmt: skip
            subject = _("%(address)s is told no more events") % {"address": endpoint.shown_url}
            send_letter(membership.user.email, subject, "agency/email/endpoint_off", context)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("endpoint_letter_unsent", reason=type(error).__name__)
        return False
    return True
