"""REST: the lines of a business and how each answers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from calls import lines
from calls.line_rules import ANSWERING, ORDERS
from calls.lines import LineError
from config.api_operations import Whole, asked, by_key, operation, refusing, whole
from config.api_views import ID_PATTERN
from messaging.serializers import PhoneField
from tenants import postures
from tenants.models import PhoneNumber
from tenants.scope import current_business

# Empty: the business's own.
POSTURES = ["", *postures.POSTURES]
_LINE = {
    "id": 4, "number": "+13125550100", "label": "Main", "is_active": True,
    "answering": "by_hours", "staff_numbers": ["+13125550177"], "ring_order": "at_once",
    "ring_seconds": 20, "press_one": True, "greeting": "Thanks for calling {business}.",
    "has_recording": False, "voicemail": True, "posture": "", "consent_digit": "1",
    "consent_prompt": "", "emergency_digit": "", "emergency_number": "",
    "forwards_from": "+13125550199", "forwarding": "reached",
    "forwarding_checked_at": "2026-11-21T16:04:01Z", "registration": "approved",
    "sender_kind": "local", "use_case": "CUSTOMER_CARE",
}  # fmt: skip


class LineSettingsSerializer(serializers.ModelSerializer[PhoneNumber]):
    """A number of the business, and how a call to it is answered."""

    number = serializers.CharField(source="e164", read_only=True, help_text="E.164.")
    staff_numbers = serializers.ListField(child=serializers.CharField(), read_only=True)
    has_recording = serializers.SerializerMethodField(
        help_text="Whether the greeting is played from a recording; `greeting` then says its words."
    )

    class Meta:
        model = PhoneNumber
        fields = [
            "id", "number", "label", "is_active", "answering", "staff_numbers", "ring_order",
            "ring_seconds", "press_one", "greeting", "has_recording", "voicemail", "posture",
            "consent_digit", "consent_prompt", "emergency_digit", "emergency_number",
            "forwards_from", "forwarding", "forwarding_checked_at", "registration", "sender_kind",
            "use_case",
        ]  # fmt: skip
        extra_kwargs = {
            "label": {"help_text": "What the business calls it."},
            "posture": {"help_text": "Stricter consent than the business's own; empty for that."},
            "forwards_from": {"help_text": "Your public number whose unanswered calls come here."},
            "forwarding": {"help_text": "Whether they do, by the last check."},
            "registration": {"help_text": "Whether carriers accept its texts."},
        }

    def get_has_recording(self, line: PhoneNumber) -> bool:
        """Whether there is a recording."""
        return bool(line.greeting_recording)


class LineChangeSerializer(serializers.Serializer[Any]):
    """How a line is to answer. What is left out stays as it is."""

    label = serializers.CharField(  # type: ignore[assignment]
        max_length=40, required=False, allow_blank=True
    )
    answering = serializers.ChoiceField(ANSWERING, required=False)
    staff_numbers = serializers.ListField(
        child=PhoneField(), required=False, max_length=10, help_text="Which phones ring."
    )
    ring_order = serializers.ChoiceField(ORDERS, required=False)
    ring_seconds = serializers.IntegerField(required=False, min_value=1, max_value=600)
    press_one = serializers.BooleanField(
        required=False,
        help_text="Whoever answers presses 1: without it a voicemail counts as an answer.",
    )
    greeting = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="Spoken; may hold {business} and {hours}.",
    )
    voicemail = serializers.BooleanField(required=False)
    posture = serializers.ChoiceField(
        POSTURES,
        required=False,
        help_text="Stricter than the business's own, or empty.",
    )
    consent_digit = serializers.RegexField(r"^[0-9*#]$", required=False)
    consent_prompt = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    emergency_digit = serializers.RegexField(r"^[0-9*#]?$", required=False, allow_blank=True)
    emergency_number = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Whom that key connects to."
    )


class Lines(GenericViewSet[PhoneNumber]):
    """Lines."""

    area = "numbers"
    queryset = PhoneNumber.objects.none()
    serializer_class = LineSettingsSerializer
    pagination_class = Whole
    lookup_value_regex = ID_PATTERN

    def get_queryset(self) -> QuerySet[PhoneNumber]:
        """Return the lines of the business whose key was presented; they lie on the public floor."""
        if getattr(self, "swagger_fake_view", False):
            return PhoneNumber.objects.none()
        return PhoneNumber.objects.filter(business=current_business()).order_by("pk")

    @operation(
        "Lines", "lines_list", "List lines", "Every number of the business and how it answers.",
        gives=LineSettingsSerializer(many=True), told=_LINE,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(LineSettingsSerializer(self.get_queryset(), many=True).data)

    @operation(
        "Lines", "lines_retrieve", "One line", "How it answers.", gives=LineSettingsSerializer, told=_LINE,
        errors=(404,),
    )  # fmt: skip
    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer with one."""
        return Response(LineSettingsSerializer(self.get_object()).data)

    @operation(
        "Lines", "lines_change", "Change how a line answers",
        "Holds from the next call on. Each setting that cannot be is a 422 naming it.",
        asks=LineChangeSerializer, gives=LineSettingsSerializer, told=_LINE, errors=(404,),
        sent={"answering": "by_hours", "staff_numbers": ["+13125550177"]},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one. Raises ValidationError naming fields."""
        line, wanted = self.get_object(), asked(LineChangeSerializer, request)
        values = lines.values_of(line) | wanted
        with refusing(LineError):
            lines.save(
                line.pk, current_business(), values, by=by_key(request), door="api",
                at=timezone.now(),
            )  # fmt: skip
        return Response(LineSettingsSerializer(self.get_object()).data)
