"""REST: an evidence export of one number, as a zip."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from config.api import Unusable
from config.api_docs import problems
from messaging.evidence.download import Download
from messaging.evidence.export import EvidenceError, gather
from tenants.models import ApiKey


class EvidenceSerializer(serializers.Serializer[Any]):
    """What to export."""

    number = serializers.CharField(
        max_length=40, help_text="Whose texts and calls, E.164 such as +13125550142."
    )
    to = serializers.CharField(
        max_length=10, required=False, help_text="The last day, in UTC; without it: until now."
    )

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, a word that no Python attribute can have."""
        first = serializers.CharField(
            max_length=10,
            required=False,
            source="first",
            help_text="The first day, in UTC; without it: from the beginning.",
        )
        return {**super().get_fields(), "from": first}


class Zip(JSONRenderer):
    """Lets a client ask for application/zip alone; what it then gets as JSON are the problems."""

    media_type = "application/zip"
    format = "zip"


class EvidenceExports(ViewSet):
    """Evidence exports."""

    scopes = {"create": "exports:read"}
    # A zip is no answer to keep, and made anew it is the same.
    keeps_answers = False
    renderer_classes = [JSONRenderer, Zip]

    @extend_schema(
        tags=["Evidence"],
        summary="Export the evidence about a number",
        description=(
            "Answers with one zip about one number and period: a transcript to read, every text "
            "with the decision that let it leave or kept it back, calls, delivery receipts, the "
            "consent ledger with the program that verifies it, and a manifest of SHA-256 sums. "
            "Other people's texts are not in it, nor their numbers as the provider reported them; "
            "the words of a text stay to the letter. A number nothing is known about gets a zip "
            "that says so. The export is noted in the audit log; its SHA-256 is in the "
            "header `X-Content-SHA256`. Ten thousand texts take about ten seconds."
        ),
        request=EvidenceSerializer,
        examples=[
            OpenApiExample(
                "A number and a month",
                request_only=True,
                value={"number": "+13125550142", "from": "2026-11-01", "to": "2026-11-30"},
            )
        ],
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, "The export."),
            **problems(400, 401, 422),
        },
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Make an export. Raises Unusable (422) naming number, from or to."""
        asked = EvidenceSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        assert isinstance(request.auth, ApiKey)
        try:
            export = gather(
                wanted["number"],
                wanted.get("first"),
                wanted.get("to"),
                actor=f"API key {request.auth.name} ({request.auth.prefix})",
                door="api",
                at=timezone.now(),
            )
        except EvidenceError as error:
            raise Unusable(error.field, _sentence(error)) from None
        return Download(export)


def _sentence(error: EvidenceError) -> str:
    return f"{error.sentence[:1].upper()}{error.sentence[1:]}."
