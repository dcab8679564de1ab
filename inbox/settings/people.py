"""Members and roles: who is here, who is asked to be, and what each may do. Thin."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inbox.frame import business_of, governs
from inbox.settings import services
from inbox.settings.common import me, not_for_you, note, role, show
from tenants import members
from tenants.entry.adapters import send_letter
from tenants.members import Asked, MemberError, Place
from tenants.models import AGENCY_ROLES, Invitation, Membership, Role

_PAGE = "inbox:settings-members"


@require_GET
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Everybody who may come in, and who was asked to."""
    return _page(request)


@require_POST
@login_required
def invite(request: HttpRequest) -> HttpResponse:
    """Send somebody an invitation by e-mail."""
    if not governs(request):
        return not_for_you(request)
    typed = {
        name: request.POST.get(name, "")[:300] for name in ("email", "name", "role", "language")
    }
    business, now = business_of(request), timezone.now()
    try:
        with transaction.atomic():
            asked = members.invite(business, **typed, by=me(request), as_role=role(request), at=now)
            note(request, "member.invite", role=asked.invitation.role)
    except MemberError as wrong:
        return _page(request, typed, {wrong.field: wrong.sentence}, 422)
    _write_to(request, asked)
    return redirect(_PAGE)


@require_POST
@login_required
def resend(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Send an invitation once more, with a new link."""

    def act() -> None:
        business, now = business_of(request), timezone.now()
        asked = members.resend(business, invitation_id, as_role=role(request), at=now)
        note(request, "member.resend", role=asked.invitation.role)
        transaction.on_commit(lambda: _write_to(request, asked))

    return _act(request, act)


@require_POST
@login_required
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""

    def act() -> None:
        business, now = business_of(request), timezone.now()
        gone = members.withdraw(business, invitation_id, as_role=role(request), at=now)
        note(request, "member.withdraw", role=gone.role)
        told = _("The invitation of %(email)s is withdrawn.") % {"email": gone.email}
        messages.success(request, told)

    return _act(request, act)


@require_POST
@login_required
def change_role(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Give a member another role."""

    def act() -> None:
        wanted = request.POST.get("role", "")[:20]
        member = members.change_role(
            business_of(request), membership_id, wanted, as_role=role(request)
        )
        note(request, "member.role", member=member.user_id, role=member.role)
        told = _("%(name)s is now: %(role)s.") % {
            "name": member.user, "role": role_words(member.role),
        }  # fmt: skip
        messages.success(request, told)

    return _act(request, act)


@require_POST
@login_required
def let_go(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Take a member out, at once."""

    def act() -> None:
        business, now = business_of(request), timezone.now()
        gone = services.let_go(
            business, membership_id, by=me(request), as_role=role(request), at=now
        )
        note(request, "member.remove", member=gone.user_id)
        told = _("%(name)s is out. What was theirs is nobody's now.") % {"name": gone.user}
        messages.success(request, told)

    return _act(request, act)


@require_POST
@login_required
def let_back(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Let a former member in again."""

    def act() -> None:
        back = members.reactivate(business_of(request), membership_id, as_role=role(request))
        note(request, "member.return", member=back.user_id, role=back.role)
        messages.success(request, _("%(name)s is back.") % {"name": back.user})

    return _act(request, act)


def role_words(name: str) -> str:
    """Return a role as people read it."""
    return {
        Role.OWNER: _("Owner"),
        Role.MANAGER: _("Manager"),
        Role.AGENT: _("Front desk"),
        Role.AGENCY_OWNER: _("Agency owner"),
        Role.AGENCY_MEMBER: _("Agency"),
    }.get(Role(name), name)


def _act(request: HttpRequest, act: Callable[[], None]) -> HttpResponse:
    """Do something to a member or an invitation, with its note; what stands against it is said."""
    if not governs(request):
        return not_for_you(request)
    try:
        with transaction.atomic():
            act()
    except MemberError as wrong:
        messages.error(request, wrong.sentence)
    return redirect(_PAGE)


def send_invitation(invitation: Invitation, place: Place, *, by: str, url: str) -> None:
    """Write to whoever is invited; url: the link with its secret. Raises OSError, SMTPException."""
    context = {"business": place, "by": by, "invitation": invitation, "url": url}
    with translation.override(invitation.language or translation.get_language()):
        subject = _("%(who)s invites you to %(business)s") % {
            "who": by, "business": place.name,
        }  # fmt: skip
        send_letter(invitation.email, subject, "inbox/settings/email/invitation", context)


def _write_to(request: HttpRequest, asked: Asked) -> None:
    write_to(request, asked, business_of(request), reverse("inbox:join", args=[asked.token]))


def write_to(request: HttpRequest, asked: Asked, place: Place, path: str) -> None:
    """Send the link. Only the address it is for ever sees it: that is what proves the address."""
    invitation = asked.invitation
    try:
        send_invitation(
            invitation, place, by=str(me(request)), url=request.build_absolute_uri(path)
        )
    except (OSError, smtplib.SMTPException):
        told = _("The invitation is kept, but the email to %(email)s did not leave. Send it again.")
        messages.error(request, told % {"email": invitation.email})
    else:
        told = _("The invitation is on its way to %(email)s. It works for seven days.")
        messages.success(request, told % {"email": invitation.email})


def _page(
    request: HttpRequest, typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    business, now, mine = business_of(request), timezone.now(), me(request).pk
    as_owner = role(request) in members.OWNING
    here = list(
        Membership.objects.filter(business=business).select_related("user").order_by("user__name")
    )
    agency = Membership.objects.filter(
        agency=business.agency_id, role__in=AGENCY_ROLES, is_active=True, user__is_active=True
    ).select_related("user")
    ids = [m.user_id for m in here] + [m.user_id for m in agency]
    safe = set(
        Authenticator.objects.filter(user__in=ids)
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    rows: list[dict[str, Any]] = [
        {
            "id": m.pk,
            "user": m.user,
            "role": m.role,
            "role_words": role_words(m.role),
            "me": m.user_id == mine,
            "safe": m.user_id in safe,
            "active": m.is_active,
            "mine_to_change": governs(request) and (as_owner or m.role != Role.OWNER),
        }
        for m in here
    ]
    invitations = Invitation.objects.filter(
        business=business, accepted_at=None, withdrawn_at=None
    ).order_by("-created_at")
    may_make = [r for r in members.ROLES if as_owner or r != Role.OWNER]
    return show(
        request, "members", "members", status,
        typed=typed or {"role": Role.AGENT.value}, languages=settings.LANGUAGES, errors=errors or {},
        active=[row for row in rows if row["active"]],
        former=[row for row in rows if not row["active"]],
        agency=[
            {"user": m.user, "role_words": role_words(m.role), "safe": m.user_id in safe}
            for m in agency
        ],
        invitations=[
            {
                "id": i.pk, "email": i.email, "name": i.name, "role_words": role_words(i.role),
                "expired": i.expires_at <= now, "expires_at": i.expires_at,
            }
            for i in invitations
        ],
        roles=[(r.value, role_words(r), _ROLE_MEANS[r]()) for r in may_make],
    )  # fmt: skip


_ROLE_MEANS: dict[Role, Callable[[], str]] = {
    Role.OWNER: lambda: _("Everything, also owners and erasing people."),
    Role.MANAGER: lambda: _("Everything but owners and erasing people."),
    Role.AGENT: lambda: _("Answers people. Changes no settings of the business."),
}
