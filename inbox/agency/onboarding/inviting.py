"""Letters to people of a business that an agency sets up: the link leads to the business's own host."""

from __future__ import annotations

import smtplib
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from tenants import members
from tenants.entry.adapters import send_letter
from tenants.members import Asked
from tenants.models import Business, Domain, Role

log = structlog.get_logger(__name__)


def write_to(request: HttpRequest, business: Business, asked: Asked, by: Any) -> bool:
    """Send the link; whether it left. Only the address it is for ever sees it."""
    invitation = asked.invitation
    host = Domain.objects.get(tenant=business, is_primary=True).domain
    port = split_domain_port(request.get_host())[1]
    path = reverse("inbox:join", args=[asked.token], urlconf=settings.ROOT_URLCONF)
    url = f"{request.scheme}://{host}{f':{port}' if port else ''}{path}"
    context = {"business": business, "by": by, "invitation": invitation, "url": url}
    try:
        with translation.override(invitation.language or translation.get_language()):
            subject = _("%(who)s invites you to %(business)s") % {
                "who": by, "business": business.name,
            }  # fmt: skip
            send_letter(invitation.email, subject, "inbox/settings/email/invitation", context)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("invitation_unsent", reason=type(error).__name__)
        return False
    return True


def invite_owner(
    business: Business, email: str, name: str, request: HttpRequest, *, at: datetime
) -> None:
    """Invite the first owner in an agency's name, by letter once the transaction stands. Raises MemberError."""
    asked = members.invite(
        business, email, name, Role.OWNER, by=None, as_role=Role.AGENCY_OWNER, at=at
    )
    sender = business.agency.brand_name or business.agency.name
    transaction.on_commit(partial(write_to, request, business, asked, sender), robust=True)
