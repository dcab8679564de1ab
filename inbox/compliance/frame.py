"""What every compliance page stands in: who looks, what he may do, and the numbers in the rail."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from inbox import queries
from tenants.models import Business, Membership, Role, User

# Who may change what the business sends and keeps, and who may erase a person for good.
GOVERNING = frozenset({Role.OWNER, Role.MANAGER, Role.AGENCY_OWNER, Role.AGENCY_MEMBER})
OWNING = frozenset({Role.OWNER, Role.AGENCY_OWNER})


def business_of(request: HttpRequest) -> Business:
    """Return the business this request is for."""
    business: Business = request.business  # type: ignore[attr-defined]
    return business


def governs(request: HttpRequest) -> bool:
    """Whether the member may change the policy, place holds and take evidence out."""
    return _role(request) in GOVERNING


def owns(request: HttpRequest) -> bool:
    """Whether the member may erase a person."""
    return _role(request) in OWNING


def actor(request: HttpRequest) -> str:
    """Return the member as the ledger and the audit log name him."""
    user = request.user
    assert isinstance(user, User)
    return str(user)


def frame(request: HttpRequest, page: str, **more: Any) -> dict[str, Any]:
    """Return the context of a page, which is named for its tab."""
    return {
        "business": business_of(request),
        "member": request.membership,  # type: ignore[attr-defined]
        "section": "compliance",
        "page": page,
        "governs": governs(request),
        "owns": owns(request),
        "unread_total": queries.unread_total(),
        "open_alerts": queries.open_alerts(),
        **more,
    }


def not_yours(request: HttpRequest, sentence: str) -> HttpResponse:
    """Answer 403 with a page that says who may do this."""
    context = frame(request, "", sentence=sentence)
    return render(request, "inbox/compliance/not_yours.html", context, status=403)


def _role(request: HttpRequest) -> str:
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    return membership.role if membership is not None else ""
