"""Whose floor is this request for, and may this person be there?"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.request import split_domain_port
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils import timezone, translation

from tenants import scope
from tenants.models import Business, Domain
from tenants.permissions import may_enter

Next = Callable[[HttpRequest], HttpResponse]

_POLICY = "default-src 'self'; img-src 'self' data:"
# The admin theme's Alpine expressions need eval and inline styles; the API's pages inline styles.
_ADMIN_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)
_DOCS_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:"
)
_EVERYWHERE = "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
# Signing out must work from anywhere, else a wrong sign-in would be a trap; an invitation makes members.
_OPEN_TO_STRANGERS = ("/logout/", "/join/", "/static/", "/api/", "/healthz", "/readyz")


class HostMiddleware:
    """Chooses the floor by host name: public, a business, or nothing (404).

    Sets request.business (None on the public floor) and the connection's schema for this request.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request on its floor; the connection is public and back in the pool afterwards."""
        scope.leave()
        timezone.deactivate()  # a thread must not show this member the last one's time zone
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation=uuid.uuid4().hex[:16])
        host = split_domain_port(request.get_host())[0].lower()
        request.business = None  # type: ignore[attr-defined]
        try:
            if host in settings.PUBLIC_HOSTS:
                request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
                return self.get_response(request)
            domain = Domain.objects.select_related("tenant").filter(domain=host).first()
            if domain is None:
                return HttpResponseNotFound("There is nothing at this address.\n", "text/plain")
            business: Business = domain.tenant
            request.business = request.tenant = business  # type: ignore[attr-defined]
            structlog.contextvars.bind_contextvars(business=business.schema_name)
            scope.enter(business)
            return self.get_response(request)
        finally:
            scope.leave()
            # Before anything is sent: whoever reads slowly, or has lost his signal, would keep it.
            scope.give_back()


class PathMiddleware:
    """A path without its closing slash means the same: pages redirect, the API just answers.

    A redirect would drop the body of a POST, so the API's paths are completed in place.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Complete the path where only the slash is missing."""
        path = request.path_info
        if path.endswith("/"):
            return self.get_response(request)
        if path.startswith("/api/v1/"):
            request.path_info = request.path = f"{path}/"
        elif request.method in ("GET", "HEAD"):
            urlconf = getattr(request, "urlconf", None)
            if not is_valid_path(path, urlconf) and is_valid_path(f"{path}/", urlconf):
                return HttpResponseRedirect(
                    f"{quote(path)}/{'?' if request.GET else ''}{request.GET.urlencode()}"
                )
        return self.get_response(request)


class TextMiddleware:
    """Takes the character NUL out of what pages are asked and sent: no text holds it, no field means it.

    The database refuses it, so one would end a page in an error. Webhooks and the API read their
    bodies themselves.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: object) -> None:
        """Clean the query and the form, before the view reads them."""
        if getattr(view, "csrf_exempt", False):
            return
        request.GET = _without_nul(request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            request.POST = _without_nul(request.POST)  # type: ignore[assignment]


def _without_nul(fields: QueryDict) -> QueryDict:
    if not any("\x00" in word for name, values in fields.lists() for word in (name, *values)):
        return fields
    clean = QueryDict(mutable=True)
    for name, values in fields.lists():
        clean.setlist(name.replace("\x00", ""), [str(v).replace("\x00", "") for v in values])
    return clean


class HeadersMiddleware:
    """Says to browsers what our pages may load: our own files, nothing inline."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the content security policy of the page's kind."""
        response = self.get_response(request)
        policy = _POLICY
        if request.path.startswith("/admin/"):
            policy = _ADMIN_POLICY
        elif request.path.startswith("/api/docs"):
            policy = _DOCS_POLICY
        response.headers.setdefault("Content-Security-Policy", f"{policy}; {_EVERYWHERE}")
        return response


class LanguageMiddleware:
    """Pages speak the member's language, or the browser's where he has chosen none."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in that language, and forget it: the thread's next request is somebody else's."""
        chosen = getattr(request.user, "language", "")
        with translation.override(chosen or translation.get_language_from_request(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
            return response


class MembershipMiddleware:
    """The door to a business: who is signed in but no member sees a 404, as if nothing were there."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let members through with request.membership set; support reaches the admin only."""
        business: Business | None = request.business  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        if business is None or not request.user.is_authenticated:
            return self.get_response(request)
        membership = may_enter(request.user, business)
        is_support = request.user.is_staff and request.path.startswith("/admin/")
        if (
            membership is None
            and not is_support
            and not request.path.startswith(_OPEN_TO_STRANGERS)
        ):
            return render(request, "404.html", status=404)
        request.membership = membership  # type: ignore[attr-defined]
        return self.get_response(request)


class OpenedMiddleware:
    """Says what happened to whoever opens an address that only takes a form; Django says nothing.

    The API answers for itself, with a body; webhooks never come this far.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give an empty 405 to a GET a page; the status and what is allowed stay."""
        response = self.get_response(request)
        is_bare = isinstance(response, HttpResponseNotAllowed) and not response.content
        if not is_bare or request.method not in ("GET", "HEAD") or request.path.startswith("/api/"):
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page
