"""Suggested rules become a draft for the rule editor. Nothing is in force until somebody publishes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from calls.audit.logs import LogError
from calls.models import RuleDraft
from calls.rulebook import latest, rules_of
from calls.rules import OUTCOMES, Rule, When, dump, load
from messaging.models import MessageTemplate
from tenants.models import CallLog

SOURCE = "audit"


def open_draft(log: CallLog, index: int | None, *, by: str, at: datetime) -> RuleDraft:
    """Put one suggested rule (None: all of them) before the rules in force, as a draft.

    Must run in the schema of the log's business. Raises LogError when there is nothing to suggest,
    or no text it could send.
    """
    suggested = load(log.result.get("rules", []))
    if index is not None:
        suggested = suggested[index : index + 1]
    if not suggested:
        raise LogError("rule", "this audit suggests no such rule")
    in_force = latest()
    current = rules_of(in_force).rules
    keys = list(MessageTemplate.objects.order_by("pk").values_list("key", flat=True))
    if not keys:
        raise LogError("rule", "write a text first, for the rule to send")
    if index is None and any(_takes_all(rule) for rule in current):
        suggested = tuple(rule for rule in suggested if not _takes_all(rule)) or suggested
    taken = {rule.id for rule in suggested}
    rules = [_with_texts(rule, keys) for rule in suggested]
    rules += [rule for rule in current if rule.id not in taken]
    # The same suggestion asked for again takes the place of the earlier one.
    draft, _ = RuleDraft.objects.update_or_create(
        name=f"Call audit: {suggested[0].name if index is not None else log.name}"[:80],
        source=SOURCE,
        defaults={
            "rules": dump(rules), "based_on": in_force.version if in_force else 0, "author": by[:120],
            "note": f"From the audit “{log.name}”."[:200], "created_at": at, "updated_at": at,
        },
    )  # fmt: skip
    return draft


def _takes_all(rule: Rule) -> bool:
    """Whether a rule answers every missed call, however long it rang."""
    bare = replace(rule.when, ring_at_least=0, outcomes=frozenset())
    return (
        rule.is_on and bare == When() and rule.when.outcomes in (frozenset(), frozenset(OUTCOMES))
    )


def _with_texts(rule: Rule, keys: list[str]) -> Rule:
    """Return a rule that sends texts the business has."""
    then = rule.then
    text = then.template if then.template in keys else keys[0]
    closed = then.template_closed if then.template_closed in keys else ""
    return replace(rule, then=replace(then, template=text, template_closed=closed))
