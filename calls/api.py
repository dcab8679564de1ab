"""REST: the calls of one business, each with the receipt of its decision."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from calls import voicemails
from calls.models import Call
from config.api_docs import reading_documented
from config.api_operations import operation
from config.api_views import IdField, Reading
from messaging.serializers import PhoneField

DECISIONS = ["send", "hold", "skip"]


class QuestionSerializer(serializers.Serializer[Any]):
    """One question that was asked on the way to a decision, in order."""

    asked = serializers.CharField()
    input = serializers.CharField(help_text="What was looked at.")
    answer = serializers.CharField()
    passed = serializers.BooleanField(help_text="False: this answer decided against a text.")


class ReceiptSerializer(serializers.Serializer[Any]):
    """Why a call got a text, or did not."""

    action = serializers.ChoiceField(DECISIONS)
    code = serializers.CharField(help_text="Stable, for programs, such as `COOL_DOWN`.")
    sentence = serializers.CharField(help_text="The same for people.")
    rule = serializers.CharField(help_text="The text-back rule that decided.")
    decided_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When a held text goes out.")
    expires_at = serializers.DateTimeField(allow_null=True)
    questions = QuestionSerializer(many=True)


@extend_schema_field(ReceiptSerializer(allow_null=True))
class ReceiptField(serializers.JSONField):
    """A receipt exactly as it was stored when the decision was made."""


class CallSerializer(serializers.ModelSerializer[Call]):
    """One call to a number of the business."""

    receipt = ReceiptField(read_only=True, allow_null=True)
    decision = serializers.ChoiceField(
        DECISIONS, allow_blank=True, help_text="Empty until the call was decided on."
    )

    class Meta:
        model = Call
        fields = [
            "id",
            "contact",
            "our_number",
            "caller",
            "outcome",
            "missed_because",
            "started_at",
            "ended_at",
            "ring_seconds",
            "talk_seconds",
            "voicemail_url",
            "voicemail_seconds",
            "decision",
            "decision_reason",
            "receipt",
            "decided_at",
            "provider",
            "provider_id",
        ]
        extra_kwargs = {
            "caller": {
                "help_text": "As the provider gave it: E.164, or a word such as `anonymous`."
            },
            "contact": {"help_text": "Null when the caller withheld the number."},
            "missed_because": {"help_text": "Empty unless the call was missed."},
            "ring_seconds": {"help_text": "Null when the provider did not say."},
            "decision_reason": {"help_text": "The receipt's code."},
        }


class CallFilters(serializers.Serializer[Any]):
    """What the list of calls can be narrowed to."""

    contact = IdField(required=False, help_text="Of this contact.")
    number = PhoneField(required=False, source="our_number", help_text="To this line of yours.")
    caller = PhoneField(required=False, source="contact__phone", help_text="From this number.")
    outcome = serializers.ChoiceField(Call.Outcome.choices, required=False)
    missed_because = serializers.ChoiceField(Call.Because.choices, required=False)
    decision = serializers.ChoiceField(DECISIONS, required=False)
    decision_reason = serializers.RegexField(
        r"^[A-Z][A-Z0-9_]{0,39}$", required=False, help_text="With this code in their receipt."
    )
    since = serializers.DateTimeField(
        required=False, source="started_at__gte", help_text="That began at or after this moment."
    )
    until = serializers.DateTimeField(
        required=False, source="started_at__lt", help_text="That began before this moment."
    )


CALL = {
    "id": 42,
    "contact": 7,
    "our_number": "+13125550100",
    "caller": "+13125550142",
    "outcome": "missed",
    "missed_because": "no_answer",
    "started_at": "2026-11-21T16:04:01Z",
    "ended_at": "2026-11-21T16:04:24Z",
    "ring_seconds": 20,
    "talk_seconds": None,
    "voicemail_url": "",
    "voicemail_seconds": None,
    "decision": "skip",
    "decision_reason": "COOL_DOWN",
    "receipt": {
        "action": "skip",
        "code": "COOL_DOWN",
        "sentence": "No text: we texted this caller 2 h ago.",
        "rule": "Text back missed calls",
        "decided_at": "2026-11-21T16:04:25.310000+00:00",
        "due_at": None,
        "expires_at": None,
        "questions": [
            {
                "asked": "Was the call missed?",
                "input": "nobody answered",
                "answer": "yes",
                "passed": True,
            },
            {
                "asked": "Did we text this caller lately?",
                "input": "2 h ago; pause of 12 h",
                "answer": "yes",
                "passed": False,
            },
        ],
    },
    "decided_at": "2026-11-21T16:04:25.310000Z",
    "provider": "twilio",
    "provider_id": "CA0123456789abcdef0123456789abcdef",
}


@reading_documented(
    "Calls",
    CallFilters,
    CALL,
    listed="Calls with what came of them and why, newest first.",
    one="One call with its receipt.",
)
class Calls(ListModelMixin, RetrieveModelMixin, Reading):
    """Calls and their receipts."""

    area = "calls"
    # One call known by two ways is one call (Call.same_as).
    queryset = Call.objects.filter(is_test=False, same_as=None)
    serializer_class = CallSerializer
    filters = CallFilters
    ordering = ("-started_at", "-id")

    @operation(
        "Calls", "calls_receipt", "The receipt of a call",
        "Every question that was asked on the way to the decision, with what was looked at and the "
        "answer. A call that was not decided yet has none (404).",
        gives=ReceiptSerializer, told=CALL["receipt"], errors=(404,),
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def receipt(self, request: Request, pk: str) -> Response:
        """Answer with the receipt as it was stored. Raises Http404."""
        call: Call = self.get_object()
        if call.receipt is None:
            raise Http404
        return Response(call.receipt)

    @operation(
        "Calls", "calls_heard", "Mark a voicemail as heard",
        "Whoever played it elsewhere says so: nobody waits for it any more. Once more is no error.",
        gives=CallSerializer, told=CALL, errors=(404,),
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def heard(self, request: Request, pk: str) -> Response:
        """Mark it."""
        call: Call = self.get_object()
        with transaction.atomic():
            voicemails.heard(call.pk, timezone.now())
        return Response(CallSerializer(Call.objects.get(pk=call.pk)).data)
