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
    Policy.objects.create(posture=business.posture, changed_by="The system", changed_at=now)
    retention.start(business.pk, now)
    MessageTemplate.objects.bulk_create(
        [
            MessageTemplate(key=key, name=name, body=body)
            for key, name, body in first_texts(playbook)
        ]
    )


def refill(before: Playbook, playbook: Playbook) -> None:
    """Another pack was chosen for a draft (settings.PLAYBOOK_CHOSEN_HANDLERS): texts that were changed stay."""
    untouched = {key: body for key, _name, body in first_texts(before)}
    kept = {each.key: each for each in MessageTemplate.objects.select_for_update()}
    for key, name, body in first_texts(playbook):
        template = kept.get(key)
        if template is None:
            MessageTemplate.objects.create(key=key, name=name, body=body)
        elif template.body == untouched[key] != body:
            template.body = body
            template.save(update_fields=["body"])


def first_texts(playbook: Playbook) -> list[tuple[str, str, str]]:
    """Return the texts a business of this kind begins with: key, name, body.

    "-es" is written to whose language is Spanish, in place of the one without.
    """
    return [
        ("missed-open", "Missed call, open", playbook.text_open),
        ("missed-closed", "Missed call, closed", playbook.text_closed),
        ("missed-open-es", "Missed call, open (Spanish)", playbook.text_open_es),
        ("missed-closed-es", "Missed call, closed (Spanish)", playbook.text_closed_es),
    ]
