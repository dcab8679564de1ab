from datetime import timedelta

from django.db import migrations
from django.utils import timezone


def as_versions(apps, schema_editor):
    """Write what the old rules said as version 1; their order and their being on or off is kept."""
    RuleSet = apps.get_model("calls", "RuleSet")
    old = list(apps.get_model("calls", "TextBackRule").objects.order_by("position", "id"))
    if not old or RuleSet.objects.exists():
        return
    RuleSet.objects.create(
        version=1,
        rules=[_rule(number, rule) for number, rule in enumerate(old)],
        author="Ringback",
        origin="playbook",
        note="What the rules said before they had versions.",
        created_at=timezone.now(),
    )


def _rule(number, rule):
    def seconds(span: timedelta) -> int:
        return int(span.total_seconds())

    when = {"outcomes": sorted(rule.outcomes), "ring_at_least": seconds(rule.minimum_ring)}
    if rule.maximum_answered:
        when["talk_at_most"] = seconds(rule.maximum_answered)
    if rule.hours != "always":
        when["states"] = ["open"] if rule.hours == "open" else ["closed", "holiday"]
    if rule.callers != "all":
        when["callers"] = [rule.callers]
    return {
        "id": f"rule-{number + 1}",
        "name": rule.name,
        # No kind of call at all was a rule that never texted; an empty list means every kind now.
        "is_on": rule.is_on and bool(rule.outcomes),
        "when": when,
        "then": {
            "template": rule.template_open.key,
            "template_closed": rule.template_closed.key,
            "delay": seconds(rule.delay),
            "cool_down": seconds(rule.cool_down),
            "expires_after": max(10, seconds(rule.expires_after)),
        },
    }


class Migration(migrations.Migration):
    """The rule becomes a version of the rules; its table goes."""

    dependencies = [("calls", "0004_guards_of_rules"), ("messaging", "0001_initial")]

    operations = [
        migrations.RunPython(as_versions, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.DeleteModel(name="TextBackRule"),
    ]
