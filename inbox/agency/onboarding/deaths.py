"""What is told when a business that was to go live by itself did not (settings.AGENDA_DEAD_HANDLERS)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from messaging.alerts import raise_alert
from tenants.agenda import Item
from tenants.models import Business, Stage
from tenants.scope import business_scope

LACKING = "This business was to go live by itself, and something was missing. It is still a draft."
_OURS_FAILED = (
    "This business was to go live by itself: something of ours failed. It is still a draft."
)
_FIX = "Look at what is missing on its page of the agency, and make it live there."


def died(item: Item, _error: str) -> None:
    """Going live was given up: the business says so, unless somebody made it live meanwhile."""
    business = Business.objects.filter(pk=int(item.subject), stage=Stage.DRAFT).first()
    if business is not None:
        with business_scope(str(business.schema_name)):
            still_a_draft(_OURS_FAILED, timezone.now())


def still_a_draft(sentence: str, at: datetime) -> None:
    """Say in the current business at `at` (aware) that it did not go live."""
    with transaction.atomic():
        raise_alert("NOT_PUBLISHED", sentence, fix=_FIX, at=at)
