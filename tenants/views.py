"""Pages of the public floor."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tenants.models import AGENCY_ROLES, Agency, Business, Membership, User
from tenants.permissions import businesses_of

MOST_SHOWN = 50


@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """List the agencies this person works at and the businesses he may enter, each with its address.

    Of many businesses the first few: an agency's list of all of them is its portal.
    """
    assert isinstance(request.user, User)
    businesses = businesses_of(request.user).select_related("agency")
    own: Agency | None = request.agency  # type: ignore[attr-defined]
    if own is not None:  # an agency's own host knows no other's businesses
        businesses = businesses.filter(agency=own)
    memberships = list(request.user.memberships.filter(is_active=True))
    rows = [
        {
            "name": business.name,
            "url": _address(request, business),
            "number": next((n.e164 for n in business.numbers.all() if n.is_active), ""),
            "agency_name": business.agency.name,
            "role_label": _role(business, memberships),
        }
        for business in businesses.prefetch_related("domains", "numbers")[:MOST_SHOWN]
    ]
    agencies = Agency.objects.filter(
        pk__in=[m.agency_id for m in memberships if m.role in AGENCY_ROLES]
    ).order_by("name")
    if own is not None:
        agencies = agencies.filter(pk=own.pk)
    return render(
        request,
        "public/home.html",
        {
            "businesses": [row for row in rows if row["url"]],
            "simulator_url": "/simulator/" if settings.SIMULATOR_ENABLED and own is None else "",
            "agencies": [
                {"name": each.name, "url": reverse("agency:businesses", args=[each.pk])}
                for each in agencies
            ],
            "is_agency": any(m.role in AGENCY_ROLES for m in memberships),
        },
    )


def _address(request: HttpRequest, business: Business) -> str:
    """Return the business's own address on the port this request came by; '' when it has no host."""
    domains = sorted(business.domains.all(), key=lambda domain: not domain.is_primary)
    if not domains:
        return ""
    port = split_domain_port(request.get_host())[1]
    return f"{request.scheme}://{domains[0].domain}{f':{port}' if port else ''}/"


def _role(business: Business, memberships: list[Membership]) -> str:
    # A place in the business itself says more about a person than one in its agency.
    places = [m for m in memberships if m.business_id == business.pk] or [
        m for m in memberships if m.agency_id == business.agency_id
    ]
    return places[0].get_role_display() if places else ""
