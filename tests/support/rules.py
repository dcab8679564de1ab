"""Changing the rules of the business whose schema this is: a new version, as a person's save makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from calls.models import RuleSet

# What tests say in the words of a single rule, and where it stands.
_WHEN = {"outcomes", "states", "callers", "ring_at_least", "talk_at_most"}


def change_rule(**said: Any) -> RuleSet:
    """Publish the rules with the first one changed: fields of When and Then by name, or `is_on`."""
    latest = RuleSet.objects.order_by("-version").first()
    assert latest is not None
    rules = [dict(rule) for rule in latest.rules]
    rule = rules[0] = {**rules[0], "when": dict(rules[0]["when"]), "then": dict(rules[0]["then"])}
    for name, value in said.items():
        if isinstance(value, timedelta):
            value = int(value.total_seconds())
        if name == "is_on":
            rule[name] = value
        else:
            rule["when" if name in _WHEN else "then"][name] = value
    return publish(rules)


def publish(rules: list[dict[str, Any]]) -> RuleSet:
    """Publish these rules as they are."""
    latest = RuleSet.objects.order_by("-version").values_list("version", flat=True).first() or 0
    return RuleSet.objects.create(
        version=latest + 1, rules=rules, author="test", origin="page", created_at=timezone.now()
    )
