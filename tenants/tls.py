"""Whether a certificate may be had for a host: what a proxy asks before it gets one (docs/deploy.md)."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest, HttpResponse

from tenants import agency_domains

PATH = "/tls/ask"


def ask(request: HttpRequest) -> HttpResponse:
    """Answer 200 for a host that is served, 404 for another; 403 to whoever asks from outside."""
    spoken_for = request.headers.get("X-Forwarded-For", "")
    askers = [request.META.get("REMOTE_ADDR", ""), *filter(None, spoken_for.split(","))]
    if not all(_is_inside(each.strip()) for each in askers):
        return HttpResponse(status=403)
    served = agency_domains.is_served(request.GET.get("domain", "").replace("\x00", "")[:253])
    return HttpResponse(status=200 if served else 404)


def _is_inside(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
