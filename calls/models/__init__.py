"""What the calls room keeps of a business."""

from calls.models.calls import Call
from calls.models.hours import Holiday, OpeningHours
from calls.models.rules import PinnedCall, RuleDraft, RuleSet
from calls.models.trials import ForwardingCheck, Scenario, TestCall

__all__ = [
    "Call",
    "ForwardingCheck",
    "Holiday",
    "OpeningHours",
    "PinnedCall",
    "RuleDraft",
    "RuleSet",
    "Scenario",
    "TestCall",
]
