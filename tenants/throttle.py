"""Guessing passwords is slow: ten failures for an e-mail from one place, then a quarter of an hour.

Counted in Redis; while that is away nobody is kept out (and nothing else of signing in needs it).
A try is counted before the password is looked at, so that many at once are no way around, and a
refused one costs no hashing.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest
from redis import RedisError

from tenants.redis import client

FAILURES = 10
WITHIN_SECONDS = 15 * 60
SENTENCE = "Too many tries with this email. Wait 15 minutes and try again, or ask whoever set up your account."

log = structlog.get_logger(__name__)


class Gate:
    """An authentication backend that lets nobody in, and keeps out who has failed too often."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> None:
        """Count the try. Raises PermissionDenied, which ends the asking, when there were too many."""
        if request is not None and username and not admit(_address(request), username):
            request.sign_in_refused = SENTENCE  # type: ignore[attr-defined]
            raise PermissionDenied


def admit(address: str, email: str) -> bool:
    """Count a try of signing in, and say whether it may be made."""
    key = _key(address, email)
    try:
        with client().pipeline() as pipe:
            pipe.set(key, 0, ex=WITHIN_SECONDS, nx=True)
            pipe.incr(key)
            tries = int(pipe.execute()[1])
    except RedisError as error:
        log.warning("sign_in_not_counted", error=type(error).__name__)
        return True
    if tries == FAILURES + 1:
        log.warning("sign_in_refused", address=address)
    return tries <= FAILURES


def forget(address: str, email: str) -> None:
    """Begin to count anew, after a sign-in that succeeded."""
    try:
        client().delete(_key(address, email))
    except RedisError as error:
        log.warning("sign_in_not_counted", error=type(error).__name__)


def refusal(request: HttpRequest) -> str:
    """Return what to say when this request's sign-in was refused unseen; '' when it was not."""
    return getattr(request, "sign_in_refused", "")


@receiver(user_logged_in)
def _signed_in(request: HttpRequest | None, user: AbstractBaseUser, **_: Any) -> None:
    # Only who came through the gate has a count to forget.
    if request is not None and request.method == "POST":
        forget(_address(request), user.get_username())


def _address(request: HttpRequest) -> str:
    """Return whom to count for: an address, of IPv6 the /64 that one customer has."""
    address: str = request.META.get("REMOTE_ADDR", "")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address


def _key(address: str, email: str) -> str:
    whole = f"{address}\x00{email.strip().lower()}".encode("utf-8", "surrogatepass")
    return f"sign-in:{hashlib.sha256(whole).hexdigest()}"
