"""What is told when a former member of an agency could not be taken out of a business (AGENDA_DEAD_HANDLERS)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from inbox.models import TeamMember
from messaging.alerts import raise_alert
from messaging.models import Conversation
from tenants.agenda import Item
from tenants.models import Stage, User
from tenants.permissions import may_enter
from tenants.scope import business_scope, current_business

_FIX = "Look at what is assigned to them, and take it over."


def died(item: Item, _error: str) -> None:
    """Somebody who left may still have what nobody looks at: the business reads so, where it is true."""
    user_id = int(item.subject.partition(":")[0])
    user = User.objects.filter(pk=user_id).first()
    if not item.schema:
        return
    with business_scope(item.schema), transaction.atomic():
        business = current_business()
        if business.stage == Stage.GONE or (user and may_enter(user, business) is not None):
            return
        his = Conversation.objects.filter(assignee=user_id), TeamMember.objects.filter(user=user_id)
        if not any(rows.exists() for rows in his):
            return
        name = str(user) if user is not None else "Somebody"
        sentence = (
            f"{name} left the agency, and conversations are still assigned to them: "
            "something of ours failed."
        )
        raise_alert("LEAVER_STUCK", sentence, fix=_FIX, subject=str(user_id), at=timezone.now())
