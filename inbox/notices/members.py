"""Members as notices see them: their settings, hours, language, and whether they are members still."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet

from inbox.models import MemberSettings, TeamMember
from inbox.notices.rules import Member, Relation
from messaging.models import Conversation
from tenants.models import AGENCY_ROLES, Business, Domain, Membership, User
from tenants.scope import current_business


@dataclass(frozen=True, slots=True)
class Told:
    """A member with what it takes to write to him. language: '' for the business's own."""

    member: Member
    name: str
    email: str
    language: str
    teams: frozenset[int]

    def relation(self, conversation: Conversation | None) -> Relation:
        """Say whose a conversation is to him."""
        if conversation is None:
            return "none"
        if conversation.assignee == self.member.user:
            return "mine"
        return "team" if conversation.team in self.teams else "unassigned"


def present(business: Business) -> list[int]:
    """Return the ids of the users who are members of a business, itself or by its agency."""
    return list(_memberships(business).values_list("user_id", flat=True).distinct())


def is_present(user_id: int, business: Business) -> bool:
    """Whether a user is an active member of a business."""
    return _memberships(business).filter(user=user_id).exists()


def load(user_ids: Iterable[int]) -> dict[int, Told]:
    """Return these users as members of the current business; who does not exist is left out."""
    ids, business = set(user_ids), current_business()
    users = list(User.objects.filter(pk__in=ids))
    here = set(_memberships(business).filter(user__in=ids).values_list("user_id", flat=True))
    chosen = {row.user: row for row in MemberSettings.objects.filter(user__in=ids)}
    teams: dict[int, set[int]] = {}
    for user_id, team in TeamMember.objects.filter(user__in=ids).values_list("user", "team_id"):
        teams.setdefault(user_id, set()).add(team)
    return {
        user.pk: Told(
            _member(user, chosen.get(user.pk), user.pk in here, business),
            str(user),
            user.email,
            user.language,
            frozenset(teams.get(user.pk, ())),
        )
        for user in users
    }


def base_url(business: Business) -> str:
    """Return the address of a business's pages, without a slash at the end."""
    host = (
        Domain.objects.filter(tenant=business)
        .order_by("-is_primary", "pk")
        .values_list("domain", flat=True)
        .first()
    )
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host or parts.hostname}{port}"


def _memberships(business: Business) -> QuerySet[Membership]:
    place = Q(business=business) | Q(agency=business.agency_id, role__in=AGENCY_ROLES)
    return Membership.objects.filter(place, is_active=True, user__is_active=True)


def _member(user: User, row: MemberSettings | None, is_here: bool, business: Business) -> Member:
    zone = _zone(user.timezone) or ZoneInfo(business.timezone)
    if row is None:
        return Member(user.pk, zone, is_present=is_here)
    notices = row.notices if isinstance(row.notices, dict) else {}
    wants = tuple(str(want) for want in row.wants) if isinstance(row.wants, list) else ()
    return Member(user.pk, zone, notices, wants, row.away_until, is_here)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
