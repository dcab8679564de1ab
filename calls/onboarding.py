"""What a new business gets in this room: opening hours and the default text-back rule."""

from __future__ import annotations

from datetime import timedelta

from calls.models import OpeningHours, TextBackRule
from messaging.models import MessageTemplate
from tenants.playbooks import Playbook


def fill(playbook: Playbook) -> None:
    """Create hours and rule of a playbook in the current business (its templates exist already)."""
    OpeningHours.objects.bulk_create(
        [
            OpeningHours(weekday=day, opens=opens, closes=closes)
            for day, opens, closes in playbook.hours
        ]
    )
    TextBackRule.objects.create(
        outcomes=list(playbook.outcomes),
        minimum_ring=timedelta(seconds=4),  # compliance.md section 8, row 22
        maximum_answered=timedelta(0),
        delay=timedelta(0),
        cool_down=timedelta(hours=playbook.cool_down_hours),
        expires_after=timedelta(minutes=30),
        template_open=MessageTemplate.objects.get(key="missed-open"),
        template_closed=MessageTemplate.objects.get(key="missed-closed"),
    )
