"""What a new business gets in this room: opening hours and its first rules."""

from __future__ import annotations

from django.utils import timezone

from calls import rules as shape
from calls.models import OpeningHours, RuleSet, TestCall
from calls.rules import Rule, Then, When
from tenants.playbooks import Playbook


def fill(playbook: Playbook) -> None:
    """Create hours and rules of a playbook in the current business (its templates exist already)."""
    _write_hours(playbook)
    RuleSet.objects.create(
        version=1,
        rules=shape.dump(first_rules(playbook)),
        author="The system",
        origin="playbook",
        note=f"The first rules of “{playbook.name}”.",
        created_at=timezone.now(),
    )


def refill(before: Playbook, playbook: Playbook) -> None:
    """Another pack was chosen for a draft (settings.PLAYBOOK_CHOSEN_HANDLERS): hours and rules of one's own stay."""
    spans = OpeningHours.objects.order_by("weekday", "opens")
    if list(spans.values_list("weekday", "opens", "closes")) == sorted(before.hours):
        spans.delete()
        _write_hours(playbook)
    latest = RuleSet.objects.select_for_update().order_by("-version").first()
    wanted = shape.dump(first_rules(playbook))
    if latest is not None and latest.rules == shape.dump(first_rules(before)) != wanted:
        RuleSet.objects.create(
            version=latest.version + 1, rules=wanted, author="The system", origin="playbook",
            note=f"The first rules of “{playbook.name}”.", created_at=timezone.now(),
        )  # fmt: skip


def known() -> dict[str, bool]:
    """Return what the current business has before it goes live (settings.PUBLISH_KNOWN)."""
    latest = RuleSet.objects.order_by("-version").first()
    rules = shape.load(latest.rules) if latest is not None else ()
    return {
        "rules_on": any(rule.is_on and rule.then.action != "skip" for rule in rules),
        "tested": TestCall.objects.filter(state=TestCall.State.PASSED).exists(),
    }


def _write_hours(playbook: Playbook) -> None:
    OpeningHours.objects.bulk_create(
        [
            OpeningHours(weekday=day, opens=opens, closes=closes)
            for day, opens, closes in playbook.hours
        ]
    )


def first_rules(playbook: Playbook) -> list[Rule]:
    """Return the rules a business of this kind begins with."""
    insisting = Rule(
        "insists",
        "Calls again and again: tell us",
        True,
        When(nth_from=max(playbook.insists_after, 1), nth_within=3600),
        Then("skip", notify=True),
    )
    return [
        *([insisting] if playbook.insists_after else []),
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
        ),
    ]
