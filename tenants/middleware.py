"""Whose floor is this request for, and may this person be there?"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import DisallowedHost
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.request import split_domain_port, validate_host
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils import timezone, translation

from tenants import brands, scope, tls, visits
from tenants.models import AgencyDomain, Business, Domain, User
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
_HSTS, _HSTS_OF_OTHERS = "Strict-Transport-Security", f"max-age={30 * 24 * 3600}"
_EVERYWHERE = "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
# Signing out must work from anywhere, else a wrong sign-in would be a trap; an invitation makes members;
# a way from the portal says itself whom it lets in.
_OPEN_TO_STRANGERS = (
    "/logout/",
    "/join/",
    "/enter/",
    "/static/",
    "/brand/",
    "/sms/",
    "/api/",
    "/healthz",
    "/readyz",
)


class HostMiddleware:
    """Chooses the floor by host name: public, an agency's own door, a business, or nothing (404).

    Sets request.business (None on the public floor), request.agency (whose own host it is, else
    None) and the connection's schema for this request. Django is told that any host is well, as
    those of agencies come and go: here is asked.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request on its floor; the connection is public and back in the pool afterwards."""
        scope.leave()
        timezone.deactivate()  # a thread must not show this member the last one's time zone
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation=uuid.uuid4().hex[:16])
        if request.path == tls.PATH:  # the proxy asks by whatever name it has for us
            return tls.ask(request)
        host = split_domain_port(request.get_host())[0].lower()
        request.business = request.agency = None  # type: ignore[attr-defined]
        try:
            if host in settings.PUBLIC_HOSTS:
                request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
                return self.get_response(request)
            domain = Domain.objects.select_related("tenant__agency").filter(domain=host).first()
            if domain is None:
                return self._own_door(request, host)
            business: Business = domain.tenant
            if not _is_ours(host) and request.path.startswith("/admin/"):
                # Support signs in at our own hosts alone: through an agency's it would be read.
                return HttpResponseNotFound("There is nothing at this address.\n", "text/plain")
            request.business = request.tenant = business  # type: ignore[attr-defined]
            structlog.contextvars.bind_contextvars(business=business.schema_name)
            scope.enter(business)
            answer = self.get_response(request)
            return answer if _is_ours(host) else _for_itself(answer)
        finally:
            scope.leave()
            # Before anything is sent: whoever reads slowly, or has lost his signal, would keep it.
            scope.give_back()

    def _own_door(self, request: HttpRequest, host: str) -> HttpResponse:
        """Answer on a host of an agency's own, which shows that agency alone; 404 where there is none."""
        own = (
            AgencyDomain.objects.select_related("agency")
            .filter(domain=host, verified_at__isnull=False)
            .first()
        )
        if own is None:
            if not validate_host(host, settings.HOSTS):
                raise DisallowedHost(host)
            return HttpResponseNotFound("There is nothing at this address.\n", "text/plain")
        request.agency = own.agency  # type: ignore[attr-defined]
        request.urlconf = settings.AGENCY_URLCONF
        with brands.wearing(brands.of(own.agency)):
            return _for_itself(self.get_response(request))


def _is_ours(host: str) -> bool:
    return host.endswith(f".{settings.BASE_DOMAIN}")


def _for_itself(answer: HttpResponse) -> HttpResponse:
    """Let an agency's host promise HTTPS for itself alone, and not for long.

    What stands below or beside it is not ours, and one that goes elsewhere must not be bound for a year.
    """
    if _HSTS in answer.headers:
        answer.headers[_HSTS] = _HSTS_OF_OTHERS
    return answer


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
        request.membership = request.visit = None  # type: ignore[attr-defined]
        if business is None or not request.user.is_authenticated:
            return self.get_response(request)
        if visits.KEY in request.session:
            return self._visited(request, business)
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

    def _visited(self, request: HttpRequest, business: Business) -> HttpResponse:
        """Let support look on while its visit lasts; whatever would change something is refused."""
        assert isinstance(request.user, User)
        visit = visits.standing(request.session[visits.KEY], request.user, business, timezone.now())
        if visit is None:
            logout(request)
            return render(request, "visit/over.html", {"business": business}, status=403)
        request.visit, request.membership = visit, visits.as_member(visit)  # type: ignore[attr-defined]
        if request.method not in visits.SAFE and request.path not in visits.END_PATHS:
            return render(request, "visit/refused.html", {"business": business}, status=403)
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
