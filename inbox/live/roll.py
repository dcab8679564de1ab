"""Who is connected, and whether he may still be: asked of the database, not remembered from the door.

Before a batch is delivered its audience is asked about, in the thread that renders it; who hears
nothing is asked about every two seconds, all of one process together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import count

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest, parse_cookie
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from tenants.entry.session import is_here, is_whole
from tenants.models import Business, Domain, User
from tenants.permissions import may_enter, members_among

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One open stream or socket: whose it is, and what it was let in by."""

    business_id: int
    schema: str
    user_id: int
    name: str
    session_key: str = field(repr=False)
    password_mark: str = field(repr=False)
    language: str
    zone: str
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def look(self) -> tuple[str, str]:
        """In which language and zone pages are rendered for him."""
        return (self.language, self.zone)


class Refused(Exception):
    """Nobody is let in: 401 (no one signed in), 403 (no member here) or 404 (no such business)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def admit(host: str, cookies: str, languages: str) -> Ticket:
    """Return a ticket for whoever's session the cookies name, at the business of this host.

    cookies, languages: the request's Cookie and Accept-Language. Asks the database; the caller gives
    the connection back. Raises Refused.
    """
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None:
        raise Refused(404)
    business: Business = domain.tenant
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = languages
    request.COOKIES = parse_cookie(cookies)
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    request.session = _session(key)
    user = get_user(request)
    if not key or not isinstance(user, User) or not is_here(request.session, host):
        raise Refused(401)
    if not is_whole(request.session, user):
        raise Refused(401)
    if may_enter(user, business) is None:
        raise Refused(403)
    return Ticket(
        business_id=business.pk,
        schema=business.schema_name,
        user_id=user.pk,
        name=str(user),
        session_key=key,
        password_mark=_mark(user.password),
        language=user.language or translation.get_language_from_request(request),
        zone=user.timezone or business.timezone,
    )


def holding(tickets: Collection[Ticket]) -> set[int]:
    """Return the numbers of those tickets that still hold: session, password and membership.

    Three queries, whatever their number. Raises what the database raises; nobody holds then.
    """
    sessions = set(
        Session.objects.filter(
            session_key__in={ticket.session_key for ticket in tickets},
            expire_date__gt=timezone.now(),
        ).values_list("session_key", flat=True)
    )
    members = members_among(
        {ticket.user_id for ticket in tickets}, {ticket.business_id for ticket in tickets}
    )
    marks = {pair: _mark(password) for pair, password in members.items()}
    return {
        ticket.number
        for ticket in tickets
        if ticket.session_key in sessions
        and marks.get((ticket.user_id, ticket.business_id)) == ticket.password_mark
    }


def looks(tickets: Iterable[Ticket]) -> set[tuple[str, str]]:
    """Return every language and zone among them."""
    return {ticket.look for ticket in tickets}


def _session(key: str) -> SessionBase:
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    return store(key or None)


def _mark(password: str) -> str:
    # A changed password ends every session of its user; the hash itself is kept nowhere.
    return hashlib.blake2b(password.encode(), digest_size=8).hexdigest()
