"""Who may enter which business."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from tenants.models import AGENCY_ROLES, Business, Membership, Role, Stage, User

# Who may change what a business sends and keeps, and whom it lets in.
GOVERNING = frozenset({Role.OWNER, Role.MANAGER, Role.AGENCY_OWNER, Role.AGENCY_MEMBER})


def businesses_of(user: User | AnonymousUser) -> QuerySet[Business]:
    """Return the businesses a user is a member of, directly or through his agency."""
    if not isinstance(user, User) or not user.is_active:
        return Business.objects.none()
    mine = Membership.objects.filter(user=user, is_active=True)
    own = Q(pk__in=mine.filter(business__isnull=False).values("business"))
    return (
        Business.objects.filter(
            (own & ~Q(stage=Stage.LEAVING))
            | Q(agency__in=mine.filter(role__in=AGENCY_ROLES).values("agency"))
        )
        .exclude(stage=Stage.GONE)
        .order_by("name")
    )


def may_enter(user: User | AnonymousUser, business: Business) -> Membership | None:
    """Return the membership by which a user may enter a business, or None. Fails closed.

    A business that leaves is its agency's alone, and one that is gone nobody's.
    """
    if not isinstance(user, User) or not user.is_active or business.stage == Stage.GONE:
        return None
    own = Q() if business.stage == Stage.LEAVING else Q(business=business)
    return (
        Membership.objects.filter(user=user, is_active=True)
        .filter(Q(agency=business.agency_id, role__in=AGENCY_ROLES) | own)
        .order_by("business_id")
        .first()
    )


def may_govern(user: User | AnonymousUser, business: Business) -> bool:
    """Whether a user may change what a business sends and keeps, and whom it lets in. Fails closed."""
    membership = may_enter(user, business)
    return membership is not None and membership.role in GOVERNING


def governed_by(user: User | AnonymousUser) -> list[Business]:
    """Return the businesses a user governs, by name: the same rule as `may_govern`, for all of them."""
    if not isinstance(user, User):
        return []
    own = Membership.objects.filter(user=user, is_active=True, business__isnull=False)
    # A place in the business itself says more than one in its agency.
    lesser = own.exclude(role__in=GOVERNING).values("business")
    return list(businesses_of(user).exclude(pk__in=lesser).exclude(stage=Stage.LEAVING))


def agency_membership(user: User | AnonymousUser, agency_id: int) -> Membership | None:
    """Return the membership by which a user works at an agency (with its agency), or None. Fails closed."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return (
        Membership.objects.filter(
            user=user, is_active=True, agency=agency_id, role__in=AGENCY_ROLES
        )
        .select_related("agency")
        .first()
    )


def is_only_of(user: User, agency_id: int) -> bool:
    """Whether a person's whole account is this agency's matter: a member of it and its businesses alone."""
    if user.is_staff or user.is_superuser:
        return False
    elsewhere = Membership.objects.filter(user=user, is_active=True)
    return not elsewhere.exclude(Q(agency=agency_id) | Q(business__agency=agency_id)).exists()


def members_among(
    user_ids: Collection[int], business_ids: Collection[int]
) -> dict[tuple[int, int], str]:
    """Return who of these users may enter which of these businesses, now, each with his password hash.

    The same rule as `may_enter`, in two queries for all of them.
    """
    open_ones = Business.objects.filter(pk__in=business_ids).exclude(stage=Stage.GONE)
    agencies, leaving = {}, set()
    for pk, agency_id, stage in open_ones.values_list("pk", "agency_id", "stage"):
        agencies[pk] = agency_id
        if stage == Stage.LEAVING:
            leaving.add(pk)
    found: dict[tuple[int, int], str] = {}
    for user_id, password, business_id, agency_id, role in Membership.objects.filter(
        user__in=user_ids, user__is_active=True, is_active=True
    ).values_list("user_id", "user__password", "business_id", "agency_id", "role"):
        if business_id in agencies and business_id not in leaving:
            found[user_id, business_id] = password
        elif agency_id is not None and role in AGENCY_ROLES:
            for business, its_agency in agencies.items():
                if its_agency == agency_id:
                    found[user_id, business] = password
    return found
