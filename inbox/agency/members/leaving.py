"""A member of an agency was taken out: what was his in its businesses is nobody's again.

One row of the agenda for each business, each a transaction of its own: an agency may have a
thousand, and whoever presses the button does not wait for them.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from inbox.activity import RINGBACK, Actor
from inbox.settings import services
from tenants import agenda
from tenants.models import Agency, Business, Membership, Stage, User
from tenants.permissions import may_enter
from tenants.scope import current_business

KIND = "inbox.member_left"


def plan(gone: Membership, agency: Agency, *, by: User, at: datetime) -> None:
    """Have a former member's conversations freed in all businesses. at: aware. In his removal's transaction."""
    for pk in (
        agency.businesses.exclude(stage=Stage.GONE).order_by("pk").values_list("pk", flat=True)
    ):
        agenda.put(
            KIND, f"{gone.user_id}:{by.pk}", lane="housekeeping", business_id=pk, due_at=at
        )  # fmt: skip


def free(item: agenda.Item) -> agenda.Answer:
    """Agenda: free what was his in one business, unless he may enter it still, or again."""
    user_id, _colon, by = item.subject.partition(":")
    business: Business = current_business()
    user = User.objects.filter(pk=int(user_id)).first()
    if user is not None and may_enter(user, business) is not None:
        return None
    who = User.objects.filter(pk=int(by)).first()
    services.free(int(user_id), Actor(who.pk, str(who)) if who else RINGBACK, timezone.now())
    return None
