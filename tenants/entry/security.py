"""How somebody is protected, and where he is signed in: read for the pages, and ended on his word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tenants.entry import devices
from tenants.models import User


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key on one of somebody's devices."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What is asked of somebody besides his password."""

    app_since: datetime | None
    passkeys: tuple[Passkey, ...]
    codes_left: int | None

    @property
    def on(self) -> bool:
        """Whether anything is asked."""
        return self.app_since is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True)
class Place:
    """A browser somebody is signed in with."""

    device: str
    address: str
    since: datetime
    seen_at: datetime
    here: bool


def factors(user: User) -> Factors:
    """Return what this person has set up."""
    app_since, keys, left = None, [], None
    for one in Authenticator.objects.filter(user=user).order_by("created_at"):
        if one.type == Authenticator.Type.TOTP:
            app_since = one.created_at
        elif one.type == Authenticator.Type.WEBAUTHN:
            keys.append(Passkey(one.pk, one.wrap().name, one.created_at, one.last_used_at))
        else:
            left = len(one.wrap().get_unused_codes())
    return Factors(app_since, tuple(keys), left)


def places(request: HttpRequest, user: User) -> list[Place]:
    """Return where this person is signed in, this browser first, then the latest seen."""
    here = request.session.session_key
    found = [
        Place(
            devices.name(one.user_agent),
            str(one.ip),
            one.created_at,
            one.last_seen_at,
            one.session_key == here,
        )
        for one in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda place: (not place.here, -place.seen_at.timestamp()))


def end_others(request: HttpRequest, user: User) -> None:
    """Sign this person out of every browser but this one."""
    end_other_sessions(request, user)
    messages.success(request, _("You are signed out everywhere else."))


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The same on the public host, for people without a business such as support."""
    user = request.user
    assert isinstance(user, User)
    if request.method == "POST":
        end_others(request, user)
        return redirect("mfa_index")
    context = {"factors": factors(user), "places": places(request, user)}
    return render(request, "account/security.html", context)
