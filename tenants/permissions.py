"""Who may enter which business."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from tenants.models import AGENCY_ROLES, Business, Membership, User


def businesses_of(user: User | AnonymousUser) -> QuerySet[Business]:
    """Return the businesses a user is a member of, directly or through his agency."""
    if not isinstance(user, User) or not user.is_active:
        return Business.objects.none()
    mine = Membership.objects.filter(user=user, is_active=True)
    return Business.objects.filter(
        Q(pk__in=mine.filter(business__isnull=False).values("business"))
        | Q(agency__in=mine.filter(role__in=AGENCY_ROLES).values("agency"))
    ).order_by("name")


def may_enter(user: User | AnonymousUser, business: Business) -> Membership | None:
    """Return the membership by which a user may enter a business, or None. Fails closed."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return (
        Membership.objects.filter(user=user, is_active=True)
        .filter(Q(business=business) | Q(agency=business.agency_id, role__in=AGENCY_ROLES))
        .order_by("business_id")
        .first()
    )
