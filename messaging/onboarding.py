"""What a new business gets in this room: its two text-back templates."""

from __future__ import annotations

from messaging.models import MessageTemplate
from tenants.playbooks import Playbook


def fill(playbook: Playbook) -> None:
    """Create the templates of a playbook in the current business."""
    MessageTemplate.objects.bulk_create(
        [
            MessageTemplate(key="missed-open", name="Missed call, open", body=playbook.text_open),
            MessageTemplate(
                key="missed-closed", name="Missed call, closed", body=playbook.text_closed
            ),
        ]
    )
