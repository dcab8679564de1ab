"""Whose floor is this request for, and may this person be there?"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.request import split_domain_port
from django.shortcuts import render
from django_tenants.utils import schema_context

from tenants.models import Business, Domain
from tenants.permissions import may_enter

Next = Callable[[HttpRequest], HttpResponse]
__all__ = ["HeadersMiddleware", "HostMiddleware", "MembershipMiddleware", "caches"]


class HostMiddleware:
    """Chooses the floor by host name: public, a business, or nothing (404).

    Sets request.business (None on the public floor) and the connection's schema for this request.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection.set_schema_to_public()
        host = split_domain_port(request.get_host())[0].lower()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation=uuid.uuid4().hex[:16])
        request.business = None  # type: ignore[attr-defined]
        if host in settings.PUBLIC_HOSTS:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF  # type: ignore[attr-defined]
            return self.get_response(request)
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
        if domain is None:
            return HttpResponseNotFound("There is nothing at this address.", "text/plain")
        business: Business = domain.tenant
        request.business = request.tenant = business  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(business=business.schema_name)
        connection.set_tenant(business)
        try:
            return self.get_response(request)
        finally:
            connection.set_schema_to_public()


class HeadersMiddleware:
    """Says to browsers what our pages may load: our own files, nothing inline."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            # The admin theme's Alpine expressions need eval and inline styles.
            policy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
        elif request.path.startswith(("/api/docs", "/api/redoc")):
            policy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:"
        else:
            policy = "default-src 'self'; img-src 'self' data:"
        response.headers.setdefault(
            "Content-Security-Policy", f"{policy}; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
        )
        return response


class MembershipMiddleware:
    """The door to a business: who is signed in but no member sees a 404, as if nothing were there."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        business: Business | None = request.business  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        if business is None or not request.user.is_authenticated:
            return self.get_response(request)
        with schema_context("public"):
            membership = may_enter(request.user, business)
        if membership is None and not (request.user.is_staff and request.path.startswith("/admin/")):
            # Signing out must work from anywhere, else a wrong sign-in would be a trap.
            if request.path not in ("/logout/",) and not request.path.startswith(("/static/", "/api/")):
                return render(request, "404.html", status=404)
        request.membership = membership  # type: ignore[attr-defined]
        return self.get_response(request)


def not_found() -> Http404:
    """Return the exception for anything that is not this person's."""
    return Http404("There is nothing at this address.")
