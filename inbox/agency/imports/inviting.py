"""The letter to the owner whom a file names: asked once the business stands, again until it has left."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inbox.activity import RINGBACK
from tenants import agencies, agenda, members
from tenants.entry.adapters import send_letter
from tenants.members import Asked, MemberError
from tenants.models import Business, BusinessFacts, BusinessImportRow, Domain, Role

log = structlog.get_logger(__name__)
INVITE = "imports.invite"
_AGAIN = timedelta(minutes=10)
_UNSENT = "The owner could not be invited: something of ours failed. Invite them yourself."


def invite(item: agenda.Item) -> agenda.Answer:
    """Agenda: invite the owner of a business that came from a file; a new link each time it is tried."""
    business = Business.objects.select_related("agency").get(pk=item.business_id)
    facts = BusinessFacts.objects.get(business=business)
    now = timezone.now()
    try:
        asked = members.invite(
            business, facts.contact_email, facts.contact_name, Role.OWNER, by=None,
            as_role=Role.AGENCY_OWNER, at=now,
        )  # fmt: skip
    except MemberError:
        return None  # a member already, or too many open: nothing that a machine could mend
    host = Domain.objects.get(tenant=business, is_primary=True).domain
    return agenda.Outside(
        act=lambda: _sent(business, asked, host),
        settle=lambda left: None if left else agenda.Later(timezone.now() + _AGAIN),
    )


def died(item: agenda.Item, _error: str) -> None:
    """A letter was given up for a fault of ours (settings.AGENDA_DEAD_HANDLERS): file and record say so."""
    business = Business.objects.select_related("agency").filter(pk=item.business_id).first()
    if business is None:
        return
    BusinessImportRow.objects.filter(business=business).update(problems={"owner_email": _UNSENT})
    agencies.note(
        business.agency, "business.uninvited", actor=RINGBACK.name, door="agenda", at=timezone.now(),
        business=business,
    )  # fmt: skip


def _sent(business: Business, asked: Asked, host: str) -> bool:
    """Send the link; whether it left. Only the address it is for ever sees it."""
    base = urlsplit(settings.PUBLIC_BASE_URL)
    path = reverse("inbox:join", args=[asked.token], urlconf=settings.ROOT_URLCONF)
    by = business.agency.brand_name or business.agency.name
    context = {
        "business": business, "by": by, "invitation": asked.invitation,
        "url": f"{base.scheme}://{host}{f':{base.port}' if base.port else ''}{path}",
    }  # fmt: skip
    said = {"who": by, "business": business.name}
    try:
        with translation.override(asked.invitation.language or settings.LANGUAGE_CODE):
            subject = _("%(who)s invites you to %(business)s") % said
            send_letter(asked.invitation.email, subject, "inbox/settings/email/invitation", context)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("invitation_unsent", reason=type(error).__name__)
        return False
    return True
