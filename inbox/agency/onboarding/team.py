"""Step: who of the business comes in. By invitation alone: the link proves the address."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from inbox.agency.onboarding.desk import Desk
from inbox.agency.onboarding.inviting import write_to
from inbox.settings.people import role_words
from tenants import agencies, members
from tenants.members import Asked, MemberError
from tenants.models import Invitation, Membership, Role

_TYPED = ("email", "name", "role", "language")


def page(desk: Desk) -> HttpResponse:
    """Who is in, who is asked."""
    return _page(desk, {"role": Role.OWNER.value})


def save(desk: Desk) -> HttpResponse:
    """Invite somebody, or take an invitation back."""
    post = desk.request.POST
    if (withdrawn := post.get("withdraw", "")).isdecimal():
        return _withdraw(desk, int(withdrawn[:18]))
    typed = {name: post.get(name, "")[:300] for name in _TYPED}
    try:
        with transaction.atomic():
            asked = members.invite(
                desk.business, **typed, by=desk.office.user, as_role=desk.office.role, at=desk.now
            )
            agencies.note(
                desk.office.agency, "business.invite", actor=desk.office.who, door="page",
                at=desk.now, business=desk.business, role=asked.invitation.role,
            )  # fmt: skip
    except MemberError as wrong:
        return _page(desk, typed, wrong.errors, 422)
    _write_to(desk, asked)
    return desk.stay()


def _withdraw(desk: Desk, invitation_id: int) -> HttpResponse:
    try:
        gone = members.withdraw(
            desk.business, invitation_id, as_role=desk.office.role, at=desk.now
        )  # fmt: skip
    except MemberError as wrong:
        messages.error(desk.request, wrong.sentence)
    else:
        told = _("The invitation of %(email)s is withdrawn.") % {"email": gone.email}
        messages.success(desk.request, told)
    return desk.stay()


def _write_to(desk: Desk, asked: Asked) -> None:
    to = {"email": asked.invitation.email}
    if write_to(desk.request, desk.business, asked, desk.office.user):
        told = _("The invitation is on its way to %(email)s. It works for seven days.")
        messages.success(desk.request, told % to)
    else:
        told = _("The invitation is kept, but the email to %(email)s did not leave. Send it again.")
        messages.error(desk.request, told % to)


def _page(
    desk: Desk, typed: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    here = Membership.objects.filter(business=desk.business, is_active=True).select_related("user")
    asked = Invitation.objects.filter(
        business=desk.business, accepted_at=None, withdrawn_at=None
    ).order_by("-created_at")
    return desk.page(
        status=status, typed=typed, errors=errors or {}, languages=settings.LANGUAGES,
        roles=[(r.value, role_words(r)) for r in _roles(desk)],
        members=[(m.user, role_words(m.role)) for m in here],
        invitations=[(i, role_words(i.role), i.expires_at <= desk.now) for i in asked],
    )  # fmt: skip


def _roles(desk: Desk) -> list[Role]:
    owns = desk.office.role in members.OWNING
    return [role for role in members.ROLES if owns or role != Role.OWNER]
