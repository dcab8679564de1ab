"""Ready-made beginnings of a rule. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from calls.rules import Rule, Then, When

# key -> what the button says, and what the rule is for.
STARTS = {
    "closed": ("While closed", "Another text at night, on weekends and holidays."),
    "vip": ("VIPs", "Text them like everybody, and tell us to phone them."),
    "third": ("Third call in an hour: tell us", "Somebody is in a hurry. No second text; somebody should phone."),
    "area": ("Not our area", "No text to callers from other area codes."),
    "blank": ("An empty rule", "Begin from nothing."),
}  # fmt: skip


def start(key: str, ident: str, lines: Sequence[str], templates: Sequence[str]) -> Rule | None:
    """Return the rule a beginning makes for a business with these lines and texts; None for an unknown key.

    templates: keys, the usual text first. A business without a text gets a rule that texts nothing.
    """
    if key not in STARTS:
        return None
    usual = templates[0] if templates else ""
    closed = next((name for name in templates if name.endswith("closed")), usual)
    text = Then(template=usual, template_closed=closed if closed != usual else "")
    when, then = When(), text
    if key == "closed":
        when, then = When(states=frozenset({"closed", "holiday"})), Then(template=closed)
    elif key == "vip":
        when = When(callers=frozenset({"vip"}))
        then = Then(template=text.template, template_closed=text.template_closed, notify=True)
    elif key == "third":
        when, then = When(nth_from=3, nth_within=3600), Then("skip", notify=True)
    elif key == "area":
        codes = frozenset(line[2:5] for line in lines if line.startswith("+1"))
        when, then = When(other_area_codes=codes), Then("skip")
    if then.action != "skip" and not then.template:
        then = Then("skip")
    name = "New rule" if key == "blank" else STARTS[key][0]
    return Rule(ident, name, True, when, then)


def placed(rules: Sequence[Rule], rule: Rule, key: str) -> tuple[Rule, ...]:
    """Return the rules with a new one where it is of use: an exception first, an empty rule last."""
    return (*rules, rule) if key == "blank" else (rule, *rules)
