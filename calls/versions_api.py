"""REST: the versions of the rules there were, one put in force again, and the calls that are pinned."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from calls import rulebook
from calls.models import RuleSet
from calls.rule_words import diff, sentence
from calls.rulebook import Conflict, PinsBroken
from calls.rules import RulesError
from calls.rules_api import IN_FORCE, RulesSerializer, in_force, refused
from config.api import Unusable
from config.api_docs import reading_documented
from config.api_operations import (
    PreconditionFailed,
    asked,
    by_key,
    if_match,
    operation,
    version_of,
)
from config.api_views import Reading
from tenants.scope import current_business

_VERSION = IN_FORCE | {
    "restored_from": None,
    "changes": ["“Text back missed calls”: at once, instead of after 2 min."],
}  # fmt: skip


class RuleVersionSerializer(serializers.ModelSerializer[RuleSet]):
    """The rules as of one version."""

    rules = serializers.ListField(child=serializers.DictField(), read_only=True)
    sentences = serializers.SerializerMethodField(help_text="Each rule as a sentence.")
    changes = serializers.SerializerMethodField(
        help_text="Against the version in force, a sentence each: what restoring it would change."
    )

    class Meta:
        model = RuleSet
        fields = [
            "version", "rules", "sentences", "changes", "author", "origin", "note", "restored_from",
            "created_at",
        ]  # fmt: skip
        extra_kwargs = {"restored_from": {"help_text": "The version it put in force again."}}

    def get_sentences(self, row: RuleSet) -> list[str]:
        """Say each rule."""
        return [sentence(rule, self.context["names"]) for rule in rulebook.rules_of(row).rules]

    def get_changes(self, row: RuleSet) -> list[str]:
        """Say what restoring would change."""
        current = self.context["current"]
        return diff(current.rules, rulebook.rules_of(row).rules, self.context["names"])


class RestoreSerializer(serializers.Serializer[Any]):
    """How an old version is put in force again."""

    accept_broken_pins = serializers.BooleanField(
        required=False, default=False, help_text="Though pinned calls are decided otherwise."
    )


@reading_documented(
    "Rules",
    None,
    _VERSION,
    listed="Every version there was, newest first. Versions never change.",
    one="One version, by its number.",
)
class RuleVersions(ListModelMixin, RetrieveModelMixin, Reading):
    """Versions of the rules."""

    area = "rules"
    queryset = RuleSet.objects.all()
    serializer_class = RuleVersionSerializer
    ordering = ("-created_at", "-version")
    lookup_field = "version"
    lookup_value_regex = "[0-9]{1,9}"

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what every row's words need, read once."""
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        return context | {
            "names": rulebook.names(current_business().pk),
            "current": rulebook.rules_of(rulebook.latest()),
        }

    @operation(
        "Rules", "rule_versions_restore", "Put an old version in force again",
        "As a new version. `If-Match` names the version in force that you know: when somebody has "
        "published since, the answer is 412 and nothing changes. A line or a text that is gone since "
        "is a 422.",
        asks=RestoreSerializer, gives=RulesSerializer, sent={}, told=IN_FORCE, errors=(404, 412),
        parameters=[if_match("the rules in force")],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, version: str) -> Response:
        """Restore. Raises Unusable, PreconditionFailed and ValidationError naming fields."""
        row, wanted = self.get_object(), asked(RestoreSerializer, request)
        based_on = version_of(request, "the rules in force")
        try:
            rulebook.restore(
                current_business(), row.version, by=by_key(request), user_id=None,
                based_on=based_on, at=timezone.now(), door="api",
                accept_broken_pins=wanted["accept_broken_pins"],
            )  # fmt: skip
        except RulesError as error:
            raise refused(error) from None
        except Conflict as conflict:
            raise PreconditionFailed(_in_force(conflict)) from None
        except PinsBroken as broken:
            names = ", ".join(f"“{result.pin.name}”" for result in broken.pins)
            raise Unusable(
                "rules", f"Pinned calls would be decided otherwise: {names}.", "pins_broken"
            ) from None
        return in_force()


def _in_force(conflict: Conflict) -> str:
    latest = conflict.latest
    return f"Version {latest.version} by {latest.author} is in force. Read it and try again."
