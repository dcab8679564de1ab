"""What every page of the inbox stands in time: the zone its times are shown in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from inbox.thread.context import thread_context
from tenants.models import Business, User

__all__ = ["member_zone", "thread_context"]


def member_zone(request: HttpRequest) -> ZoneInfo:
    """Times are shown in the member's zone, or the business's where he has chosen none."""
    business: Business = request.business  # type: ignore[attr-defined]
    user = request.user
    try:
        zone = ZoneInfo((user.timezone if isinstance(user, User) else "") or business.timezone)
    except (KeyError, ValueError, OSError):
        # The name is no zone; a page in the business's time beats none.
        zone = ZoneInfo(business.timezone)
    timezone.activate(zone)
    return zone
