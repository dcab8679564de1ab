"""Who works in a business, and in which teams: whom a conversation can be given to."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from inbox.models import Team
from tenants.models import AGENCY_ROLES, Business, Membership, User


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of the business, directly or through its agency."""

    id: int
    name: str
    role: str


def colleagues(business: Business) -> list[Colleague]:
    """Return everybody who may enter a business now, by name; of two memberships the nearer one."""
    found = (
        Membership.objects.filter(is_active=True, user__is_active=True)
        .filter(Q(business=business.pk) | Q(agency=business.agency_id, role__in=AGENCY_ROLES))
        .select_related("user")
        .order_by("business_id")
    )
    people: dict[int, Colleague] = {}
    for member in found:
        each = Colleague(member.user_id, str(member.user), member.role)
        people.setdefault(member.user_id, each)
    return sorted(people.values(), key=lambda person: (person.name.casefold(), person.id))


def names_of(user_ids: set[int]) -> dict[int, str]:
    """Return users' names, also of those who are no members any more."""
    if not user_ids:
        return {}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=user_ids)}


def teams() -> list[Team]:
    """Return the business's teams by name, without those that were put away."""
    return list(Team.objects.filter(archived_at=None).order_by("name"))
