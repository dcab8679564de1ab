"""The page an invitation leads to. Opening it changes nothing; its button does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from inbox.frame import business_of
from inbox.settings.people import role_words
from messaging import audit
from tenants import members
from tenants.members import MemberError, Place
from tenants.models import Invitation, User


@dataclass(frozen=True, slots=True)
class Door:
    """What an invitation opens. welcome: the address of the first page; note: writes down who came in."""

    place: Place
    welcome: str
    note: Callable[[User, datetime], object]


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Let the invited person into a business."""

    def note(user: User, at: datetime) -> None:
        audit.note("member.join", actor=str(user), door="page", at=at)

    door = Door(business_of(request), reverse("inbox:settings-welcome"), note)
    return through(request, token, door)


def through(request: HttpRequest, token: str, door: Door) -> HttpResponse:
    """Let the invited person in: with a new account, or signed in as the address that was invited.

    A newcomer reads it in the language he was invited in.
    """
    invitation = members.find(door.place, token)
    if invitation is None or not invitation.language or request.user.is_authenticated:
        return _join(request, invitation, door)
    with translation.override(invitation.language):
        return _join(request, invitation, door)


def _join(request: HttpRequest, invitation: Invitation | None, door: Door) -> HttpResponse:
    if invitation is None:
        sentence = _("This link is not complete, or was replaced by a newer one.")
        return _page(request, door, None, {"closed": sentence}, 404)
    if sentence := members.why_closed(invitation, timezone.now()):
        return _page(request, door, invitation, {"closed": sentence}, 410)
    user = request.user if isinstance(request.user, User) else None
    if user is not None and user.email.lower() != invitation.email.lower():
        return _page(request, door, invitation, {"stranger": user.email}, 403)
    known = User.objects.filter(email__iexact=invitation.email).exists()
    if request.method == "GET" or (known and user is None):
        return _page(request, door, invitation, {"known": known, "name": invitation.name})
    now = timezone.now()
    try:
        with transaction.atomic():
            if user is not None:
                members.join_as(invitation, user, at=now)
            else:
                name, password = (
                    request.POST.get("name", "")[:200],
                    request.POST.get("password", ""),
                )
                user = members.join_new(invitation, name, password, at=now)
            door.note(user, now)
    except MemberError as wrong:
        more = {"known": known, "name": request.POST.get("name", "")[:200]}
        return _page(request, door, invitation, more, 422, wrong.errors)
    if request.user.is_authenticated:
        messages.success(request, _("You are in."))
        return redirect(door.welcome)
    # He has just proved his address and chosen his password: the second step may follow at once.
    record_authentication(request, user, method="password", email=user.email, reauthenticated=True)
    return perform_login(request, Login(user=user, email=user.email, redirect_url=door.welcome))


def _page(
    request: HttpRequest, door: Door, invitation: Invitation | None, more: dict[str, Any],
    status: int = 200, errors: dict[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "invitation": invitation,
        "place": door.place,
        "role": role_words(invitation.role) if invitation else "",
        "here": request.get_full_path(),
        "errors": errors or {},
        **more,
    }
    return render(request, "inbox/settings/join.html", context, status=status)
