"""Support looks into a business: with a reason, reading only, for half an hour at most.

A visit is a row and a session of its own at the business's host, opened by the same one-time way as
an agency's members take (tenants/handoffs.py). tenants/middleware.py asks `standing` at every
request: whatever would change something is refused there, before any page.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest

from tenants import agencies, support_record
from tenants.models import Business, Membership, Role, SupportVisit, User

LASTS = timedelta(minutes=30)
# The session's key; a session that has it is a visit and nothing else.
KEY = "support_visit"
RIGHT = "tenants.enter_business"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# What a visitor may send nevertheless: the end of his visit.
END_PATHS = frozenset({"/visit/end/", "/logout/"})


def is_one(request: HttpRequest) -> bool:
    """Whether a request is support's, who looks on: what only looking changes stays as it is."""
    return getattr(request, "visit", None) is not None


def may_visit(user: User) -> bool:
    """Whether somebody may look into businesses: support with the right for it. Fails closed."""
    return user.is_active and user.is_staff and user.has_perm(RIGHT)


def begin(user: User, business: Business, reason: str, at: datetime) -> SupportVisit:
    """Write down a visit that begins at `at` (aware), in support's record and in the agency's.

    In the caller's transaction, who writes it into the business's audit log as well. Raises
    ReasonMissing.
    """
    why = support_record.reason_in(reason)
    visit = SupportVisit.objects.create(
        user=user, business=business, reason=why, begun_at=at, ends_at=at + LASTS
    )
    support_record.note(
        user, "visit.begin", at=at, business=business, subject=str(visit.pk), reason=why
    )
    agencies.note(
        business.agency, "support.enter", actor=support_record.who(user), door="admin", at=at,
        business=business, reason=why,
    )  # fmt: skip
    return visit


def standing(
    visit_id: object, user: User, business: Business, now: datetime
) -> SupportVisit | None:
    """Return the visit a session belongs to while it lasts, at its own business; None afterwards."""
    if not isinstance(visit_id, int) or not may_visit(user):
        return None
    return SupportVisit.objects.filter(
        pk=visit_id, user=user, business=business, ended_at=None, begun_at__lte=now, ends_at__gt=now
    ).first()


def end(visit: SupportVisit, at: datetime) -> bool:
    """End a visit before its time; False when it had ended."""
    with transaction.atomic():
        if not SupportVisit.objects.filter(pk=visit.pk, ended_at=None).update(ended_at=at):
            return False
        support_record.note(
            visit.user, "visit.end", at=at, business=visit.business, subject=str(visit.pk)
        )
        return True


def as_member(visit: SupportVisit) -> Membership:
    """Return the place a visitor sees the pages from: the owner's, and never saved."""
    return Membership(user=visit.user, business=visit.business, role=Role.OWNER)
