"""What a new business gets in this room: its templates, its policy and an empty ledger."""

from __future__ import annotations

from django.utils import timezone

from messaging.models import LedgerHead, MessageTemplate, Policy
from tenants.playbooks import Playbook


def fill(playbook: Playbook) -> None:
    """Create templates, first policy and the ledger's beginning in the current business."""
    LedgerHead.objects.create()
    Policy.objects.create(changed_by="Ringback", changed_at=timezone.now())
    MessageTemplate.objects.bulk_create(
        [
            MessageTemplate(key="missed-open", name="Missed call, open", body=playbook.text_open),
            MessageTemplate(
                key="missed-closed", name="Missed call, closed", body=playbook.text_closed
            ),
        ]
    )
