from datetime import timedelta

from django.db import migrations
from django.utils import timezone

_DAY = 86_400
_OUTCOMES = {
    "no_answer", "busy", "unreachable", "declined", "caller_hung_up", "forwarded", "not_accepted",
}
_MOST = 40  # rules


def as_versions(apps, schema_editor):
    """Write what the old rules said as version 1; their order and their being on or off is kept."""
    RuleSet = apps.get_model("calls", "RuleSet")
    old = list(apps.get_model("calls", "TextBackRule").objects.order_by("position", "id")[:_MOST])
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
    """One old rule in the new shape. What went beyond the limits of that shape is brought within them."""

    def seconds(span: timedelta, low: int, high: int) -> int:
        return min(max(int(span.total_seconds()), low), high)

    kinds = sorted(set(rule.outcomes) & _OUTCOMES)
    when = {"outcomes": kinds, "ring_at_least": seconds(rule.minimum_ring, 0, 600)}
    if talked := seconds(rule.maximum_answered, 0, 600):
        when["talk_at_most"] = talked
    if rule.hours != "always":
        when["states"] = ["open"] if rule.hours == "open" else ["closed", "holiday"]
    if rule.callers != "all":
        when["callers"] = [rule.callers]
    expires = seconds(rule.expires_after, 10, 7 * _DAY)
    return {
        "id": f"rule-{number + 1}",
        "name": rule.name.strip()[:80] or "Text back missed calls",
        # No kind of call at all was a rule that never texted; an empty list means every kind now.
        "is_on": rule.is_on and bool(kinds),
        "when": when,
        "then": {
            "template": rule.template_open.key,
            "template_closed": rule.template_closed.key,
            "delay": seconds(rule.delay, 0, min(_DAY, expires - 1)),
            "cool_down": seconds(rule.cool_down, 0, 90 * _DAY),
            "expires_after": expires,
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
