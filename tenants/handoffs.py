"""From the public host into a business: a signed way that works once, for a minute, for one person.

Sessions belong to one host, so whoever is signed in at the portal is nobody at a business's address. The
portal writes a row and gives the browser its secret; the business's host takes the row, by one statement
that two cannot both win. Only a hash of the secret is kept. Whoever makes a way was let through by the
second step already (tenants/entry/session.py asks before every page), so the session it opens is whole.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Q
from django.utils.http import url_has_allowed_host_and_scheme

from tenants.models import Business, Domain, Handoff, User
from tenants.permissions import may_enter
from tenants.visits import may_visit

VALID_FOR = timedelta(seconds=60)
KEPT_FOR = timedelta(days=1)  # used and stale ways are of no use to anybody
LONGEST_PATH = 200
_SIGNER = Signer(salt="ringback.handoff")

Why = Literal["unknown", "used", "old", "elsewhere", "not_a_member", "somebody_else"]


class HandoffRefused(Exception):
    """A way that lets nobody in; `why` says how one goes on."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


def make(user: User, business: Business, *, path: str, at: datetime, reason: str = "") -> str:
    """Return the secret of a new way into a business, good for a minute from `at` (aware).

    path: where to on the business's host; what does not stay there becomes its first page; reason: of
    support, who looks on as no member (tenants/visits.py). Raises HandoffRefused(not_a_member) for who
    may not enter.
    """
    if not _may(user, business, reason):
        raise HandoffRefused("not_a_member")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Handoff.objects.filter(
            Q(user=user, expires_at__lt=at - KEPT_FOR), Q(business=business)
        ).delete()
        Handoff.objects.create(
            token_hash=_hash(secret), user=user, business=business, path=local(path),
            reason=reason[:200], expires_at=at + VALID_FOR,
        )  # fmt: skip
    return _SIGNER.sign(secret)


def take(token: str, business: Business, *, signed_in: User | None, at: datetime) -> Handoff:
    """Use a way up, at its business and by its person; `at` is aware. Raises HandoffRefused.

    signed_in: who is signed in at this host already. Somebody else's way is not his, and is not used up
    by his opening it: he signs out first.
    """
    try:
        digest = _hash(_SIGNER.unsign(token[:200]))
    except BadSignature:
        raise HandoffRefused("unknown") from None
    found = Handoff.objects.select_related("user").filter(token_hash=digest).first()
    if found is None:
        raise HandoffRefused("unknown")
    if found.business_id != business.pk:
        raise HandoffRefused("elsewhere")
    if signed_in is not None and signed_in.pk != found.user_id:
        raise HandoffRefused("somebody_else")
    if not _may(found.user, business, found.reason):
        raise HandoffRefused("not_a_member")
    mine = Handoff.objects.filter(pk=found.pk, used_at=None, expires_at__gt=at)
    if not mine.update(used_at=at):
        found.refresh_from_db()
        raise HandoffRefused("used" if found.used_at else "old")
    return found


def _may(user: User, business: Business, reason: str) -> bool:
    return may_visit(user) if reason else may_enter(user, business) is not None


def local(path: str) -> str:
    """Return a path of the same host; '/' for what leads anywhere else or is too long."""
    is_local = (
        path.startswith("/")
        and not path.startswith("//")
        and path.isprintable()
        and len(path) <= LONGEST_PATH
        and not urlsplit(path).netloc
        and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    )
    return path if is_local else "/"


def host_of(business: Business, *, ours: bool = False) -> str:
    """Return the name of a business's own host, '' while it has none.

    ours: below our own domain, where no agency's machine reads along.
    """
    hosts = Domain.objects.filter(tenant=business).order_by("-is_primary", "pk")
    if ours:
        hosts = hosts.filter(domain__endswith=f".{settings.BASE_DOMAIN}")
    domain = hosts.first()
    return str(domain.domain) if domain else ""


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
