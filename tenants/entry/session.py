"""Whether a session is whole: nothing of a business opens to one that lacks its second factor.

The sign-in library keeps somebody who has only given his password signed out. This is the second
lock: a session that came about in any other way counts only when its person has no second factor.

A session counts at the host where it came about and nowhere else. Browsers keep to that by themselves;
but an agency brings domains of its own, whose machines may read every cookie that passes, and what is
read there must open nothing elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils import timezone

from tenants.models import User

WHOLE = "signed_in_fully"
HOST = "signed_in_at"
SEEN = "seen_at"
SEEN_EVERY_SECONDS = 600
UNKNOWN_ADDRESS = "0.0.0.0"
_LONGEST_AGENT = 200

Next = Callable[[HttpRequest], HttpResponse]


def mark_whole(request: HttpRequest) -> None:
    """Say that everything asked of this person was given, at this host."""
    request.session[WHOLE] = True
    request.session[HOST] = host_of(request)


def mark_seen(request: HttpRequest) -> None:
    """Say that this session was noted just now: signing in does it."""
    request.session[SEEN] = int(time.time())


def has_second_factor(user: User) -> bool:
    """Whether something besides the password is asked of this person."""
    asked = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return Authenticator.objects.filter(user=user, type__in=asked).exists()


def is_whole(session: SessionBase, user: User) -> bool:
    """Whether everything asked of this person was given in this session."""
    return bool(session.get(WHOLE)) or not has_second_factor(user)


def is_here(session: SessionBase, host: str) -> bool:
    """Whether a session came about at this host (a name without its port)."""
    return session.get(HOST, host) == host


def host_of(request: HttpRequest) -> str:
    """Return the host a request is for, without its port."""
    return split_domain_port(request.get_host())[0].lower()


class WholeSessionMiddleware:
    """Before any page: a session without its second factor is ended, and so is one of another host.

    Also notes who was here when.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let whole sessions and strangers pass."""
        user = request.user
        if isinstance(user, User):
            here = is_here(request.session, host_of(request))
            if not here or not is_whole(request.session, user):
                logout(request)
                return redirect_to_login(request.get_full_path())
            if WHOLE not in request.session:
                mark_whole(request)
            _note_seen(request, user)
        return self.get_response(request)


def _note_seen(request: HttpRequest, user: User) -> None:
    """Note, in one statement and every ten minutes at most, from where a session was used."""
    now = int(time.time())
    if now - request.session.get(SEEN, 0) < SEEN_EVERY_SECONDS:
        return
    request.session[SEEN] = now
    seen = UserSession(
        session_key=request.session.session_key,
        user=user,
        ip=request.META.get("REMOTE_ADDR") or UNKNOWN_ADDRESS,
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:_LONGEST_AGENT],
        last_seen_at=timezone.now(),
    )
    UserSession.objects.bulk_create(
        [seen],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["user", "ip", "user_agent", "last_seen_at"],
    )
