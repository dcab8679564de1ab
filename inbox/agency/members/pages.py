"""Members of an agency: who is here, who is asked to be, and what each may do. Thin: tenants.members does it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.agency.frame import Office, address, for_owners, office_page, show
from inbox.agency.members import leaving
from inbox.settings.joining import Door, through
from inbox.settings.people import write_to
from tenants import members
from tenants.agencies import note
from tenants.members import Asked, MemberError
from tenants.models import AGENCY_ROLES, Agency, Invitation, Membership, Role, User


@require_GET
@office_page
def overview(request: HttpRequest, office: Office) -> HttpResponse:
    """Everybody who works here, and who was asked to."""
    return _page(request, office)


@require_POST
@office_page
@for_owners
def invite(request: HttpRequest, office: Office) -> HttpResponse:
    """Send somebody an invitation by e-mail. A wrong entry: 422, its field named."""
    typed = {name: request.POST.get(name, "")[:300] for name in ("email", "name", "role")}
    now = timezone.now()
    try:
        with transaction.atomic():
            asked = members.invite(
                office.agency, **typed, by=office.user, as_role=office.role, at=now
            )
            _note(office, "member.invite", now, role=asked.invitation.role)
    except MemberError as wrong:
        return _page(request, office, typed, {wrong.field: wrong.sentence}, 422)
    _write(request, office, asked)
    return redirect(address("members", office))


@require_POST
@office_page
@for_owners
def resend(request: HttpRequest, office: Office, invitation_id: int) -> HttpResponse:
    """Send an invitation once more, with a new link."""

    def act(now: datetime) -> None:
        asked = members.resend(office.agency, invitation_id, as_role=office.role, at=now)
        _note(office, "member.resend", now, role=asked.invitation.role)
        transaction.on_commit(lambda: _write(request, office, asked))

    return _act(request, office, act)


@require_POST
@office_page
@for_owners
def withdraw(request: HttpRequest, office: Office, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""

    def act(now: datetime) -> None:
        gone = members.withdraw(office.agency, invitation_id, as_role=office.role, at=now)
        _note(office, "member.withdraw", now, role=gone.role)
        told = _("The invitation of %(email)s is withdrawn.") % {"email": gone.email}
        messages.success(request, told)

    return _act(request, office, act)


@require_POST
@office_page
@for_owners
def change_role(request: HttpRequest, office: Office, membership_id: int) -> HttpResponse:
    """Give a member another role."""

    def act(now: datetime) -> None:
        wanted = request.POST.get("role", "")[:20]
        member = members.change_role(office.agency, membership_id, wanted, as_role=office.role)
        _note(office, "member.role", now, member=str(member.user), role=member.role)
        told = _("%(name)s is now: %(role)s.") % {
            "name": member.user, "role": _called(member.role),
        }  # fmt: skip
        messages.success(request, told)

    return _act(request, office, act)


@require_POST
@office_page
@for_owners
def let_go(request: HttpRequest, office: Office, membership_id: int) -> HttpResponse:
    """Take a member out of the agency and so out of all its businesses, at once; what was his is freed."""

    def act(now: datetime) -> None:
        gone = members.deactivate(office.agency, membership_id, by=office.user, as_role=office.role)
        leaving.plan(gone, office.agency, by=office.user, at=now)
        _note(office, "member.remove", now, member=str(gone.user))
        told = _("%(name)s is out, here and in every business.") % {"name": gone.user}
        messages.success(request, told)

    return _act(request, office, act)


@require_POST
@office_page
@for_owners
def let_back(request: HttpRequest, office: Office, membership_id: int) -> HttpResponse:
    """Let a former member in again."""

    def act(now: datetime) -> None:
        back = members.reactivate(office.agency, membership_id, as_role=office.role)
        _note(office, "member.return", now, member=str(back.user), role=back.role)
        messages.success(request, _("%(name)s is back.") % {"name": back.user})

    return _act(request, office, act)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
def join(request: HttpRequest, agency_id: int, token: str) -> HttpResponse:
    """Where an invitation to an agency leads."""
    agency = get_object_or_404(Agency, pk=agency_id)

    def written(user: User, at: datetime) -> None:
        note(agency, "member.join", actor=str(user), door="page", at=at)

    return through(
        request, token, Door(agency, reverse("agency:businesses", args=[agency.pk]), written)
    )


def _act(request: HttpRequest, office: Office, act: Callable[[datetime], None]) -> HttpResponse:
    """Do something to a member or an invitation, with its note; what stands against it is said."""
    try:
        with transaction.atomic():
            act(timezone.now())
    except MemberError as wrong:
        messages.error(request, wrong.sentence)
    return redirect(address("members", office))


def _note(office: Office, action: str, at: datetime, **detail: Any) -> None:
    note(office.agency, action, actor=office.who, door="page", at=at, **detail)


def _write(request: HttpRequest, office: Office, asked: Asked) -> None:
    write_to(request, asked, office.agency, address("join", office, asked.token))


def _page(
    request: HttpRequest, office: Office, typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    now = timezone.now()
    here = list(
        Membership.objects.filter(agency=office.agency)
        .select_related("user")
        .order_by("user__name", "user__email")
    )
    safe = set(
        Authenticator.objects.filter(user__in=[m.user_id for m in here])
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    rows: list[dict[str, Any]] = [
        {
            "id": m.pk, "user": m.user, "role": m.role, "role_words": _called(m.role),
            "me": m.user_id == office.user.pk, "safe": m.user_id in safe, "active": m.is_active,
        }
        for m in here
    ]  # fmt: skip
    open_now = Invitation.objects.filter(
        agency=office.agency, accepted_at=None, withdrawn_at=None
    ).order_by("-created_at")
    return show(
        request, office, "agency/members.html", "members", status=status,
        active=[row for row in rows if row["active"]],
        former=[row for row in rows if not row["active"]],
        invitations=[
            {
                "id": i.pk, "email": i.email, "name": i.name, "role_words": _called(i.role),
                "expired": i.expires_at <= now, "expires_at": i.expires_at,
            }
            for i in open_now
        ],
        roles=[(role.value, _called(role), _MEANS[role]()) for role in AGENCY_ROLES],
        typed=typed or {"role": Role.AGENCY_MEMBER.value}, errors=errors or {},
    )  # fmt: skip


def _called(role: str) -> str:
    """Return a role as the agency itself calls it."""
    return _("Owner") if role == Role.AGENCY_OWNER else _("Member")


_MEANS: dict[Role, Callable[[], str]] = {
    Role.AGENCY_OWNER: lambda: _("Everything, also members, money, brand and ending a business."),
    Role.AGENCY_MEMBER: lambda: _("Brings in businesses and works in all of them."),
}
