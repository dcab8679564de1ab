"""What a new business gets in this room: its templates, its policy and an empty ledger."""

from __future__ import annotations

from django.utils import timezone

from messaging import retention
from messaging.models import LedgerHead, MessageTemplate, Policy
from tenants.playbooks import Playbook
from tenants.scope import current_business


def fill(playbook: Playbook) -> None:
    """Create templates, first policy and the ledger's beginning in the current business.

    Its retention begins as well.
    """
    now, business = timezone.now(), current_business()
    LedgerHead.objects.create()
    Policy.objects.create(posture=business.posture, changed_by="Ringback", changed_at=now)
    retention.start(business.pk, now)
    MessageTemplate.objects.bulk_create(
        [
            MessageTemplate(key="missed-open", name="Missed call, open", body=playbook.text_open),
            MessageTemplate(
                key="missed-closed", name="Missed call, closed", body=playbook.text_closed
            ),
            # Written to whose language is Spanish, in place of the one without "-es".
            MessageTemplate(
                key="missed-open-es", name="Missed call, open (Spanish)", body=playbook.text_open_es
            ),
            MessageTemplate(
                key="missed-closed-es",
                name="Missed call, closed (Spanish)",
                body=playbook.text_closed_es,
            ),
        ]
    )
