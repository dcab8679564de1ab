"""Signing up as an agency: a form, a letter, and the page its link leads to. Thin: tenants.sign_up does it."""

from __future__ import annotations

import functools
import smtplib
from collections.abc import Callable
from typing import Any

import structlog
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from inbox.settings.mine import zone_choices
from tenants import sign_up
from tenants.entry.adapters import send_letter
from tenants.models import User
from tenants.sign_up import SignUpError, Wanted

log = structlog.get_logger(__name__)

_ACTION = "agency_sign_up"
# From one place, and letters to one address.
_RATES = {_ACTION: "20/h/ip,3/h/key"}


def _on_our_host(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 at an agency's own host: nobody comes to us there, and its machine could read along."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.agency is not None:  # type: ignore[attr-defined]
            raise Http404
        return view(request, *args, **kwargs)

    return inner


@require_http_methods(["GET", "POST"])
@never_cache
@_on_our_host
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an agency. The answer is the same whether the address has an account or not."""
    if not settings.AGENCY_SIGN_UP:
        return _closed(request)
    mine = request.user.email if isinstance(request.user, User) else ""
    if request.method == "GET":
        return _form(request, {"email": mine}, {})
    typed = {name: request.POST.get(name, "")[:300] for name in ("agency", "email", "timezone")}
    try:
        wanted = sign_up.wanted(**typed, language=translation.get_language() or "")
    except SignUpError as wrong:
        return _form(request, typed, wrong.errors, 422)
    limit = {"app": "allauth.account", "action": _ACTION, "config": _RATES}
    if not ratelimit.consume(request, key=wanted.email, **limit):
        return render(request, "429.html", status=429)
    if not _write(request, wanted):
        told = _("The letter did not leave. Nothing was kept; try again in a minute.")
        return _form(request, typed, {"email": told}, 503)
    return _page(request, {"sent_to": wanted.email})


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
@_on_our_host
def found(request: HttpRequest, token: str) -> HttpResponse:
    """Where the letter leads. Opening it changes nothing; its button makes the agency."""
    wanted = sign_up.from_token(token) if settings.AGENCY_SIGN_UP else None
    if not settings.AGENCY_SIGN_UP:
        return _closed(request)
    if wanted is None:
        return _page(request, {"is_stale": True}, 410)
    user = request.user if isinstance(request.user, User) else None
    if user is not None and user.email.lower() != wanted.email:
        return _page(request, {"stranger": user.email, "wanted": wanted}, 403)
    known = User.objects.filter(email=wanted.email).exists()
    agency = request.POST.get("agency", wanted.agency)[:300]
    more: dict[str, Any] = {
        "wanted": wanted, "known": known, "agency": agency, "name": request.POST.get("name", "")[:200]
    }  # fmt: skip
    if request.method == "GET" or (known and user is None):
        return _page(request, more)
    now = timezone.now()
    try:
        if user is not None:
            made = sign_up.make_as(wanted, agency, user, at=now)
        else:
            password = request.POST.get("password", "")
            made, user = sign_up.make_new(wanted, agency, more["name"], password, at=now)
    except SignUpError as wrong:
        return _page(request, more | {"errors": wrong.errors}, 422)
    home = reverse("agency:businesses", args=[made.pk])
    if request.user.is_authenticated:
        return redirect(home)
    # He has just proved his address and chosen his password: the second step may follow at once.
    record_authentication(request, user, method="password", email=user.email, reauthenticated=True)
    return perform_login(request, Login(user=user, email=user.email, redirect_url=home))


def _write(request: HttpRequest, wanted: Wanted) -> bool:
    """Send the link; only the address it is for ever sees it."""
    path = reverse("agency:sign-up-link", args=[sign_up.to_token(wanted)])
    context = {"wanted": wanted, "url": request.build_absolute_uri(path)}
    try:
        send_letter(
            wanted.email,
            _("Confirm your address to set up your agency"),
            "agency/email/sign_up",
            context,
        )
    except (OSError, smtplib.SMTPException) as error:
        log.warning("sign_up_letter_lost", error=type(error).__name__)
        return False
    return True


def _closed(request: HttpRequest) -> HttpResponse:
    return _page(request, {"is_closed": True}, 403)


def _form(
    request: HttpRequest, typed: dict[str, str], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    zones = zone_choices(typed.get("timezone", ""))
    context = {"typed": typed, "errors": errors, "zones": zones}
    return render(request, "agency/sign_up.html", context, status=status)


def _page(request: HttpRequest, more: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {"errors": {}, "here": request.get_full_path(), **more}
    return render(request, "agency/sign_up_link.html", context, status=status)
