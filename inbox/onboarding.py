"""What a new business gets in this room: quick replies, and how soon people are to be answered."""

from __future__ import annotations

from inbox.models import InboxPolicy, QuickReply
from tenants.playbooks import Playbook


def fill(playbook: Playbook) -> None:
    """Create quick replies and response target of a playbook in the current business."""
    QuickReply.objects.bulk_create(
        [
            QuickReply(shortcut=r.shortcut, title=r.title, body=r.body, language=r.language)
            for r in playbook.replies
        ],
        ignore_conflicts=True,
    )
    InboxPolicy.objects.get_or_create(defaults=_target(playbook))


def refill(before: Playbook, playbook: Playbook) -> None:
    """Another pack was chosen for a draft (settings.PLAYBOOK_CHOSEN_HANDLERS): what was changed stays."""
    for reply in before.replies:
        QuickReply.objects.filter(
            shortcut=reply.shortcut, language=reply.language, owner=None,
            title=reply.title, body=reply.body,
        ).delete()  # fmt: skip
    InboxPolicy.objects.filter(**_target(before)).update(**_target(playbook))
    fill(playbook)


def _target(playbook: Playbook) -> dict[str, object]:
    return {
        "target_minutes": playbook.target_minutes,
        "in_open_hours": not playbook.target_always,
    }
