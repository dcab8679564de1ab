"""REST: texts kept ready, each under its key: read, linted, kept, and every version there was."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from config.api_operations import Whole, asked, by_key, found, operation, whole
from messaging import ready_texts
from messaging.models import MessageTemplate, TemplateVersion
from messaging.ready_texts import TextError
from tenants.scope import current_business

_BODY = "Sorry we missed your call. How can we help? – {business}"
_TEMPLATE = {
    "key": "missed-open", "name": "Missed call, open", "body": _BODY,
    "updated_at": "2026-11-21T16:04:01Z",
}  # fmt: skip
_FINDING = {
    "code": "SHORTENER", "severity": "block", "sentence": "“bit.ly/x1” hides where it leads.",
    "fix": "Write the whole address.", "rule": "R-CAR-2", "found": "bit.ly/x1",
}  # fmt: skip
_VERSION = {"version": 3, "body": _BODY, "recorded_at": "2026-11-21T16:04:01Z"}


class TemplateSerializer(serializers.ModelSerializer[MessageTemplate]):
    """A text kept ready."""

    class Meta:
        model = MessageTemplate
        fields = ["key", "name", "body", "updated_at"]
        extra_kwargs = {
            "key": {"help_text": "What rules call it; stays for ever."},
            "body": {"help_text": "With merge fields such as {business}."},
        }


class TemplateWantedSerializer(serializers.Serializer[Any]):
    """A text to keep ready."""

    name = serializers.CharField(max_length=80)
    body = serializers.CharField(
        max_length=2000, trim_whitespace=False, help_text="With merge fields such as {business}."
    )


class TemplateBodySerializer(serializers.Serializer[Any]):
    """Words to look at."""

    body = serializers.CharField(max_length=2000, trim_whitespace=False)


class FindingSerializer(serializers.Serializer[Any]):
    """Something carriers or the law mind in a text."""

    code = serializers.CharField(help_text="Stable, for programs.")
    severity = serializers.CharField(help_text="block: it is not kept; anything else is advice.")
    sentence = serializers.CharField()
    fix = serializers.CharField(help_text="What to do about it.")
    rule = serializers.CharField(help_text="The rule it comes from.")
    found = serializers.CharField(help_text="The words it is about.")


class CheckedSerializer(serializers.Serializer[Any]):
    """What the lint says."""

    findings = FindingSerializer(many=True)
    may_be_kept = serializers.BooleanField(help_text="False where a finding blocks it.")


class TemplateVersionSerializer(serializers.ModelSerializer[TemplateVersion]):
    """A text as it once was."""

    class Meta:
        model = TemplateVersion
        fields = ["version", "body", "recorded_at"]
        extra_kwargs = {"version": {"help_text": "What `template` of a message names after the @."}}


class Templates(GenericViewSet[MessageTemplate]):
    """Texts kept ready."""

    area = "templates"
    scopes = {"check": "templates:read"}
    queryset = MessageTemplate.objects.order_by("key")
    serializer_class = TemplateSerializer
    pagination_class = Whole
    lookup_field = "key"
    lookup_value_regex = "[a-z0-9_-]{1,40}"

    @operation(
        "Templates", "templates_list", "List texts kept ready", "All of them, by key.",
        gives=TemplateSerializer(many=True), told=_TEMPLATE,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(TemplateSerializer(self.get_queryset(), many=True).data)

    @operation(
        "Templates", "templates_retrieve", "One text kept ready", "By its key.",
        gives=TemplateSerializer, told=_TEMPLATE, errors=(404,),
    )  # fmt: skip
    def retrieve(self, request: Request, key: str) -> Response:
        """Answer with one."""
        return Response(TemplateSerializer(self.get_object()).data)

    @operation(
        "Templates", "templates_create", "Keep a text ready",
        "Its key is made of its name. What the lint blocks is a 422 naming `body`, with what to do.",
        asks=TemplateWantedSerializer, gives=TemplateSerializer, status=201, told=_TEMPLATE,
        sent={"name": "Missed call, open", "body": _BODY},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Keep one. Raises ValidationError naming fields."""
        return Response(self._save("", request), status=201)

    @operation(
        "Templates", "templates_update", "Change a text kept ready",
        "Holds from the next text on, and makes a new version. What the lint blocks is a 422 naming "
        "`body`; the text stays as it was.",
        asks=TemplateWantedSerializer, gives=TemplateSerializer, told=_TEMPLATE, errors=(404,),
        sent={"name": "Missed call, open", "body": _BODY},
    )  # fmt: skip
    def update(self, request: Request, key: str) -> Response:
        """Change one. Raises ValidationError naming fields."""
        found(self.get_queryset(), key=key)
        return Response(self._save(key, request))

    @operation(
        "Templates", "templates_versions", "Versions of a text",
        "Everything it ever said, newest first: a message's `template` names one of them.",
        gives=TemplateVersionSerializer(many=True), told=_VERSION, errors=(404,),
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, key: str) -> Response:
        """Answer with all."""
        found(self.get_queryset(), key=key)
        rows = TemplateVersion.objects.filter(key=key).order_by("-version")[:500]
        return whole(TemplateVersionSerializer(rows, many=True).data)

    @operation(
        "Templates", "templates_check", "Look at words before they are kept",
        "Says what carriers and the law mind in a text. Nothing is kept.",
        asks=TemplateBodySerializer, gives=CheckedSerializer, sent={"body": "Look: bit.ly/x1"},
        told={"findings": [_FINDING], "may_be_kept": False},
    )  # fmt: skip
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """Answer with what the lint finds."""
        body = asked(TemplateBodySerializer, request)["body"]
        findings = ready_texts.findings(current_business(), body)
        data = {
            "findings": findings,
            "may_be_kept": not any(each.severity == "block" for each in findings),
        }
        return Response(CheckedSerializer(data).data)

    def _save(self, key: str, request: Request) -> Any:
        wanted = asked(TemplateWantedSerializer, request)
        try:
            kept = ready_texts.save(
                current_business(), key, wanted["name"], wanted["body"], by=by_key(request),
                door="api", at=timezone.now(),
            )  # fmt: skip
        except TextError as wrong:
            blocking = next((each.code for each in wrong.findings if each.severity == "block"), "")
            raise exceptions.ValidationError({
                name: [exceptions.ErrorDetail(words, blocking if name == "body" and blocking else "invalid")]
                for name, words in wrong.problems.items()
            }) from None  # fmt: skip
        return TemplateSerializer(kept).data
