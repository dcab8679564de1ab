"""Who may enter which business."""

from __future__ import annotations

from collections.abc import Collection

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


def members_among(
    user_ids: Collection[int], business_ids: Collection[int]
) -> dict[tuple[int, int], str]:
    """Return who of these users may enter which of these businesses, now, each with his password hash.

    The same rule as `may_enter`, in two queries for all of them.
    """
    agencies = dict(Business.objects.filter(pk__in=business_ids).values_list("pk", "agency_id"))
    found: dict[tuple[int, int], str] = {}
    for user_id, password, business_id, agency_id, role in Membership.objects.filter(
        user__in=user_ids, user__is_active=True, is_active=True
    ).values_list("user_id", "user__password", "business_id", "agency_id", "role"):
        if business_id in agencies:
            found[user_id, business_id] = password
        elif agency_id is not None and role in AGENCY_ROLES:
            for business, its_agency in agencies.items():
                if its_agency == agency_id:
                    found[user_id, business] = password
    return found
