"""What a new business gets in this room: opening hours and its first rules."""

from __future__ import annotations

from django.utils import timezone

from calls import rules as shape
from calls.models import OpeningHours, RuleSet
from calls.rules import Rule, Then, When
from tenants.playbooks import Playbook


def fill(playbook: Playbook) -> None:
    """Create hours and rules of a playbook in the current business (its templates exist already)."""
    OpeningHours.objects.bulk_create(
        [
            OpeningHours(weekday=day, opens=opens, closes=closes)
            for day, opens, closes in playbook.hours
        ]
    )
    RuleSet.objects.create(
        version=1,
        rules=shape.dump(first_rules(playbook)),
        author="Ringback",
        origin="playbook",
        note=f"The first rules of “{playbook.name}”.",
        created_at=timezone.now(),
    )


def first_rules(playbook: Playbook) -> list[Rule]:
    """Return the rules a business of this kind begins with."""
    return [
        Rule(
            "text-back",
            "Text back missed calls",
            True,
            # A caller who hangs up sooner has probably misdialled (compliance.md section 8, row 22).
            When(outcomes=frozenset(playbook.outcomes), ring_at_least=4),
            Then(
                template="missed-open",
                template_closed="missed-closed",
                cool_down=playbook.cool_down_hours * 3600,
            ),
        )
    ]
